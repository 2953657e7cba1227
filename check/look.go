package check

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Options of a look.
type Options struct {
	// Full reads every process that could be of interest. Without it a look
	// ends as soon as each daemon has a process that counts without a blemish:
	// that is all a healthy run needs to know.
	Full bool

	// Measure sees all processes that count, not only as many as decide, and
	// reads of each how old it is and how much CPU time it has used.
	Measure bool

	// Remember reads of each process that counts when it was started, which threads
	// it has and which children, by which it and they are known again. It sees no
	// more of them.
	Remember bool

	// Near also looks for what a person could take for the daemon, as a search for
	// its name finds it: the reasons from Namesake on. It reads everything of every
	// process, and implies Full.
	Near bool
}

// Look takes a snapshot of the process table for all daemons at once.
//
// An error means that the table cannot be believed: it could not be read, or it
// shows too little (BlindError). It is never an empty table. A process that
// ends while it is being read is no error, and neither is a daemon whose
// executable is missing: that is in its verdict.
//
// What does not answer, a process or a file, is a trouble of its row or of the daemon
// whose file it is. Should the whole look take too long all the same, it gives up when
// ctx ends.
func Look(ctx context.Context, specs []Spec, opts Options) (Snapshot, error) {
	return NewObserver(usualThreads).look(ctx, specs, opts)
}

// Observer looks, and remembers from one look to the next what does not answer, so
// that it is waited for only once.
type Observer struct {
	files *files
}

// NewObserver begins a run, which may leave so many threads behind that wait for what
// does not answer.
func NewObserver(spareThreads int) *Observer { return &Observer{newFiles(spareThreads)} }

// usualThreads is enough for those who do not limit them.
const usualThreads = 48

func (o *Observer) look(ctx context.Context, specs []Spec, opts Options) (Snapshot, error) {
	first := o.files.stalls.attemptBy(new(attempt))
	defer o.files.stalls.attemptBy(nil)
	answer := o.begin(func() (Snapshot, error) {
		o.files.begin(specs)
		return lookAt(ctx, newTable(o.files), o.files, specs, opts)
	})
	check := time.NewTicker(attemptCheck)
	defer check.Stop()
	for {
		select {
		case a := <-answer:
			return a.snapshot, a.err
		case now := <-check.C:
			if first.giveUp(now, o.files.leave) {
				o.files.stalls.attemptBy(nil)
				answer = o.begin(func() (Snapshot, error) {
					o.files.stalls.begin() // what was not stuck has its answer, as before
					return lookAt(ctx, newTable(o.files), o.files, specs, opts)
				})
			}
		case <-ctx.Done():
			return Snapshot{}, fmt.Errorf("cannot read the process table in time: %w", context.Cause(ctx))
		}
	}
}

// looked is what a look has ended in.
type looked struct {
	snapshot Snapshot
	err      error
}

// begin takes a look beside us. It never answers if it is given up.
func (o *Observer) begin(look func() (Snapshot, error)) <-chan looked {
	answer := make(chan looked, 1)
	go func() {
		s, err := look()
		answer <- looked{s, err}
	}()
	return answer
}

// Verdicts takes one look and judges each daemon by it. If the look itself
// fails, all are Unknown.
func (o *Observer) Verdicts(ctx context.Context, specs []Spec, opts Options) []Verdict {
	snapshot, err := o.look(ctx, specs, opts)
	verdicts := make([]Verdict, len(specs))
	for i, spec := range specs {
		if err != nil {
			verdicts[i] = Verdict{Err: &TableError{err}}
			continue
		}
		verdicts[i] = Judge(snapshot, spec)
	}
	return verdicts
}

// TableError says that nothing can be told of any daemon, because the look itself
// has failed.
type TableError struct {
	Err error
}

func (e *TableError) Error() string { return e.Err.Error() }

func (e *TableError) Unwrap() error { return e.Err }

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
	errLong  = errors.New("path too long")         // Linux: the path cannot be told, the file can
	errNone  = errors.New("nobody's concern")      // it can be none of those that are asked for
)

// look is Look on a given table.
func look(ctx context.Context, t table, specs []Spec, opts Options) (Snapshot, error) {
	f := directly()
	f.begin(specs)
	return lookAt(ctx, t, f, specs, opts)
}

// lookAt takes a look in two passes. The quick pass costs one system call a
// process: it looks closer only at those whose executable has a wanted name, and first
// at those that are remembered, which mostly are all that it needs to see.
// Only where that finds too few processes that count, the careful pass looks closer
// at all, and so finds other names of the same file, dead leaders of living threads,
// and what may not be looked at. Only what both have missed is down.
func lookAt(ctx context.Context, t table, f *files, specs []Spec, opts Options) (Snapshot, error) {
	pids, err := t.pids(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	self := t.self()
	if err := sighted(pids, self.PID, t.needsInit()); err != nil {
		return Snapshot{}, err
	}
	l := newLooker(t, f, self, opts)
	l.hasty = true
	if err := l.begin(ctx, specs, pids); err != nil {
		return Snapshot{}, err
	}
	if l.wasRash() {
		l = newLooker(t, f, self, opts)
		if err := l.begin(ctx, specs, pids); err != nil {
			return Snapshot{}, err
		}
	}
	if err := l.pass(ctx, pids, l.quick); err != nil {
		return Snapshot{}, err
	}
	if err := l.beginCareful(); err != nil {
		return Snapshot{}, err
	}
	if err := l.pass(ctx, pids, l.closely); err != nil {
		return Snapshot{}, err
	}
	if opts.Near {
		if err := l.pass(ctx, pids, l.nearby); err != nil {
			return Snapshot{}, err
		}
	}
	l.snapshot.readPIDFiles(f, specs)
	return *l.snapshot, nil
}

const asRoot = "run it as root, on the host itself"

// sighted reports whether the list of processes can be believed. hidepid= on
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
