package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// looker is one look under way.
type looker struct {
	proctable.Table
	files    *proctable.Files
	snapshot *Snapshot
	full     bool
	measure  bool
	remember bool
	hasty    bool // the files of programs that are unchanged are not read
	careful  bool // the second pass is under way

	targets   []*target
	left      []*target                 // those that leave something to be looked for in this pass
	bounded   []*target                 // those with a name for which one process more can matter
	allCount  bool                      // all processes that count for some target must be seen
	names     map[string][]*target      // by the last elements of the paths to look closer at
	asked     map[string]bool           // the last elements of the paths that were asked for: of links, of scripts
	versions  []version                 // interpreters, of which any version may be in use
	multiCall map[proctable.FileID]bool // programs that answer to several names

	interpreters []*Interpreter    // of wanted scripts and of exempt ones
	rows         map[int]bool      // processes that are in the snapshot
	remembering  map[int][]*target // by the processes that they look for by number
	telling      map[int]bool      // of these, those whose arguments decide what they are
	visited      map[int]bool      // by the first pass, before its turn
	origins      map[string]bool   // paths of wanted programs: it matters where a deleted one is from
	room         room
	seen         int // threads
}

// target is one Spec of a look.
type target struct {
	Spec
	file     *wanted
	well     int  // processes that count, are not stopped and do not run an old image
	counting int  // all processes that count
	hidden   bool // needs the careful pass: not all its processes can be found by the executable's name
}

func newLooker(t proctable.Table, f *proctable.Files, self proctable.Self, opts Options) *looker {
	return &looker{
		Table: t, files: f, full: opts.Full || opts.Near, measure: opts.Measure, remember: opts.Remember,
		names: make(map[string][]*target), asked: make(map[string]bool), multiCall: make(map[proctable.FileID]bool), rows: make(map[int]bool),
		snapshot:    &Snapshot{Self: self, files: make(map[string]*wanted), pidFiles: make(map[string]pidReading)},
		remembering: make(map[int][]*target), telling: make(map[int]bool), visited: make(map[int]bool), origins: make(map[string]bool),
	}
}

// begin looks first at the processes that are remembered.
func (l *looker) begin(ctx context.Context, specs []Spec, pids []int) error {
	for _, spec := range specs {
		l.want(spec)
	}
	known := l.known(pids)
	if err := l.pass(ctx, known, l.quick); err != nil {
		return err
	}
	for _, pid := range known {
		l.visited[pid] = true
	}
	return nil
}

// want derives from a Spec what the quick pass looks for.
func (l *looker) want(spec Spec) {
	for i := range spec.Exempt {
		l.noteArgs(l.find(&spec.Exempt[i]))
	}
	t := &target{Spec: spec, file: l.find(&spec), hidden: !spec.named() || l.seesAll(&spec)}
	if spec.Executable != "" {
		t.hidden = l.seesAll(&spec) && t.file.Links > 1
		l.noteArgs(t.file)
	}
	if spec.Unclear != nil || t.file.errFor(&spec) != nil {
		return // its verdict is known
	}
	l.targets = append(l.targets, t)
	l.allCount = l.allCount || l.full || l.seesAll(&spec)
	l.rememberedBy(t)
	if t.named() && (l.measure || t.Bounds().Max != words.NoLimit) {
		l.bounded = append(l.bounded, t)
	}
	if spec.Executable == "" {
		if spec.Called != "" {
			l.names[spec.Called] = append(l.names[spec.Called], t)
		}
		return
	}
	l.asked[filepath.Base(spec.Executable)] = true
	i := t.file.Interpreter
	if i == nil {
		name := filepath.Base(t.file.Resolved)
		l.names[name] = append(l.names[name], t)
		return
	}
	if i.Resolved == "" {
		l.versions = append(l.versions, version{filepath.Base(i.Path), t})
		return
	}
	l.versions = append(l.versions, version{i.stem(), t})
	if name := filepath.Base(i.Resolved); !isVersionOf(name, i.stem()) {
		l.names[name] = append(l.names[name], t)
	}
}

// noteArgs notes a program whose processes are told apart by their arguments.
func (l *looker) noteArgs(file *wanted) {
	if file.Interpreter != nil {
		l.interpreters = append(l.interpreters, file.Interpreter)
	}
	if file.Applet != "" {
		l.multiCall[file.ID] = true
	}
	l.origins[file.Resolved] = true
}

// find looks at an executable once. One that is missing may still be executed by
// processes of before it was removed.
func (l *looker) find(spec *Spec) *wanted {
	path := spec.Executable
	if path == "" {
		return new(wanted)
	}
	w, ok := l.snapshot.files[path]
	if !ok {
		w = new(wanted)
		if w.Executable, w.unread = l.hurry(spec); !w.unread {
			w.Executable, w.err = findFile(l.files, path)
		}
		if errors.Is(w.err, fs.ErrNotExist) {
			w.Executable = Executable{Path: path, Resolved: path}
		}
		l.snapshot.files[path] = w
	}
	return w
}

