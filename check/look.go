package check

import (
	"context"

	"daemon-keeper/check/proctable"
)

// Options of a look.
type Options struct {
	// Full reads every process that could be of interest. Without it a look
	// ends as soon as each daemon has enough processes that count, are not stopped
	// and do not run an old image. A healthy run needs no more.
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

// Observer looks, and remembers from one look to the next what does not answer, so
// that it is waited for only once.
type Observer struct {
	files *proctable.Files
}

// NewObserver begins a run, which may leave so many threads behind that wait for what
// does not answer.
func NewObserver(spareThreads int) *Observer { return &Observer{proctable.NewFiles(spareThreads)} }

// look takes a snapshot of the process table for all daemons at once.
//
// An error means that the table cannot be believed: it could not be read, or it
// shows too little (BlindError). It is never an empty table. A process that
// ends while it is being read is not an error, and neither is a daemon whose
// executable is missing: that is in its verdict.
//
// What does not answer, a process or a file, is a trouble of its row or of the daemon
// whose file it is. If the whole look takes too long, it gives up when ctx ends.
func (o *Observer) look(ctx context.Context, specs []Spec, opts Options) (Snapshot, error) {
	begin := func() { beginLook(o.files, specs) }
	return proctable.Attempt(ctx, o.files, begin, func() (Snapshot, error) {
		return lookAt(ctx, proctable.New(o.files), o.files, specs, opts)
	})
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

// lookAt takes a look in two passes. The quick pass costs one system call a
// process: it looks closer only at those whose executable has a wanted name, and first
// at those that are remembered, which mostly are all that it needs to see.
// Only where that finds too few processes that count, the careful pass looks closer
// at all, and so finds other names of the same file, dead leaders of living threads,
// and what may not be looked at. Only what both have missed is down.
func lookAt(ctx context.Context, t proctable.Table, f *proctable.Files, specs []Spec, opts Options) (Snapshot, error) {
	pids, self, err := proctable.All(ctx, t)
	if err != nil {
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
