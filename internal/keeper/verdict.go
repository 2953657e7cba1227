package keeper

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/report"
)

func pids(v check.Verdict) []int {
	list := make([]int, 0, len(v.Matches))
	for _, m := range v.Matches {
		list = append(list, m.PID)
	}
	return list
}

// processes returns the processes that count, for the report.
func (k *Keeper) processes(v check.Verdict) []report.Process {
	var list []report.Process
	for _, m := range v.Matches {
		p := report.Process{
			PID: m.PID, Parent: m.Parent, User: k.user(m.User), Exe: m.Exe, CPU: m.Usage.CPU, RSS: m.RSS, VMS: m.VMS,
			OldImage: m.OldImage, Stopped: m.Stopped,
		}
		if m.Usage.Age > 0 {
			p.Started = time.Now().Add(-m.Usage.AgeNow())
		}
		list = append(list, p)
	}
	return list
}

func (k *Keeper) user(id uint32) string {
	if k.UserName != nil {
		return k.UserName(id)
	}
	return strconv.FormatUint(uint64(id), 10)
}

type notice struct {
	level report.Level
	text  string
}

// notices lists what is odd about processes that count all the same.
func notices(v check.Verdict) []notice {
	var list []notice
	for _, f := range v.Faults {
		if f.Severity == check.Warn {
			list = append(list, notice{report.Warning, f.Text})
		}
	}
	for _, m := range v.Matches {
		if m.Stopped {
			list = append(list, notice{
				report.Warning,
				fmt.Sprintf("%s: it does nothing until it is continued (kill -CONT %d)", stoppedText(m), m.PID),
			})
		}
	}
	return list
}

func (k *Keeper) details(spec check.Spec, v check.Verdict) []report.Detail {
	var list []report.Detail
	for _, m := range v.Matches {
		list = append(list, report.Detail{PID: m.PID, User: k.user(m.User), Exe: seen(m.Process), Counts: true, Why: whyCounts(spec, m)})
	}
	for _, x := range v.Excluded {
		list = append(list, report.Detail{PID: x.PID, User: k.user(x.User), Exe: seen(x.Process), Why: whyNot(x)})
	}
	return list
}

// seen returns what a process executes, or else the kernel's name for it.
func seen(p proctable.Process) string {
	if p.Exe == "" {
		return "(" + p.Name + ")"
	}
	return p.Exe
}

func whyNot(x check.Exclusion) string {
	if len(x.Threads) > 0 {
		return fmt.Sprintf("%v (%d)", x.Reason, x.Threads[0])
	}
	return x.Why()
}

func whyCounts(spec check.Spec, m check.Match) string {
	switch {
	case spec.Executable == "" && spec.Called == "":
		return "it is what the rule is about"
	case spec.Executable == "" && m.Denied:
		return "the kernel has the wanted name for it; it may not be looked at"
	case spec.Executable == "":
		return "it has the wanted name"
	case m.Moved:
		return "an earlier run has proven it to be the daemon, and the path has moved since"
	case m.OldImage:
		return "it executes the wanted file's predecessor"
	case m.Script != "":
		return "it runs the wanted script"
	}
	return "it executes the wanted file"
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// texts joins the faults of one severity.
func texts(v check.Verdict, s check.Severity) string {
	var list []string
	for _, f := range v.Faults {
		if f.Severity == s {
			list = append(list, f.Text)
		}
	}
	return strings.Join(list, "; ")
}
