package postmortem

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// programs is what the second buffer has recorded: which process has started which, and
// which programs they were.
type programs struct {
	records []started     // in the order of the text, which is that of time
	from    time.Duration // since boot; records from before may be missing
}

// forever is later than all that happens.
const forever = time.Duration(math.MaxInt64)

// started is the start of a process by its parent, or of a program by a process.
type started struct {
	at         time.Duration
	id         int    // of the process
	parent     int    // the task that has started it, which may be a thread; 0: a program was executed
	parentName string // not made printable, nor is program
	program    string
}

// The name at the beginning has at most 15 bytes, so it cannot look like the rest. The path of the
// program can hold anything but the end of a line: the filter leaves out paths with one.
var (
	startedLine  = words.Pattern{Text: `^ *(.{1,15}?)-([0-9]{1,9}) +\[([0-9]+)\] +[^ ]+ +([0-9]{1,9})\.([0-9]{6}): (task_newtask: pid=|sched_process_exec: filename=)(.*)$`}
	executedTail = words.Pattern{Text: `^(.*) pid=([0-9]{1,9}) old_pid=[0-9]{1,9}$`}
)

// parsePrograms reads the buffer.
func parsePrograms(text []byte) programs {
	counts := counts.Get().FindSubmatch(text)
	if counts == nil { // there is no such buffer
		return programs{from: forever}
	}
	var p programs
	first := make(map[string]time.Duration) // the first record of each processor, which has a buffer of its own
	whole := string(counts[1]) == string(counts[2])
	missing := false
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if lost.Get().Match(line) {
			missing = true
			continue
		}
		r, processor, ok := startedRecord(string(line))
		if !ok {
			continue
		}
		if _, seen := first[processor]; !seen && !whole || missing {
			first[processor], missing = r.at, false
			p.from = max(p.from, r.at)
		}
		p.records = append(p.records, r)
	}
	return p
}

// startedRecord reads a line of the buffer.
func startedRecord(line string) (r started, processor string, ok bool) {
	if !strings.Contains(line, ": task_newtask: ") && !strings.Contains(line, ": sched_process_exec: ") {
		return started{}, "", false
	}
	m := startedLine.Get().FindStringSubmatch(line)
	if m == nil {
		return started{}, "", false
	}
	task := number(m[2])
	r.at = time.Duration(number(m[4]))*time.Second + time.Duration(number(m[5]))*time.Microsecond
	if strings.HasPrefix(m[6], "task_newtask") {
		id, _, _ := strings.Cut(m[7], " ")
		r.id, r.parent, r.parentName = number(id), task, m[1]
		return r, m[3], r.id > 0 && r.parent > 0
	}
	tail := executedTail.Get().FindStringSubmatch(m[7])
	if tail == nil || number(tail[2]) != task {
		return started{}, "", false
	}
	r.id, r.program = task, tail[1]
	return r, m[3], r.id > 0 && r.program != ""
}

// origin is where a process came from.
type origin struct {
	program    string // "" if it has executed none, or that is not known
	doubtful   bool   // it may have executed another one since: records may be missing
	parent     int    // 0: not known
	parentName string
	at         time.Duration // when it was started by its parent
}

// of is the origin of the process that had a number at a time, and this name.
func (p programs) of(id int, name string, at time.Duration) origin {
	var o origin
	begun := false
	for _, r := range p.records {
		switch {
		case r.id != id || r.at > at:
		case r.parent != 0: // the records so far are of an earlier process with this id
			o, begun = origin{parent: r.parent, parentName: r.parentName, at: r.at, doubtful: r.at < p.from}, true
		default:
			o.program = r.program
		}
	}
	if !begun || o.doubtful {
		o.doubtful = true
		if !isNamed(name, o.program) { // the program is that of an earlier process
			return origin{}
		}
	}
	return o
}

// isNamed reports whether a process has the name that the kernel gives to one that
// executes this program.
func isNamed(name, program string) bool {
	return program != "" && name == nameFrom(program)
}

// nameFrom is the name that the kernel gives to a process that executes this program.
func nameFrom(program string) string {
	const longest = 15 // bytes
	base := path.Base(program)
	return base[:min(len(base), longest)]
}

// living is a process, or a thread, that runs now. Nothing of it is made printable.
type living struct {
	proctable.Living
	User string // its name, or its number
}

