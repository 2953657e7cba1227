package postmortem

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// audit knows who has sent a signal by kill(2) and similar calls, if an administrator has
// the system audit them. It also knows processes that were ended by a signal that mostly
// leaves a core.
const audit = "audit"

// auditRecords are the last ones that were written.
type auditRecords struct {
	Log   []byte // Linux: lines of text, auditd(8)
	Trail []byte // FreeBSD: binary records, audit.log(5), the oldest first
	Whole bool   // they hold all records of the time in question
	Host  string // the name of this machine: several may write to one log
}

// auditEvent is a signal that was sent, or that has ended a process.
type auditEvent struct {
	trail   bool // it is of FreeBSD's trail
	at      time.Time
	signal  int
	target  int  // the process
	number  int  // the argument of kill(2): a process, a thread or a group; 0 if not known
	ended   bool // it is not a signal that was sent, but one that has ended the process
	doubt   bool // there were several targets, and kill(2) may have been denied for this one
	sender  int
	name    string // the sender's, from here on; all not made printable
	exe     string
	command string
	user    string
	login   string // of the session; "" if there is none
	parent  int
}

// auditFindings is what the records say of a dead daemon.
func auditFindings(r auditRecords, d Dead) []Finding {
	var list []Finding
	for _, e := range append(auditEvents(r.Log, r.Host, d), trailEvents(r.Trail, d)...) {
		p, ours := d.process(e.target)
		sure, ok := d.placed(e.at, e.at)
		if !ours || p.PID != e.target || !ok {
			continue
		}
		if !r.Whole || e.doubt { // a missing record may be of another sender
			sure = Likely
		}
		f := Finding{When: e.at, Cause: words.Signalled, Signal: e.signal, Main: d.isMain(p), Sure: sure, Source: audit, Next: auditCommand(e)}
		if e.ended {
			f.Text = "the audit has " + osutil.SignalName(e.signal) + " as the end of process " + fmt.Sprint(e.target)
		} else {
			f.Sender, f.SenderPID = e.from(p, d), e.sender
			f.Text = osutil.SignalName(e.signal) + " was sent by " + f.Sender + e.to(p)
		}
		list = append(list, f)
	}
	return list
}

// from is the sender for people.
func (e auditEvent) from(target words.Process, d Dead) string {
	if text := d.ownSender(e.sender, target); text != "" {
		return text
	}
	text := fmt.Sprintf("process %d", e.sender)
	if e.name != "" {
		text = fmt.Sprintf("%s(%d)", words.ASCII(words.Cut(e.name, 30)), e.sender)
	}
	var more []string
	if e.exe != "" {
		more = append(more, words.ASCII(words.Cut(e.exe, 200)))
	}
	if e.user != "" {
		more = append(more, "of user "+words.ASCII(words.Cut(e.user, 20)))
	}
	if e.login != "" && e.login != e.user {
		more = append(more, "logged in as user "+words.ASCII(words.Cut(e.login, 20)))
	}
	if e.command != "" {
		more = append(more, "as '"+words.ASCII(words.Cut(e.command, 120))+"'")
	}
	if e.parent > 1 {
		more = append(more, fmt.Sprintf("started by process %d", e.parent))
	}
	if len(more) == 0 {
		return text
	}
	return text + ": " + strings.Join(more, " ")
}

// to says that the signal was sent to a thread. Whoever does that has mostly mistaken the
// number for another process.
func (e auditEvent) to(p words.Process) string {
	if e.number == 0 || e.number == p.PID || !slices.Contains(p.Threads, e.number) {
		return ""
	}
	return fmt.Sprintf(" to %d, which was its thread", e.number)
}

// endsNothing reports whether a signal does not end a process that has no handler for it;
// harmless are the system's numbers of such signals.
func endsNothing(signal int, harmless []int) bool {
	return signal <= 0 || slices.Contains(harmless, signal)
}
