package postmortem

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// signalTrace knows who has sent which signal, from the kernel's own ring buffer, if Tracing
// has set it up.
const signalTrace = "signal trace"

// Sender is a task that has sent a signal.
type Sender struct {
	ID   int           // of the task, which may be a thread
	Name string        // as the kernel has it, not made printable; or forgotten
	At   time.Duration // of the signal, since boot
}

// forgotten stands in the buffer for the name of a task that the kernel does not remember: it
// keeps 128 names.
const forgotten = "<...>"

// mostDescribed bounds for how many signals the sender is described: a user may send any number
// to their own daemon.
const mostDescribed = 20

// traceFindings is what a buffer says of a dead daemon. describe returns the name of a sender,
// and what else is known about it.
func traceFindings(text []byte, whole bool, d Dead, describe func(Sender) (name, more string)) []Finding {
	var list []Finding
	caught := make(caught)
	sure := Certain
	if !whole || overwritten(text, d.From) { // a lost record may be of another sender
		sure = Likely
	}
	for line := range bytes.Lines(text) {
		r, ok := traceRecord(bytes.TrimSuffix(line, []byte("\n")))
		if !ok {
			continue
		}
		p, ours := d.process(r.target)
		if !ours || r.at < d.From-slack || r.at > d.To {
			continue
		}
		f := Finding{When: d.day(r.at), Signal: r.signal, Sure: sure, Source: signalTrace, Main: d.isMain(p)}
		if r.at < d.From {
			f.Sure = Likely
		}
		switch {
		case r.victim:
			f.Cause, f.Detail, f.Text = words.OutOfMemory, true, "the kernel has chosen it to end a want of memory"
		case !r.ends(), caught.again(r, p, d):
			continue
		default:
			f.Cause, f.Sender = words.Signalled, r.from(d)
			if f.Sender != theKernel {
				f.SenderPID = r.sender
			}
			more := ""
			if f.Sender != itself && f.Sender != theKernel && len(list) < mostDescribed {
				r.senderName, more = describe(Sender{r.sender, r.senderName, r.at})
				f.Sender = r.from(d)
			}
			f.Text = osutil.SignalName(r.signal) + " was sent by " + f.Sender + r.to(p)
			if more != "" {
				f.Text, f.Sender = f.Text+": "+more, f.Sender+": "+more
			}
		}
		list = append(list, f)
	}
	return list
}

// caught has the time at which another process has last sent a signal to a process.
type caught map[tracedTo]time.Duration

type tracedTo struct{ pid, signal int }

// longestCleaning is how long a daemon may take from the signal to its end: systemd's
// DefaultTimeoutStopSec=.
const longestCleaning = 90 * time.Second

// again reports whether a process sends itself a signal that another one has just sent to it.
// Daemons that catch a signal and clean up do so to end by that signal, as do all programs in Go.
// Then the sender is the other one.
func (c caught) again(r tracedSignal, p words.Process, d Dead) bool {
	to := tracedTo{p.PID, r.signal}
	if r.from(d) != itself {
		c[to] = r.at
		return false
	}
	at, ok := c[to]
	return ok && r.at-at <= longestCleaning
}

// tracedSignal is a record of signal:signal_generate, or of oom:mark_victim.
type tracedSignal struct {
	at         time.Duration // since boot
	sender     int           // the task that ran
	senderName string
	target     int // the process, or the thread whose number was used
	targetName string
	signal     int
	code       int
	result     int
	victim     bool
}

// A task can choose its own name, of at most 15 bytes. That is too short to look like the name of
// an event with its first field, so the rest of the line is the kernel's.
var (
	traced = words.Pattern{Text: `^ *(.+)-([0-9]{1,9}) +\[[0-9]+\] +[^ ]+ +([0-9]{1,9})\.([0-9]{6}): (signal_generate: sig=|mark_victim: pid=)(.*)$`}
	signal = words.Pattern{Text: `^([0-9]{1,3}) errno=-?[0-9]+ code=(-?[0-9]{1,9}) comm=(.*) pid=([0-9]{1,9}) grp=[0-9] res=([0-9])$`}
	lost   = words.Pattern{Text: `(?m)^CPU:[0-9]+ \[LOST [0-9]+ EVENTS\]$`}
	counts = words.Pattern{Text: `(?m)^# entries-in-buffer/entries-written: ([0-9]+)/([0-9]+) `}
)

// traceRecord reads a line of the buffer.
func traceRecord(line []byte) (tracedSignal, bool) {
	if !bytes.Contains(line, []byte(": signal_generate: ")) && !bytes.Contains(line, []byte(": mark_victim: ")) {
		return tracedSignal{}, false
	}
	m := traced.Get().FindStringSubmatch(string(line))
	if m == nil {
		return tracedSignal{}, false
	}
	seconds, us := number(m[3]), number(m[4])
	r := tracedSignal{
		sender: number(m[2]), senderName: m[1],
		at: time.Duration(seconds)*time.Second + time.Duration(us)*time.Microsecond,
	}
	if m[5] == "mark_victim: pid=" {
		pid, _, _ := strings.Cut(m[6], " ")
		r.target, r.signal, r.victim = number(pid), sigKill, true
		return r, r.target > 0
	}
	s := signal.Get().FindStringSubmatch(m[6])
	if s == nil {
		return tracedSignal{}, false
	}
	r.signal, r.targetName, r.target, r.result = number(s[1]), s[3], number(s[4]), number(s[5])
	r.code, _ = strconv.Atoi(s[2])
	return r, r.target > 0
}

// ends reports whether the signal was delivered, and ends a process that has no handler for it,
// signal(7). A signal that was pending already had no effect.
func (r tracedSignal) ends() bool {
	return r.result == 0 && !endsNothing(r.signal, linuxHarmless[:])
}

const (
	itself    = "itself"
	theKernel = "the kernel"
)

// ownSender is the sender of a signal for people, if it is one of the daemon's own processes;
// else "".
func (d Dead) ownSender(id int, target words.Process) string {
	sender, ours := d.process(id)
	switch {
	case !ours:
		return ""
	case sender.PID == target.PID:
		return itself
	}
	return fmt.Sprintf("process %d of its own", sender.PID)
}

// from is the sender for people.
func (r tracedSignal) from(d Dead) string {
	const fromKernel = 128 // SI_KERNEL: the task that ran is not the sender
	target, _ := d.process(r.target)
	own := d.ownSender(r.sender, target)
	switch {
	case r.code == fromKernel:
		return theKernel
	case own != "":
		return own
	case r.senderName == forgotten:
		return fmt.Sprintf("process %d", r.sender)
	}
	return fmt.Sprintf("%s(%d)", words.ASCII(r.senderName), r.sender)
}

// to says that the signal was sent to a thread. Whoever does that has mostly mistaken the
// number for another process.
func (r tracedSignal) to(p words.Process) string {
	if r.target == p.PID {
		return ""
	}
	if r.code != 0 && r.code != -1 { // tgkill(2) means a thread
		return ""
	}
	return fmt.Sprintf(" to %d, which was its thread %q", r.target, words.ASCII(r.targetName))
}

// overwritten reports whether records of the time since from may be lost.
func overwritten(text []byte, from time.Duration) bool {
	if lost.Get().Match(text) {
		return true
	}
	m := counts.Get().FindSubmatch(text)
	if m == nil || string(m[1]) == string(m[2]) {
		return m == nil && len(text) > 0
	}
	for line := range bytes.Lines(text) {
		if r, ok := traceRecord(bytes.TrimSuffix(line, []byte("\n"))); ok {
			return r.at > from
		}
	}
	return true
}
