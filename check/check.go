// Package check reports whether a daemon is up.
//
// An Observer takes one snapshot of the process table, for all daemons at once; Judge
// is a pure function of that snapshot and of what is wanted. There are three
// answers, never two: what could not be seen is Unknown, and only Down may be
// acted on.
package check

import (
	"fmt"
	"slices"

	"daemon-keeper/check/proctable"
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

// Verdict is the answer for one Spec, with what led to it.
type Verdict struct {
	State    State
	Faults   []Fault     // what is wrong; a daemon that is Up may have some, too
	Matches  []Match     // the processes that count
	Excluded []Exclusion // the processes that nearly count, and why they do not
	Err      error       // why State is Unknown; nil otherwise

	// Pending says that the last word is Probe's, which asks the daemon itself or
	// watches its processes for a while.
	Pending bool

	clouded []Exclusion // the processes that may count
	others  []Fault     // all but that of the count
}

// Match is a process that counts.
type Match struct {
	proctable.Process
	OldImage bool // it runs a file that has been replaced since it started
	Moved    bool // and which is known from an earlier look only: the path leads elsewhere by now

	otherwise  Reason // of one that is Moved: why it does not count by what its path leads to
	asked, now string // that path, and where it leads
}

// Exclusion is a process that has the daemon's name and yet does not count.
type Exclusion struct {
	proctable.Process
	Reason  Reason
	Threads []int // of reason Thread: those that have the name
}

// Why is the reason, for people.
func (x Exclusion) Why() string {
	if x.Trouble != "" && (x.Reason == Unreadable || x.Reason == Obscured || x.Reason == Unlabelled) {
		return x.Trouble
	}
	return x.Reason.String()
}

// Reason is why a process does not count.
type Reason int

// The reasons, in the order in which they are looked at.
const (
	unrelated   Reason = iota // not worth a word
	Unreadable                // it may be the daemon, but may not be looked at
	Zombie                    // it has exited and is waiting for its parent
	OtherFile                 // the same path or name, but not the wanted file
	NoScript                  // the right interpreter or multi-call program, doing something else
	Obscured                  // it may be the daemon, but what it runs cannot be told
	Forgeable                 // a deleted file that any user could have put there
	Foreign                   // in another PID namespace or jail
	Own                       // daemon-keeper itself
	OtherUser                 // not the wanted user's
	OtherGroup                // not of the wanted group
	OtherParent               // another process has started it
	OtherArgs                 // no argument is the wanted one
	OtherLabel                // another security context
	Unlabelled                // it may be the daemon, but its security context is not supported here or cannot be read
	Exempt                    // the rule leaves it out
	Within                    // it keeps the limit that the rule is about
	Namesake                  // it executes something else, and calls itself by the name
	Mention                   // it executes something else, and an argument names the wanted file
	Thread                    // one of its threads has the name
)

func (r Reason) String() string {
	texts := [...]string{
		unrelated:   "not related",
		Unreadable:  "may not be looked at",
		Zombie:      "a zombie: it has exited",
		OtherFile:   "another file of that name",
		NoScript:    "the right interpreter, doing something else",
		Obscured:    "what it runs cannot be told",
		Forgeable:   "a deleted file from a namespace of its own, which any user can make up",
		Foreign:     "in another PID namespace or jail",
		Own:         "daemon-keeper itself",
		OtherUser:   "another user's",
		OtherGroup:  "of another group",
		OtherParent: "another process has started it",
		OtherArgs:   "none of its arguments is the wanted one",
		OtherLabel:  "another security context",
		Unlabelled:  "its security context is not supported here or cannot be read",
		Exempt:      "exempt",
		Within:      "within the limit",
		Namesake:    "another program, which only calls itself so",
		Mention:     "another program, which only names it in its arguments",
		Thread:      "a thread of it has that name; a thread is not a process",
	}
	if r < 0 || int(r) >= len(texts) {
		return texts[unrelated]
	}
	return texts[r]
}

// MayPass reports whether it may be the reason only for as long as a daemon starts. The process
// executes the wanted file; programs change their user, group, parent and arguments as they
// start.
func (r Reason) MayPass() bool {
	switch r {
	case OtherUser, OtherGroup, OtherParent, OtherArgs, OtherLabel:
		return true
	}
	return false
}

// Judge gives the verdict on one daemon. It reads nothing but the snapshot.
func Judge(s Snapshot, spec Spec) Verdict {
	file, known := s.files[spec.Executable]
	switch {
	case spec.Unclear != nil:
		return Verdict{Err: spec.Unclear}
	case spec.Executable == "":
	case !known:
		return Verdict{Err: fmt.Errorf("cannot judge %s: it was not looked for", spec.Executable)}
	case file.errFor(&spec) != nil:
		return Verdict{Err: file.err}
	case file.ID == s.Self.File && file.ID != (proctable.FileID{}) && !spec.Rule:
		return Verdict{Err: &OwnProgramError{spec.Executable}}
	}
	var v Verdict
	for i := range s.Processes {
		if s.isOther(&spec, &s.Processes[i]) {
			continue
		}
		m := Match{Process: s.Processes[i]}
		switch reason := match(&s, &spec, &m); reason {
		case counts:
			v.Matches = append(v.Matches, m)
		case unrelated:
		case Unreadable, Obscured, Unlabelled:
			v.clouded = append(v.clouded, Exclusion{Process: m.Process, Reason: reason})
			fallthrough
		default:
			v.Excluded = append(v.Excluded, Exclusion{Process: m.Process, Reason: reason})
		}
	}
	v.Excluded = append(v.Excluded, nearMisses(&s, &spec, v)...)
	v.others = append(usageFaults(spec, v.Matches, len(v.clouded)), oldImageFaults(&spec, v.Matches)...)
	if spec.PIDFile != nil {
		v.others = append(v.others, pidFileFaults(*spec.PIDFile, s.pidFiles[spec.PIDFile.Path], v.Matches)...)
	}
	v.Pending = len(v.Matches) > 0 && (len(spec.Listen) > 0 || spec.CPU != nil)
	return conclude(spec, v)
}

// conclude draws the conclusion from what was seen of each process.
//
// A process that may be the daemon and cannot be told from it clouds the verdict
// only where it decides: if too few others count, or if one more would be too many.
func conclude(spec Spec, v Verdict) Verdict {
	n, count := len(v.Matches), spec.Bounds()
	most := n + len(v.clouded)
	v.State, v.Err, v.Faults = Up, nil, nil
	wrong, isWrong := countFault(spec, v)
	tooFew := isWrong && wrong.Aspect == TooFew
	switch {
	case tooFew && most > n && most >= count.Min, !isWrong && count.Exceeds(most):
		v.State, v.Err = Unknown, &CloudedError{spec.Subject(), n, v.clouded}
	case isWrong:
		v.Faults = append(v.Faults, wrong)
	}
	if !spec.Rule || isWrong { // a rule is about those that break its limits: as many as it says may
		v.Faults = append(v.Faults, v.others...)
	}
	v.Faults = append(v.Faults, nameFaults(spec, v.Matches)...)
	if v.has(Restart) { // for sure, whatever cannot be told
		v.State, v.Err = Down, nil
	}
	return v
}

func (v Verdict) has(s Severity) bool {
	return slices.ContainsFunc(v.Faults, func(f Fault) bool { return f.Severity == s })
}

// CloudedError says that some process may be the daemon, and why it cannot be
// told.
type CloudedError struct {
	Subject string // what was looked for
	Sure    int    // how many processes count for sure
	Why     []Exclusion
}

func (e *CloudedError) Error() string {
	text, may := fmt.Sprintf("cannot tell whether %s is running", e.Subject), "may be it"
	if e.Sure > 0 {
		text, may = fmt.Sprintf("cannot tell how many there are of %s: %d for sure", e.Subject, e.Sure), "may be another"
	}
	for i, x := range e.Why {
		if i == 3 {
			return fmt.Sprintf("%s, and %d more", text, len(e.Why)-i)
		}
		text += fmt.Sprintf("; process %d %s: %s", x.PID, may, x.Why())
	}
	return text
}

// Hint is the way out.
func (e *CloudedError) Hint() string {
	switch x := e.Why[0]; {
	case x.Trouble != "":
		return "look at that process; with 'user' only processes of the daemon's user matter"
	case x.Reason == Unreadable:
		return "run it as root, with CAP_SYS_PTRACE in a container"
	case x.Reason == Unlabelled:
		return "security contexts are read from /proc/PID/attr/current, which needs Linux and a security module (SELinux, AppArmor)"
	}
	return ""
}

// OwnProgramError says that daemon-keeper was told to keep itself.
type OwnProgramError struct {
	Path string
}

func (e *OwnProgramError) Error() string {
	return fmt.Sprintf("cannot keep %q: it is daemon-keeper itself", e.Path)
}

// Hint is the way out.
func (e *OwnProgramError) Hint() string {
	return "name the daemon's program, and the services that start it"
}
