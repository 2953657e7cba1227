package pidfiles

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// named judges the process that the file names.
func (j judge) named() {
	h, n := j.holder, j.subject.Content.Number
	switch {
	case !h.Known:
		j.say(Unseen, Unknown, "holds %d, and what that is cannot be told", n)
		return
	case h.PID == 0 || h.Zombie && !h.Thread:
		j.stale()
		return
	case h.Thread:
		j.say(NamesThread, Dangerous, "holds %d, which is not a process but %s: who signals that, signals %s", n, threadOf(h), h)
		return
	}
	before := len(j.report.Findings)
	if !j.isWanted() && !j.locks(h.PID) { // if the process has locked it, it is right, whenever it was written
		j.doubts(n)
	}
	if len(j.report.Findings) == before {
		j.say(Right, Fine, "names %s,%s", h, j.why())
	}
}

// doubts judges a process if nobody knows for sure whether it is the right one.
func (j judge) doubts(n int64) {
	before := len(j.report.Findings)
	if j.holder.Kernel {
		j.say(OtherProgram, Dangerous, "names %s, which is a part of the kernel", j.holder)
		return
	}
	j.user()
	j.reused()
	if n == 1 && !j.looksLike() {
		j.say(NamesInit, Dangerous, "names process 1, the first of all: it was perhaps written in a container")
	}
	j.lockedByOther()
	if len(j.report.Findings) == before && !j.looksLike() {
		j.say(OtherProgram, Note, "names %s, and by its name one would expect %s", j.holder, words.Printable(j.program()))
	}
}

func threadOf(h Holder) string {
	if h.Comm == "" || h.Comm == h.Name {
		return "a thread of " + h.String()
	}
	return fmt.Sprintf("a thread of %s, %q", h, words.Printable(h.Comm))
}

func (j judge) stale() {
	text := fmt.Sprintf("holds %d, and there is no such process", j.subject.Content.Number)
	if j.holder.Zombie {
		text = fmt.Sprintf("holds %d, which has ended and is a zombie", j.subject.Content.Number)
	}
	if e, ok := j.running(); ok {
		j.say(Stale, Wrong, "%s; %s runs as process %d", text, e.By, e.PIDs[0])
		return
	}
	if j.ofEarlierBoot() {
		text += "; it was written before the last boot"
	}
	if len(j.subject.Holders) > 0 && j.subject.Holders[0] != proctable.SomeHolder {
		text += fmt.Sprintf("; process %d holds its lock", j.subject.Holders[0])
	}
	j.say(Stale, Wrong, "%s", text)
}

// isWanted compares the process with what those expect who name the pidfile. It is firm if one of
// them knows the process; then a difference is a finding. If the process is right for one of them,
// there is none: two packages may bring a script for the same daemon.
func (j judge) isWanted() (firm bool) {
	var complaints []Finding
	for _, e := range j.expected {
		ok, why := j.meets(e)
		switch {
		case ok && why.Verdict == Right:
			return true
		case !ok:
			complaints = append(complaints, why)
		}
	}
	if len(complaints) == 0 {
		return false
	}
	j.report.Findings = append(j.report.Findings, complaints[0])
	return true
}

// meets reports whether the process can be the one that somebody expects, and if not, why. The
// finding is Right only if the ids are the same: a program may run twice.
func (j judge) meets(e Expected) (ok bool, why Finding) {
	h := j.holder
	switch {
	case slices.Contains(e.PIDs, h.PID):
		return true, Finding{Verdict: Right}
	case len(e.PIDs) > 0:
		return false, Finding{OtherProcess, Dangerous, fmt.Sprintf("names %s, and %s runs as process %d", h, e.By, e.PIDs[0])}
	case len(e.Programs) > 0 && h.Exe != "" && !slices.ContainsFunc(e.Programs, h.runs) && !j.looksLike(): // a script may start a wrapper
		return false, Finding{OtherProgram, Dangerous, fmt.Sprintf("names %s, which executes %s and not %s, as %s has it", h, h.what(), e.Programs[0], e.By)}
	case e.User != nil && h.User != *e.User && h.UserReal != *e.User:
		return false, Finding{OtherUser, Dangerous, fmt.Sprintf("names %s, a process of %s and not of %s, as %s has it", h, j.UserName(h.User), j.UserName(*e.User), e.By)}
	}
	return true, Finding{}
}

func (h Holder) what() string {
	if h.Script != "" {
		return h.Script
	}
	return h.Exe
}

// runs reports whether the process may be that program. Only names are compared: an upgrade may
// have moved the file, and the path may have links.
func (h Holder) runs(program string) bool {
	base := path.Base(program)
	for _, p := range []string{h.Exe, h.Script, h.First} {
		if p != "" && path.Base(strings.TrimSuffix(p, " (deleted)")) == base {
			return true
		}
	}
	return h.Name != "" && strings.HasPrefix(base, h.Name) && (len(h.Name) >= 15 || h.Name == base) || strings.HasPrefix(h.First, base+":")
}

// user judges whose process it is. A user can write any id into their own file. So such a file is
// only believed if the process is that user's.
func (j judge) user() {
	owner, h := j.subject.Owner, j.holder
	if owner != 0 && h.User != owner && h.UserReal != owner {
		j.say(OtherUser, Dangerous, "belongs to %s, and names %s, a process of %s", j.UserName(owner), h, j.UserName(h.User))
	}
}

// reused judges whether the process is older than the file: a process writes its pidfile after its
// start.
func (j judge) reused() {
	f, h := j.subject, j.holder
	if h.Started.IsZero() || !h.Started.After(f.Written.Add(tolerance)) {
		return
	}
	text := fmt.Sprintf("names %s, which was started %s, after the file was written", h, moment(h.Started))
	switch {
	case j.ofEarlierBoot():
		j.say(Reused, Dangerous, "%s; that was before the last boot", text)
	case !f.Stays && !j.Booted.IsZero() && f.Written.Before(j.Booted.Add(-tolerance)):
		// Nothing in memory is older than the machine's boot: the clock was set since.
		j.say(Reused, Note, "%s; but the clock was set meanwhile, so it may be right", text)
	default:
		j.say(Reused, Dangerous, "%s: its number has been given away anew", text)
	}
}

func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// locks reports whether a process holds the lock of the file.
func (j judge) locks(pid int) bool { return slices.Contains(j.subject.Holders, pid) }

// lockedByOther judges who holds the lock. daemon(8) locks the file of its child. A lock of flock(2)
// is shown as that of the process that has taken it, though it may have left it to its child. So
// the parent may hold it, too.
func (j judge) lockedByOther() {
	for _, pid := range j.subject.Holders {
		if pid != proctable.SomeHolder && pid != j.holder.PID && pid != j.holder.Parent {
			j.say(LockedBy, Note, "names %s, and process %d holds its lock", j.holder, pid)
			return
		}
	}
}

// why is the reason why a pidfile is right.
func (j judge) why() string {
	h := j.holder
	for _, e := range j.expected {
		if slices.Contains(e.PIDs, h.PID) {
			return " as " + e.By + " has it"
		}
	}
	if j.locks(h.PID) {
		return " which holds its lock"
	}
	return " which was started before it was written"
}
