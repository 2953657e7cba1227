package keeper

import (
	"errors"
	"fmt"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
)

func pids(v check.Verdict) []int {
	list := make([]int, 0, len(v.Matches))
	for _, m := range v.Matches {
		list = append(list, m.PID)
	}
	return list
}

type notice struct {
	level report.Level
	text  string
}

// notices is what is odd about processes that count all the same.
func notices(v check.Verdict) []notice {
	var list []notice
	for _, m := range v.Matches {
		switch {
		case m.Stopped:
			list = append(list, notice{
				report.Warning,
				fmt.Sprintf("process %d of '%s' is stopped by a signal or a debugger: it does nothing until it is continued (kill -CONT %d)", m.PID, m.Exe, m.PID),
			})
		case m.OldImage:
			list = append(list, notice{
				report.Notice,
				fmt.Sprintf("process %d runs an old image: its program has been replaced since it started, and a restart is due", m.PID),
			})
		}
	}
	return list
}

func details(v check.Verdict) []report.Detail {
	var list []report.Detail
	for _, m := range v.Matches {
		why := "it executes the wanted file"
		if m.OldImage {
			why = "it executes the wanted file's predecessor"
		}
		if m.Script != "" {
			why = "it runs the wanted script"
		}
		list = append(list, report.Detail{PID: m.PID, Exe: m.Exe, Counts: true, Why: why})
	}
	for _, x := range v.Excluded {
		list = append(list, report.Detail{PID: x.PID, Exe: x.Exe, Why: x.Reason.String()})
	}
	return list
}

// hint is what the error itself knows of a way out.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