// census finds the process that has a number now.
type census func(id int) (living, bool)

// mostAncestors bounds how many parents are told.
const mostAncestors = 6

// nameOf is the name of a sender. If the kernel has forgotten it, it is the name of the process
// that has this id now, provided that it has executed no other program since the signal; else it
// is made of the program that was recorded.
func nameOf(s Sender, p programs, now census) string {
	if s.Name != forgotten {
		return s.Name
	}
	l, alive := running(now, s.ID, s.At)
	mayHaveExecuted := p.from > s.At || slices.ContainsFunc(p.records, func(r started) bool {
		return r.id == s.ID && r.program != "" && r.at > s.At
	})
	if alive && !mayHaveExecuted { // the path that was recorded may be that of a link or a script
		return l.Name
	}
	if o := p.of(s.ID, s.Name, s.At); o.program != "" {
		return nameFrom(o.program)
	}
	return s.Name
}

// describe is the program of a sender, and, if it still runs, its arguments, user and unit; and
// its ancestors, including those that have ended. "" if nothing is known.
func describe(s Sender, p programs, now census) string {
	o := p.of(s.ID, s.Name, s.At)
	l, alive := running(now, s.ID, s.At)
	text := ""
	switch alive = alive && l.Name == s.Name; {
	case alive:
		text = commandOf(l) + whose(l)
	case o.program != "" && o.doubtful:
		text = "probably " + clean(o.program)
	case o.program != "":
		text = clean(o.program)
	}
	if o.parent == 0 && alive {
		o = origin{parent: l.Parent, at: l.Start}
	}
	line, doubtful := ancestors(o, alive, p, now)
	switch {
	case line == "":
		return text
	case text != "":
		text += ", "
	}
	if doubtful && !strings.HasPrefix(text, "probably ") {
		text += "probably "
	}
	return text + "started by " + line
}

// ancestors are the parents of a process, the nearest one last. The user and the unit of the
// nearest one that still runs are told, unless those of the process itself were told.
func ancestors(o origin, told bool, p programs, now census) (text string, doubtful bool) {
	var line []string
	for range mostAncestors {
		if o.parent <= 1 {
			break
		}
		id := o.parent
		l, runs := running(now, id, o.at)
		name := cmp.Or(nameOf(Sender{id, o.parentName, o.at}, p, now), l.Name)
		if name == "" {
			break
		}
		doubtful = doubtful || o.doubtful
		next := p.of(id, name, o.at)
		program, alive := next.program, runs && l.Name == name
		if alive {
			program = l.Program
		}
		text := called(id, name, program)
		if alive && !told {
			text, told = text+whose(l), true
		}
		line = append(line, text)
		if next.parent == 0 && runs {
			next = origin{parent: l.Parent, at: l.Start}
		}
		o = next
	}
	slices.Reverse(line)
	return strings.Join(line, " -> "), doubtful
}

// running is the process that has an id now, if it is older than at.
func running(now census, id int, at time.Duration) (living, bool) {
	l, ok := now(id)
	if !ok || l.Start > at {
		return living{}, false
	}
	return l, true
}

// The most that is told of a process, in bytes: the log's lines have a limit.
const (
	mostProgram = 120
	mostArgs    = 200
)

func clean(text string) string { return words.ASCII(words.Cut(text, mostProgram)) }

// commandOf is its program with its arguments.
func commandOf(l living) string {
	text := l.Program
	if text == "" {
		text = l.Name
	}
	text = clean(text)
	if len(l.Args) > 1 {
		text += " " + words.ASCII(words.Cut(strings.Join(l.Args[1:], " "), mostArgs))
	}
	return text
}

// whose is the user and the unit of a process.
func whose(l living) string {
	text := " of user " + clean(l.User)
	if l.Unit != "" {
		text += " in " + clean(l.Unit)
	}
	return text
}

// called is a process with its id: its name, or the path of its program, if that says more.
func called(id int, name, program string) string {
	if program == "" && name == forgotten {
		return fmt.Sprintf("process %d", id)
	}
	dir, base := path.Split(program)
	system := slices.Contains([]string{"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"}, dir)
	if program == "" || system && base == name {
		program = name
	}
	return fmt.Sprintf("%s(%d)", clean(program), id)
}
