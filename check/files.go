package check

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// files touches files: those of the configuration, and those that a process names. One
// that does not answer is an error of that file, in bounded time.
//
// A file of a file system that others serve is touched by a small process of our own
// (peek), because a thread of ours that waits there would keep us from ending, even if
// we are killed.
type files struct {
	stalls *stalls
	points mountPoints            // of our own mount namespace
	spaces map[string]mountPoints // of others, by their links in /proc/PID/ns
	peeks  *peeks                 // nil: everything is touched directly

	mu      sync.Mutex
	stalled time.Duration // that our own files have kept this look waiting
	until   time.Time     // when this look waits for no peek any longer
}

// How long the daemons' own files may take, all together.
const ownPatience = 800 * time.Millisecond

func newFiles(spareThreads int) *files {
	return &files{stalls: newStalls(spareThreads), spaces: make(map[string]mountPoints), peeks: newPeeks()}
}

// directly touches everything directly.
func directly() *files { return &files{stalls: newStalls(usualThreads)} }

// begin is the beginning of a look: what others serve is asked for all at once, so that
// several that do not answer take no longer than one.
func (f *files) begin(specs []Spec) {
	f.stalls.begin()
	f.mu.Lock()
	f.stalled, f.until = 0, time.Now().Add(ownPatience)
	f.mu.Unlock()
	if f.peeks == nil {
		return
	}
	f.points = ourMounts()
	clear(f.spaces)
	f.peeks.forget()
	if len(f.points) == 0 {
		return
	}
	for i := range specs {
		for _, path := range append(executables(&specs[i]), pidFilePath(&specs[i])...) {
			if f.points.lead(path.name) {
				f.peeks.begin(path.how, path.name)
			}
		}
	}
}

// peekAt is a file, and what is to be known of it.
type peekAt struct{ how, name string }

func executables(spec *Spec) []peekAt {
	var list []peekAt
	if spec.Executable != "" {
		list = append(list, peekAt{peekFind, spec.Executable})
	}
	for i := range spec.Exempt {
		list = append(list, executables(&spec.Exempt[i])...)
	}
	return list
}

func pidFilePath(spec *Spec) []peekAt {
	if spec.PIDFile == nil {
		return nil
	}
	return []peekAt{{peekPIDFile, spec.PIDFile.Path}}
}

// errUnsafe says that a file is not to be touched directly.
var errUnsafe = errors.New("it is on a file system that others serve")

// errSilent is what is said of a file of which nothing came in time.
var errSilent = errors.New("its file system does not answer")

// find is Find.
func (f *files) find(path string) (Executable, error) {
	isSafe := func(path string) bool { return !f.points.lead(path) }
	if isSafe(path) {
		type answer struct {
			e   Executable
			err error
		}
		a, err := own(f, path, func() (a answer) {
			a.e, a.err = findIf(path, isSafe)
			return a
		})
		if err == nil && !errors.Is(a.err, errUnsafe) {
			return a.e, a.err
		}
		if err != nil {
			return Executable{}, silent(path, err)
		}
	}
	var found peekFound
	if err := f.ask(peekFind, path, &found); err != nil {
		return Executable{}, silent(path, err)
	}
	return found.executable()
}

func silent(path string, err error) error {
	return &FindError{path, err, "look at its file system: findmnt -T " + path}
}

// pidText reads a pidfile.
func (f *files) pidText(path string) (text pidText, err error) {
	if f.points.lead(path) {
		err = f.ask(peekPIDFile, path, &text)
		return text, err
	}
	return own(f, path, func() pidText { return readPIDText(path) })
}

// answers reports whether a file can be touched directly, because whoever serves it has
// just answered.
func (f *files) answers(path string) error {
	if !f.points.lead(path) {
		return nil
	}
	f.peeks.forget() // what it has answered before
	return f.peeks.ask(peekStat, path, time.Now().Add(ownPatience), new(peekStatus))
}

// ask has a peek touch a file, and waits as long as this look may.
func (f *files) ask(how, path string, answer any) error {
	f.mu.Lock()
	until := f.until
	f.mu.Unlock()
	return f.peeks.ask(how, path, until, answer)
}

// leave notes that a call is left behind.
func (f *files) leave(c call) {
	if !c.ours {
		f.stalls.leave(c)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stalled += c.limit
}

// own makes a call on one of our own files, as wait does. Nobody else can have us wait for
// it; what has stalled leaves less time to the next.
func own[T any](f *files, path string, do func() T) (T, error) {
	const least = 20 * time.Millisecond
	f.mu.Lock()
	limit := max(ownPatience-f.stalled, least)
	f.mu.Unlock()
	if a := f.stalls.attempted(); a != nil {
		return inline(a, call{what: path, ours: true, began: time.Now(), limit: limit}, do, func() {}), nil
	}
	answer := make(chan T, 1)
	go func() { answer <- do() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case a := <-answer:
		return a, nil
	case <-timer.C:
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stalled += limit
	var none T
	return none, fmt.Errorf("%w within %v", errSilent, f.stalled)
}
