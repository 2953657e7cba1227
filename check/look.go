package check

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// Options of a look.
type Options struct {
	// Full reads every process that could be of interest. Without it a look
	// ends as soon as each daemon has a process that counts without a blemish:
	// that is all a healthy run needs to know.
	Full bool
}

// Look takes a snapshot of the process table for all daemons at once.
//
// An error means that the table cannot be believed: it could not be read, or it
// shows too little (BlindError). It is never an empty table. A process that
// ends while it is being read is no error, and neither is a daemon whose
// executable is missing: that is in its verdict.
//
// Reading /proc can block for ever on a process that is itself stuck in the
// kernel; Look gives up when ctx ends.
func Look(ctx context.Context, specs []Spec, opts Options) (Snapshot, error) {
	type answer struct {
		snapshot Snapshot
		err      error
	}
	done := make(chan answer, 1)
	go func() {
		s, err := look(ctx, newTable(), specs, opts)
		done <- answer{s, err}
	}()
	select {
	case a := <-done:
		return a.snapshot, a.err
	case <-ctx.Done():
		return Snapshot{}, fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
	}
}

// Verdicts takes one look and judges each daemon by it. If the look itself
// fails, all are Unknown.
func Verdicts(ctx context.Context, specs []Spec, opts Options) []Verdict {
	snapshot, err := Look(ctx, specs, opts)
	verdicts := make([]Verdict, len(specs))
	for i, spec := range specs {
		if err != nil {
			verdicts[i] = Verdict{Err: err}
			continue
		}
		verdicts[i] = Judge(snapshot, spec)
	}
	return verdicts
}

// BlindError says that the process table shows too little to tell anything.
type BlindError struct {
	Why  string
	hint string
}

func (e *BlindError) Error() string { return "cannot trust the process table: " + e.Why }

// Hint is the way out.
func (e *BlindError) Hint() string { return e.hint }

// What reading one row can end in, besides success.
var (
	errGone  = errors.New("the process has ended") // nothing to report
	errNoExe = errors.New("no executable")         // kernel thread or zombie
	errLost  = errors.New("executable deleted")    // FreeBSD: the path is lost
	errDeny  = errors.New("permission denied")     // it may not be looked at
)

