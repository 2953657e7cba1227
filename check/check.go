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
	"path/filepath"
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
	NoScript                 // the right interpreter, running something else
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
		return "that interpreter, with another script"
	case Forgeable:
		return "a deleted file in a user namespace of its own, which any user can make up"
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
// A process that may not be looked at clouds the verdict only where nothing
// else counts: then the daemon is neither up nor down but Unknown.
func Judge(s Snapshot, spec Spec) Verdict {
	file, ok := s.files[spec.Executable]
	if !ok {
		return Verdict{Err: fmt.Errorf("cannot judge %s: it was not looked for", spec.Executable)}
	}
	if file.err != nil {
		return Verdict{Err: file.err}
	}
	var v Verdict
	var clouded []int
	for _, p := range s.Processes {
		m, reason := match(s.Self, file.Executable, spec, p)
		switch reason {
		case counts:
			v.Matches = append(v.Matches, m)
		case unrelated:
		case Unreadable:
			clouded = append(clouded, p.PID)
			fallthrough
		default:
			v.Excluded = append(v.Excluded, Exclusion{p, reason})
		}
	}
	switch {
	case len(v.Matches) > 0:
		v.State = Up
	case len(clouded) > 0:
		v.Err = &CloudedError{Executable: spec.Executable, PIDs: clouded}
	default:
		v.State = Down
	}
	return v
}

// CloudedError says that processes which may be the daemon cannot be looked at.
type CloudedError struct {
	Executable string
	PIDs       []int
}

func (e *CloudedError) Error() string {
	return fmt.Sprintf("cannot tell whether %s is running: process %v has its name but may not be looked at", e.Executable, e.PIDs)
}

// ErrNotSupported is what Look answers on a system whose process table it cannot read.
var ErrNotSupported = errors.New("reading the process table is not supported on this system")

const counts Reason = -1 // match's answer for a process that counts

// match decides about one process. The order matters: what the process is comes
// first, then whether it is one of ours.
func match(self Self, file Executable, spec Spec, p Process) (Match, Reason) {
	m := Match{Process: p}
	reason := identify(file, spec, &m)
	switch {
	case reason != counts:
		return m, reason
	case p.Foreign:
		return m, Foreign
	case p.PID == self.PID, p.File == self.File && p.File != (FileID{}):
		return m, Own
	case spec.User != nil && p.User != *spec.User:
		return m, OtherUser
	}
	return m, counts
}

// identify tells whether the process executes the wanted file.
func identify(file Executable, spec Spec, m *Match) Reason {
	named := file.couldBe(m.Process)
	switch {
	case m.Denied && named:
		return Unreadable
	case m.Zombie && named:
		return Zombie
	case m.Denied, m.Zombie:
		return unrelated
	case file.Interpreter != nil:
		return identifyScript(file, spec, m)
	}
	return identifyImage(image{file.Path, file.Resolved, file.ID}, spec, m)
}

// image is a program that a process may be executing.
type image struct {
	asked string // as the user or the script's first line names it
	path  string // symbolic links followed
	id    FileID
}

// isCalled tells whether a process's name and first argument agree on it.
func (i image) isCalled(name string, args []string) bool {
	if len(args) == 0 || !isComm(name, i.path) && !isComm(name, i.asked) {
		return false
	}
	base := filepath.Base(args[0])
	return base == filepath.Base(i.path) || base == filepath.Base(i.asked)
}

// identifyImage compares what a process executes with a file. An equal path
// proves nothing: a container's processes show the same paths.
func identifyImage(want image, spec Spec, m *Match) Reason {
	switch {
	case m.File == want.id && m.File != (FileID{}):
		return counts
	case m.Deleted && m.Exe == "":
		return identifyLost(want, m)
	case m.Deleted && m.Exe == want.path && m.File.Dev == want.id.Dev:
		return identifyDeleted(spec, m)
	case filepath.Base(m.Exe) == filepath.Base(want.path):
		return OtherFile
	}
	return unrelated
}

// identifyDeleted decides about a file that was the wanted one before an
// upgrade, by its path and its filesystem. Both can be made up by any user in
// namespaces of their own (unshare -Ur -m); the user namespace cannot, nor can
// the user.
func identifyDeleted(spec Spec, m *Match) Reason {
	if m.OwnUserNS || m.User == 0 || spec.User != nil && m.User == *spec.User {
		m.OldImage = true
		return counts
	}
	return Forgeable
}

// identifyLost decides where the kernel has lost the path of a file that is
// gone (FreeBSD: kern.proc.pathname gives ENOENT): the kernel's name for the
// process and its first argument must agree on the wanted name.
func identifyLost(want image, m *Match) Reason {
	if !want.isCalled(m.Name, m.Args) {
		return unrelated
	}
	m.OldImage = true
	return counts
}

// identifyScript tells whether an interpreter runs the wanted script.
func identifyScript(file Executable, spec Spec, m *Match) Reason {
	if reason := file.Interpreter.identify(spec, m); reason != counts {
		return unrelated
	}
	switch {
	case m.ScriptFile == file.ID && m.ScriptFile != (FileID{}):
		return counts
	case file.named(m.Script):
		return NoScript
	}
	return unrelated
}
