// Package postmortem finds out what has ended a process, and who did it, by what the kernel and
// others have recorded. It never guesses: evidence that has two meanings is told with both.
package postmortem

import (
	"context"
	"errors"
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// Certainty is how sure a finding is.
type Certainty = words.Certainty

// The certainties, the best first.
const (
	Certain Certainty = "certain" // there is no other explanation
	Likely  Certainty = "likely"  // there may be another one
	Hint    Certainty = "hint"    // it may have nothing to do with it
)

// Dead is a daemon whose processes have all ended. It was last seen up at From, and found dead at
// To. Its process ids may have belonged to other processes before From and after To.
type Dead struct {
	Daemon     string // its name in the configuration
	Executable string // of the configuration; it may be a script, or not exist any more
	Service    string // its own, the first one; "" if the manager does not know any
	Manager    string // its name, as rcd has it
	Output     string // the file that its last start has written, if there is one
	Log        string // the file that its supervisor's log service has written, if there is one
	Title      string // the last line that its supervisor shows of what services have written
	PIDFile    string // of the configuration; "" if it has none
	Processes  []words.Process
	From, To   time.Duration // since boot, suspended time included
	Wall       time.Time     // the time of day at To
	LastUp     time.Time     // the time of day at From, as it was told then
	Rebooted   bool          // it was last seen in an earlier boot: Processes and From are of that one
}

// process is the dead process that had this id, or that had a thread with it.
func (d Dead) process(id int) (words.Process, bool) {
	i := slices.IndexFunc(d.Processes, func(p words.Process) bool { return p.Has(id) })
	if i < 0 {
		return words.Process{}, false
	}
	return d.Processes[i], true
}

// isMain reports whether a process is the main one, which is the first of the list. The end of
// a worker is not the end of its daemon.
func (d Dead) isMain(p words.Process) bool {
	return len(d.Processes) > 0 && d.Processes[0].PID == p.PID
}

// Finding is what a witness knows of one event.
type Finding = words.Finding

// Witness is a source of evidence.
type Witness struct {
	Name string // for people
	// Ask returns what it knows of a dead daemon, before ctx ends and by a bounded read.
	// A witness that this machine does not have returns an Absent if somebody could switch
	// it on, else it knows nothing, and that is not an error.
	Ask func(ctx context.Context, d Dead) ([]Finding, error)
}

// reading is a witness that reads records, and finds in them what concerns the daemon. What
// was read before an error counts.
func reading[T any](name string, read func(context.Context, Dead) (T, error), find func(T, Dead) []Finding) Witness {
	return Witness{name, func(ctx context.Context, d Dead) ([]Finding, error) {
		records, err := read(ctx, d)
		return find(records, d), err
	}}
}

// Absent is the error of a witness that is not there. Its text says how to switch it on:
// "set trace_signals: true in the configuration".
type Absent string

func (a Absent) Error() string { return string(a) }

// Evidence is what witnesses have said.
type Evidence struct {
	Findings []Finding
	Silent   []string // witnesses that did not answer, and why
	Absent   []string // witnesses that are not there, and how to switch them on
}

// Ask asks all witnesses at the same time. It does not wait for a witness that has not answered
// when ctx ends: a read of the kernel's files cannot be interrupted.
func Ask(ctx context.Context, witnesses []Witness, d Dead) Evidence {
	type answer struct {
		found []Finding
		err   error
	}
	answers := make([]chan answer, len(witnesses))
	for i, w := range witnesses {
		c := make(chan answer, 1)
		answers[i] = c
		go func() {
			found, err := w.Ask(ctx, d)
			c <- answer{found, err}
		}()
	}
	var e Evidence
	for i, w := range witnesses {
		a := answer{err: errors.New("it has not answered in time")}
		select {
		case a = <-answers[i]:
		case <-ctx.Done():
			select { // it may have answered while we waited for another one
			case a = <-answers[i]:
			default:
			}
		}
		e.Findings = append(e.Findings, a.found...)
		var absent Absent
		switch {
		case errors.As(a.err, &absent):
			e.Absent = append(e.Absent, w.Name+": "+absent.Error())
		case a.err != nil:
			e.Silent = append(e.Silent, w.Name+": "+a.err.Error())
		}
	}
	return e
}