// leaves reports whether there is something left to be looked for in this pass.
func (l *looker) leaves(t *target) bool {
	least := t.Bounds().Min
	switch {
	case l.full:
		return true
	case l.careful:
		return t.hidden || t.counting < least
	case !t.named():
		return false // no name tells anything
	}
	return l.seesAll(&t.Spec) || t.well < least
}

// seesAll reports whether all processes that count must be seen.
func (l *looker) seesAll(spec *Spec) bool { return l.measure || spec.seesAll() }

// readings are what must be read of a process that may count.
func (l *looker) readings(spec *Spec, p *proctable.Process) proctable.Reading {
	needs := spec.readings()
	known := spec.knows(p.PID)
	if l.measure || l.remember || known {
		needs |= proctable.TimesReading
	}
	if l.remember {
		needs |= proctable.ThreadsReading
	}
	if l.remember && !spec.Rule {
		needs |= proctable.ChildrenReading
		if !known || l.full {
			needs |= proctable.UnitReading
		}
	}
	return needs
}

// recount finds out which targets leave something.
func (l *looker) recount() {
	l.left = l.left[:0]
	for _, t := range l.targets {
		if l.leaves(t) {
			l.left = append(l.left, t)
		}
	}
}

// pass looks at each process in turn, as long as some target leaves something to
// be looked for.
func (l *looker) pass(ctx context.Context, pids []int, see func(int) error) error {
	l.recount()
	for i, pid := range pids {
		if i%16 == 0 && ctx.Err() != nil { // the caller no longer waits
			return fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
		}
		if len(l.left) == 0 {
			return nil
		}
		switch err := see(pid); {
		case err == nil, errors.Is(err, proctable.ErrGone), errors.Is(err, proctable.ErrNoExe), errors.Is(err, proctable.ErrNone):
		default:
			return err
		}
	}
	return nil
}

// quick reads the path of the executable, and more only if its name is wanted.
func (l *looker) quick(pid int) error {
	if l.visited[pid] {
		return nil
	}
	if comm, known := l.Comm(pid); known && !l.mayMatter(pid, comm) {
		return nil
	}
	exe, err := l.Exe(pid)
	var targets []*target
	switch {
	case errors.Is(err, proctable.ErrLost), errors.Is(err, proctable.ErrLong): // rare, and no name can tell
		targets = l.targets
	case errors.Is(err, proctable.ErrDeny), errors.Is(err, proctable.ErrNoExe):
		targets = l.bounded // nothing that may be theirs is passed over; the others have the careful pass
	case err != nil:
		return err
	default:
		targets = l.candidates(exe)
	}
	targets = l.withRemembering(targets, pid)
	if len(targets) == 0 {
		return nil
	}
	p, err := l.Examine(pid, exe, err, l.asks(targets))
	if err != nil {
		return err
	}
	return l.keep(p, targets)
}

// beginCareful has the targets that are left look at the rows that others have
// brought into the snapshot.
func (l *looker) beginCareful() error {
	l.careful = true
	l.recount()
	for _, t := range l.left {
		t.well, t.counting = 0, 0
	}
	for i := range l.snapshot.Processes {
		p := &l.snapshot.Processes[i]
		switch _, err := l.judge(p, slices.Clone(l.left)); {
		case errors.Is(err, proctable.ErrGone):
			p.Ended = true
		case err != nil:
			return err
		}
	}
	return nil
}

// closely reads all that can be known of a process.
func (l *looker) closely(pid int) error {
	if l.rows[pid] {
		return nil
	}
	p, err := proctable.Look(l, pid, l.asks(l.left))
	if err != nil {
		return err
	}
	return l.keep(p, l.left)
}

// keep puts a row into the snapshot if it says something about a target.
func (l *looker) keep(p proctable.Process, targets []*target) error {
	related, err := l.judge(&p, targets)
	if err != nil || !related || !l.hasRoom(&p, targets) {
		return err
	}
	l.rows[p.PID] = true
	l.snapshot.Processes = append(l.snapshot.Processes, p)
	return nil
}

// judge reads what is expensive to read of a process that may count, and notes for which targets
// it counts.
func (l *looker) judge(p *proctable.Process, targets []*target) (related bool, err error) {
	var needs proctable.Reading
	for _, t := range targets {
		if candidate(l.snapshot, &t.Spec, &Match{Process: *p}) == counts {
			needs |= l.readings(&t.Spec, p)
		}
	}
	if needs &^= p.Taken; needs != 0 {
		if err := l.Read(p, needs); err != nil {
			return false, err
		}
		p.Taken |= needs
	}
	enough := false
	for _, t := range targets {
		m := Match{Process: *p}
		reason := match(l.snapshot, &t.Spec, &m)
		related = related || reason != unrelated
		if reason != counts {
			continue
		}
		t.counting++
		if !m.OldImage && !m.Stopped {
			t.well++
		}
		enough = enough || !l.leaves(t)
	}
	if enough {
		l.recount()
	}
	return related, nil
}
