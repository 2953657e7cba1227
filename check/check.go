// Package check tells whether a daemon is up.
//
// Look takes one snapshot of the process table, for all daemons at once; Judge
// is a pure function of that snapshot and of what is wanted. There are three
// answers, never two: what could not be seen is Unknown, and only Down may be
// acted on.
package check

import (
	"errors"
	"fmt"
)

// State is the answer to "is it up?". Its zero value is Unknown.
type State int

// The three answers.
const (
	Unknown State = iota // it could not be told
	Up                   // at least one process counts
	Down                 // the whole table was seen, and none counts
)

func (s State) String() string {
	switch s {
	case Up:
		return "up"
	case Down:
		return "down"
	}
	return "unknown"
}

// Spec says which processes are the daemon.
type Spec struct {
	Executable string  // absolute path of a program, or of a script that opens with #!
	User       *uint32 // effective user id; nil counts any user's processes
}

// Verdict is the answer for one Spec, with what led to it.
type Verdict struct {
	State    State
	Matches  []Match     // the processes that count
	Excluded []Exclusion // the processes that nearly count, and why they do not
	Err      error       // why State is Unknown; nil otherwise
}

// Match is a process that counts.
type Match struct {
	Process
	OldImage bool // it runs a file that has been replaced since it started
}

// Exclusion is a process that has the daemon's name and yet does not count.
type Exclusion struct {
	Process
	Reason Reason
}

// Reason is why a process does not count.
type Reason int

// The reasons, in the order in which they are looked at.
const (
	unrelated  Reason = iota // not worth a word
	Unreadable               // it may be the daemon, but may not be looked at
	Zombie                   // it has exited and is waiting for its parent
	OtherFile                // the same path or name, but not the wanted file
	NoScript                 // the right interpreter or multi-call program, doing something else
	Obscured                 // it may be the daemon, but what it runs cannot be told
	Forgeable                // a deleted file that any user could have put there
	Foreign                  // in another PID namespace or jail
	Own                      // daemon-keeper itself
	OtherUser                // not the wanted user's
)

func (r Reason) String() string {
	switch r {
	case Unreadable:
		return "may not be looked at"
	case Zombie:
		return "a zombie: it has exited"
	case OtherFile:
		return "another file of that name"
	case NoScript:
		return "the right interpreter, doing something else"
	case Obscured:
		return "what it runs cannot be told"
	case Forgeable:
		return "a deleted file from a namespace of its own, which any user can make up"
	case Foreign:
		return "in another PID namespace or jail"
	case Own:
		return "daemon-keeper itself"
	case OtherUser:
		return "another user's"
	}
	return "not related"
}

// Judge gives the verdict on one daemon. It reads nothing but the snapshot.
//
// A process that may be the daemon and cannot be told from it clouds the verdict
// only where nothing else counts: then that is neither Up nor Down but Unknown.
func Judge(s Snapshot, spec Spec) Verdict {
	file, ok := s.files[spec.Executable]
	if !ok {
		return Verdict{Err: fmt.Errorf("cannot judge %s: it was not looked for", spec.Executable)}
	}
	if file.err != nil {
		return Verdict{Err: file.err}
	}
	var v Verdict
	var clouded CloudedError
	for _, p := range s.Processes {
		m, reason := match(s.Self, file.Executable, spec, p)
		switch reason {
		case counts:
			v.Matches = append(v.Matches, m)
		case unrelated:
		case Unreadable, Obscured:
			clouded.Why = append(clouded.Why, Exclusion{p, reason})
			fallthrough
		default:
			v.Excluded = append(v.Excluded, Exclusion{p, reason})
		}
	}
	switch {
	case len(v.Matches) > 0:
		v.State = Up
	case len(clouded.Why) > 0:
		clouded.Executable = spec.Executable
		v.Err = &clouded
	default:
		v.State = Down
	}
	return v
}

// CloudedError says that some process may be the daemon, and why it cannot be
// told.
type CloudedError struct {
	Executable string
	Why        []Exclusion
}

func (e *CloudedError) Error() string {
	text := fmt.Sprintf("cannot tell whether %s is running", e.Executable)
	for i, x := range e.Why {
		if i == 3 {
			return fmt.Sprintf("%s, and %d more", text, len(e.Why)-i)
		}
		text += fmt.Sprintf("; process %d has its name: %s", x.PID, x.Reason)
	}
	return text
}

// Hint is the way out.
func (e *CloudedError) Hint() string {
	if e.Why[0].Reason == Unreadable {
		return "run it as root, with CAP_SYS_PTRACE in a container"
	}
	return ""
}

// ErrNotSupported is what Look answers on a system whose process table it cannot read.
var ErrNotSupported = errors.New("reading the process table is not supported on this system")
