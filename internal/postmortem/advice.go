package postmortem

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// Explained reports whether the cause is known, and also the sender, if somebody must have sent
// the signal. Then nobody has to look further.
func (v Verdict) Explained() bool {
	switch {
	case v.Cause == "" || v.Cause == words.UnknownCause:
		return false
	case v.Sender != "":
		return v.Sure != Hint
	case v.Cause == words.Signalled:
		return isOwnFault(v.Signal)
	}
	return v.Cause != words.Exited || v.Signal == 0 || isOwnFault(v.Signal)
}

// isOwnFault reports whether the kernel mostly sends this signal because of what the process
// itself does.
func isOwnFault(signal int) bool {
	return slices.Contains([]string{"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP", "SIGSYS", "SIGPIPE", "SIGXCPU", "SIGXFSZ"}, osutil.SignalName(signal))
}

// Scene is what is known about the place and time of a death.
type Scene struct {
	Daemon   string
	Cause    words.Cause
	Service  string // its own; "" if it has none
	Manager  string // its name, as rcd has it
	From, To time.Time
	PID      int  // of its main process; 0: not known
	NotWell  bool // processes run, and what is asked of them is not met
}

// around is how much of the journal is shown before and after the time of the death.
const around = 2 * time.Minute

// Advice are commands that show a person more of such a death, whatever was found.
func Advice(s Scene) []string {
	var list []string
	if s.NotWell {
		list = append(list, "daemon-keeper status -v "+words.Shell(s.Daemon))
	}
	if s.Manager != "systemd" {
		if s.Service != "" && !s.NotWell {
			list = append(list, "grep -h "+words.Shell(s.Service)+" /var/log/messages /var/log/syslog 2>/dev/null | tail")
		}
		return list
	}
	journal := "journalctl" + period(s.From, s.To)
	switch {
	case s.Cause == words.Rebooted:
		return append(list, "journalctl -b -1 -n 50", "last -x -n 10")
	case s.Cause == words.OutOfMemory:
		list = append(list, journal+" -k")
	case s.Cause == words.DumpedCore && s.PID > 0:
		list = append(list, "coredumpctl info "+strconv.Itoa(s.PID))
	}
	if s.Service == "" {
		return list
	}
	unit := words.Shell(s.Service)
	switch s.Cause {
	case words.NeverBegan, words.TimedOut:
		list = append(list, "systemctl status "+unit, "systemctl cat "+unit)
	case words.OutOfMemory:
		list = append(list, "systemctl show "+unit+" -p MemoryMax -p MemoryHigh")
	}
	return append(list, journal+" -u "+unit)
}

// period is an interval in the form of journalctl(1).
func period(from, to time.Time) string {
	if from.IsZero() || to.Before(from) {
		from = to
	}
	return ` --since "` + from.Add(-around).Format(time.DateTime) + `" --until "` + to.Add(around).Format(time.DateTime) + `"`
}

// TraceFirst puts the signal trace, which knows most, before the other witnesses that are not
// there.
func TraceFirst(absent []string) []string {
	isTrace := func(text string) bool { return strings.HasPrefix(text, signalTrace+":") }
	i := slices.IndexFunc(absent, isTrace)
	if i < 0 {
		return absent
	}
	return slices.Concat(absent[i:i+1], absent[:i], absent[i+1:])
}
