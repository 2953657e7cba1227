package pidfiles

import (
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// tolerance is how much later than its pidfile a process may seem to have started: the times of
// starts and of files are both rounded to ticks.
const tolerance = 2 * time.Second

// Judge returns all findings about a pidfile.
func Judge(m Machine, f File, h Holder, expected []Expected) Report {
	r := Report{File: f, Holder: h}
	for _, e := range expected {
		r.Named = append(r.Named, e.By)
	}
	j := judge{m, f, h, expected, &r}
	j.file()
	if r.File.Kind == Regular && f.Denied == "" {
		j.content()
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return int(b.Severity - a.Severity) })
	return r
}

// judge is a pidfile that is being judged.
type judge struct {
	Machine
	subject  File
	holder   Holder
	expected []Expected
	report   *Report
}

func (j judge) say(v Verdict, s Severity, format string, args ...any) {
	j.report.Findings = append(j.report.Findings, Finding{v, s, fmt.Sprintf(format, args...)})
}

// file judges the file itself, but not its content.
func (j judge) file() {
	f := j.subject
	switch {
	case f.Kind == Missing:
		j.missing()
		return
	case f.Kind == Link:
		j.say(IsLink, Note, "is a symbolic link, which is not followed")
	case f.Kind == Folder:
		j.say(NoFile, Wrong, "is a folder")
	case f.Kind == Other:
		j.say(NoFile, Wrong, "is not a file: it is a %s", kindOf(f))
	case f.Denied != "":
		j.say(Unreadable, Unknown, "cannot be read: %s", f.Denied)
	}
	for _, w := range f.Writers {
		what := "it"
		if w.At != f.Path {
			what = w.At
		}
		j.say(Writable, Dangerous, "%s can change %s, and so choose which process is signalled", w.Who, what)
	}
}

func (j judge) missing() {
	if e, ok := j.running(); ok {
		j.say(Absent, Wrong, "is missing, and %s runs as process %d", e.By, e.PIDs[0])
		return
	}
	j.say(Absent, Fine, "is missing")
}

// running is one of those who name the file, if their process runs.
func (j judge) running() (e Expected, ok bool) {
	i := slices.IndexFunc(j.expected, func(e Expected) bool { return e.Running && len(e.PIDs) > 0 })
	if i < 0 {
		return e, false
	}
	return j.expected[i], true
}

// content judges what the file holds.
func (j judge) content() {
	f, c := j.subject, j.subject.Content
	if c.Sort == Empty {
		j.say(IsEmpty, Wrong, "is empty")
		return
	}
	if c.Sort == Garbage {
		j.say(IsGarbage, Wrong, "holds no process id")
		return
	}
	if c.Binary {
		j.say(IsGarbage, Wrong, "holds bytes that are not text")
	}
	if c.Long {
		j.say(IsGarbage, Wrong, "is longer than %d bytes", longest)
	}
	if c.Numbers > 1 {
		j.say(Several, Wrong, "holds %d numbers: a script that reads it with cat signals each of them", c.Numbers)
	} else if c.More && !c.Binary && !c.Long {
		j.say(IsGarbage, Note, "holds more than a number")
	}
	switch n := c.Number; {
	case c.Sort == Huge, j.Most > 0 && n > j.Most && j.holder.PID == 0, n > 1<<31-1, n < -(1 << 31):
		j.say(IsGarbage, Wrong, "holds a number that no process can have")
	case n == -1:
		j.say(Everything, Dangerous, "holds -1: who signals that, signals every process")
	case n < 0:
		j.say(Everything, Dangerous, "holds %d: who signals that, signals the whole process group %d", n, -n)
	case n == 0:
		j.say(Everything, Dangerous, "holds 0: who signals that, signals the own process group")
	default:
		j.named()
	}
	if f.Stays && !j.ofEarlierBoot() {
		j.say(Persistent, Note, "is on %s, which survives a reboot: then another process has its number", f.System)
	}
}

// ofEarlierBoot reports whether the file was written before the machine was booted.
func (j judge) ofEarlierBoot() bool {
	f := j.subject
	return f.Stays && !j.Booted.IsZero() && f.Written.Before(j.Booted.Add(-tolerance))
}

func kindOf(f File) string {
	switch {
	case f.Mode&fs.ModeNamedPipe != 0:
		return "FIFO"
	case f.Mode&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}
