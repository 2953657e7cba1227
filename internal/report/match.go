package report

import (
	"cmp"
	"fmt"
	"strings"

	"daemon-keeper/internal/terminal"
)

// Matches writes what match shows: which processes count, which nearly do, and why they do
// not.
type Matches struct {
	Text
}

// Write prints the report.
func (m Matches) Write(r Report) {
	for _, mistake := range r.Mistakes {
		terminal.Fail(m.Err, m.ErrColor, mistake.Text, mistake.Hint)
	}
	for _, d := range r.Daemons {
		m.daemon(d)
	}
}

func (m Matches) daemon(d Daemon) {
	counts := 0
	for _, p := range d.Details {
		if p.Counts {
			counts++
		}
	}
	state := m.paint(terminal.Green, "up")
	switch d.Result {
	case CannotTell:
		state = m.paint(terminal.Yellow, "unknown")
	case Wrong:
		state = m.paint(terminal.Red, d.Ill())
	case Clear:
		state = m.paint(terminal.Green, d.Well())
	case StillDown, Held:
		state = m.paint(terminal.Red, "down")
	}
	nearly := "none nearly does"
	if n := len(d.Details) - counts; n > 0 {
		nearly = fmt.Sprintf("%d nearly", n)
	}
	m.line("'%s' is %s: %s, %s", d.Name, state, howMany(counts), nearly)
	for _, p := range d.Details {
		m.process(p)
	}
	if d.Result == CannotTell || d.Result == Wrong {
		m.line("  %s", d.Reason)
	}
	if len(d.Unjudged) > 0 {
		m.line("  only its processes are judged here; status also looks at %s", strings.Join(d.Unjudged, ", "))
	}
	if d.Hint != "" {
		m.line("  hint: %s", d.Hint)
	}
}

func (m Matches) process(p Detail) {
	word := m.paint(terminal.Yellow, "excluded")
	if p.Counts {
		word = m.paint(terminal.Green, "counts  ")
	}
	m.line("  %s  pid %d of %s, %s: %s", word, p.PID, p.User, cmp.Or(p.Exe, "(no executable to be seen)"), p.Why)
}

func howMany(n int) string {
	switch n {
	case 0:
		return "no process counts"
	case 1:
		return "1 process counts"
	}
	return fmt.Sprintf("%d processes count", n)
}
