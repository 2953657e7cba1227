package check

import (
	"fmt"
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
)

// Fault is one thing that is wrong with a daemon, or a rule that is broken.
type Fault struct {
	Aspect   Aspect
	Severity Severity
	Text     string // what, which, how much
}

// Severity is what a fault calls for.
type Severity int

// The severities. Restart makes a daemon Down.
const (
	Warn    Severity = iota // somebody should know
	Alarm                   // it is wrong, and must not be restarted for it
	Restart                 // it must be restarted
)

// severity of a fault in an aspect that restarts only if the user has said so.
func (s *Spec) severity(a Aspect) Severity {
	switch {
	case s.restarts(a):
		return Restart
	case s.Rule, a == TooMany:
		return Alarm
	}
	return Warn
}

// countFault compares the processes that count with their bounds.
func countFault(spec Spec, v Verdict) (Fault, bool) {
	n, count := len(v.Matches), spec.Bounds()
	switch {
	case n < count.Min && spec.Rule:
		return Fault{TooFew, Alarm, fmt.Sprintf("%s, and at least %d should be", processes(n), count.Min)}, true
	case n == 0 && count.Min > 0:
		return Fault{TooFew, Restart, "not running"}, true
	case n < count.Min:
		return Fault{TooFew, Restart, fmt.Sprintf("%s, and at least %d should be (%s)", processes(n), count.Min, listMatches(v.Matches))}, true
	case count.Exceeds(n) && count.Max == 0:
		return Fault{TooMany, spec.severity(TooMany), fmt.Sprintf("%s, and none may be (%s)", processes(n), listMatches(v.Matches))}, true
	case count.Exceeds(n):
		return Fault{TooMany, spec.severity(TooMany), fmt.Sprintf("%s, and at most %d may be (%s)", processes(n), count.Max, listMatches(v.Matches))}, true
	}
	return Fault{}, false
}

// listMatches names processes for a person, at most three of them.
func listMatches(matches []Match) string {
	var texts []string
	for i, m := range matches {
		if i == 3 {
			texts = append(texts, fmt.Sprintf("and %d more", len(matches)-i))
			break
		}
		texts = append(texts, m.Process.String())
	}
	return strings.Join(texts, ", ")
}

// usageFaults are the limits that single processes break.
func usageFaults(spec Spec, matches []Match, clouded int) []Fault {
	var memory, files, unread []Fault
	for _, m := range matches {
		if text := spec.Memory.broken(m.Process); text != "" {
			memory = append(memory, Fault{Memory, spec.severity(Memory), text})
		}
		if text := spec.Files.broken(m.Process); text != "" {
			files = append(files, Fault{Files, spec.severity(Files), text})
		}
		if spec.Files != (FilesLimit{}) && m.Usage.FilesErr != nil {
			unread = append(unread, Fault{Files, Warn, fmt.Sprintf("the open files of process %d cannot be counted: %v", m.PID, m.Usage.FilesErr)})
		}
	}
	faults := slices.Concat(few(memory), few(files), few(unread))
	if text := spec.tooYoung(matches); text != "" && clouded == 0 { // else the oldest may be one that cannot be told
		faults = append(faults, Fault{Age, spec.severity(Age), text})
	}
	return faults
}

// few keeps what a person reads of faults of the same kind.
func few(faults []Fault) []Fault {
	const most = 3
	if len(faults) <= most {
		return faults
	}
	last := faults[most-1]
	last.Text += fmt.Sprintf(", and so %d more", len(faults)-most)
	return append(slices.Clone(faults[:most-1]), last)
}

func (l MemoryLimit) broken(p proctable.Process) string {
	switch {
	case l.RSS > 0 && p.RSS > l.RSS:
		return fmt.Sprintf("process %d has %s in memory, more than %s", p.PID, bytesText(p.RSS), bytesText(l.RSS))
	case l.VMS > 0 && p.VMS > l.VMS:
		return fmt.Sprintf("process %d has an address space of %s, more than %s", p.PID, bytesText(p.VMS), bytesText(l.VMS))
	}
	return ""
}

func (l FilesLimit) broken(p proctable.Process) string {
	u := p.Usage
	switch {
	case l.Number > 0 && u.Files > l.Number:
		return fmt.Sprintf("process %d has %d files open, more than %d", p.PID, u.Files, l.Number)
	case l.Share > 0 && u.FilesLimit > 0 && float64(u.Files) > l.Share*float64(u.FilesLimit):
		return fmt.Sprintf("process %d has %d files open, more than %s of its limit of %d", p.PID, u.Files, percent(l.Share), u.FilesLimit)
	}
	return ""
}

// tooYoung: a daemon is as old as its oldest process, because its workers may
// come and go.
func (s Spec) tooYoung(matches []Match) string {
	if s.MinAge == 0 || len(matches) == 0 {
		return ""
	}
	oldest := matches[0]
	for _, m := range matches {
		if m.Usage.Age > oldest.Usage.Age {
			oldest = m
		}
	}
	if oldest.Usage.Age >= s.MinAge {
		return ""
	}
	return fmt.Sprintf("process %d was started %s ago, less than %s", oldest.PID, timeText(oldest.Usage.Age), timeText(s.MinAge))
}