// look is Look on a given table. The quick pass costs one system call a
// process: it looks closer only at those whose executable has a wanted name.
// Only where that finds no process that counts, the careful pass looks closer at
// all, and so finds other names of the same file, dead leaders of living threads,
// and what may not be looked at. Only what both have missed is down.
func look(ctx context.Context, t table, specs []Spec, opts Options) (Snapshot, error) {
	pids, err := t.pids(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	self := t.self()
	if err := sighted(pids, self.PID, t.needsInit()); err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{Self: self, files: make(map[string]wanted, len(specs))}
	for _, spec := range specs {
		e, err := Find(spec.Executable)
		s.files[spec.Executable] = wanted{e, err}
	}
	l := looker{table: t, snapshot: &s, specs: specs, full: opts.Full}
	l.want()
	if err := l.pass(ctx, pids, l.quick, isBlemished); err != nil {
		return Snapshot{}, err
	}
	if err := l.pass(ctx, pids, l.careful, isMissing); err != nil {
		return Snapshot{}, err
	}
	return s, nil
}

const asRoot = "run it as root, on the host itself"

// sighted tells whether the list of processes can be believed. hidepid= on
// Linux and security.bsd.see_other_uids=0 on FreeBSD leave out the processes of
// others without an error, PID 1 first of all.
func sighted(pids []int, self int, needsInit bool) error {
	var seenSelf, seenInit bool
	for _, pid := range pids {
		seenSelf = seenSelf || pid == self
		seenInit = seenInit || pid == 1
	}
	switch {
	case len(pids) < 2:
		return &BlindError{fmt.Sprintf("it has %d rows", len(pids)), asRoot}
	case !seenSelf:
		return &BlindError{fmt.Sprintf("our own process %d is not in it", self), asRoot}
	case needsInit && !seenInit:
		return &BlindError{"process 1 is not in it; it hides the processes of other users", asRoot}
	}
	return nil
}

// looker is one look under way.
type looker struct {
	table
	snapshot     *Snapshot
	specs        []Spec
	full         bool
	standings    []standing      // of each spec
	names        map[string]bool // last elements of the paths to look closer at
	versions     []string        // names of interpreters, of which any version may be in use
	interpreters []*Interpreter  // of the daemons that are scripts
	multiCall    map[FileID]bool // programs that answer to several names
	seen         map[int]bool    // rows that are in the snapshot
}

// want derives from the files what the quick pass looks for.
func (l *looker) want() {
	l.names = make(map[string]bool)
	l.seen = make(map[int]bool)
	l.multiCall = make(map[FileID]bool)
	l.standings = make([]standing, len(l.specs))
	for n, spec := range l.specs {
		file := l.snapshot.files[spec.Executable]
		if file.err != nil {
			l.standings[n] = unknowable
			continue
		}
		i := file.Interpreter
		if i == nil {
			l.names[filepath.Base(file.Resolved)] = true
			if file.Applet != "" {
				l.multiCall[file.ID] = true
			}
			continue
		}
		l.interpreters = append(l.interpreters, i)
		if i.Resolved == "" {
			l.versions = append(l.versions, filepath.Base(i.Path))
		} else {
			l.versions = append(l.versions, i.stem())
			l.names[filepath.Base(i.Resolved)] = true
		}
	}
}

// standing is how well a daemon stands after what has been seen so far.
type standing int

const (
	missing   standing = iota // no process of it counts
	blemished                 // one counts, but is stopped or runs an old image
	well
	unknowable // its executable cannot be looked for
)

func isBlemished(s standing) bool { return s < well }

func isMissing(s standing) bool { return s == missing }

// pass looks at each process in turn, as long as some daemon's standing leaves
// something to be looked for.
func (l *looker) pass(ctx context.Context, pids []int, see func(int) (Process, error), leaves func(standing) bool) error {
	for i, pid := range pids {
		if i%256 == 0 && ctx.Err() != nil {
			return fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
		}
		if !l.full && !slices.ContainsFunc(l.standings, leaves) {
			return nil
		}
		p, err := see(pid)
		switch {
		case errors.Is(err, errGone), errors.Is(err, errNoExe):
			continue
		case err != nil:
			return err
		}
		l.keep(p)
	}
	return nil
}

// keep puts a row into the snapshot if it says something about a daemon.
func (l *looker) keep(p Process) {
	if l.seen[p.PID] {
		return
	}
	related := false
	for i, spec := range l.specs {
		if l.standings[i] == unknowable {
			continue
		}
		m, reason := match(l.snapshot.Self, l.snapshot.files[spec.Executable].Executable, spec, p)
		related = related || reason != unrelated
		switch {
		case reason != counts:
		case m.OldImage || m.Stopped:
			l.standings[i] = max(l.standings[i], blemished)
		default:
			l.standings[i] = well
		}
	}
	if related {
		l.seen[p.PID] = true
		l.snapshot.Processes = append(l.snapshot.Processes, p)
	}
}

// quick reads the path of the executable, and more only if its name is wanted.
func (l *looker) quick(pid int) (Process, error) {
	exe, err := l.exe(pid)
	switch {
	case errors.Is(err, errLost): // rare, and no name can tell
	case errors.Is(err, errDeny): // left to the careful pass
		return Process{}, errGone
	case err != nil:
		return Process{}, err
	case !l.wanted(exe):
		return Process{}, errGone
	}
	return l.examine(pid, exe, err, l.needsArgs)
}

// careful reads all that can be known of a process.
func (l *looker) careful(pid int) (Process, error) {
	exe, err := l.exe(pid)
	if errors.Is(err, errGone) {
		return Process{}, err
	}
	return l.examine(pid, exe, err, l.needsArgs)
}

// wanted tells whether a path ends in a name that is looked for.
func (l *looker) wanted(exe string) bool {
	base := baseName(exe)
	if l.names[base] {
		return true
	}
	for _, name := range l.versions {
		if isVersionOf(base, name) {
			return true
		}
	}
	return false
}

// needsArgs tells whether the arguments of a process decide: it executes the
// interpreter of a wanted script, or a wanted multi-call program.
func (l *looker) needsArgs(p Process) bool {
	for _, i := range l.interpreters {
		if i.identify(Spec{}, &Match{Process: p}) != unrelated {
			return true
		}
	}
	return l.multiCall[p.File] || p.Deleted && len(l.multiCall) > 0
}
