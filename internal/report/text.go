package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// Text writes the report for people: the answer to stdout, problems to stderr.
type Text struct {
	Out, Err io.Writer
	Terminal bool // Out is a terminal; otherwise a run that finds all well prints nothing, because cron mails what is printed
	Color    bool // of Out
	ErrColor bool
	Syslog   bool // there is a system log: what another run will report is not printed for cron to mail
	Notices  bool // always print what is odd about daemons that are up
	Quiet    bool // only what needs a person, in one line
	Verbose  bool // also what was matched, what was excluded, and why
	Brief    bool // the worst first; of several that are well only the number; and what to do next
	Now      time.Time
	Width    int // of a terminal; 0: lines are not wrapped
}

// Write prints the report.
func (t Text) Write(r Report) {
	for _, m := range r.Mistakes {
		if m.Known && !t.Terminal && !t.Verbose {
			continue
		}
		terminal.Fail(t.Err, t.ErrColor, m.Text, m.Hint)
	}
	told := make(map[string]bool) // a doubt that several daemons share is printed once
	daemons, well := t.shown(r.Daemons)
	for _, d := range daemons {
		if d.Result == CannotTell {
			d.Reason = d.doubt()
			if told[d.Reason] {
				continue
			}
			told[d.Reason] = true
		}
		t.daemon(d)
	}
	if well > 0 {
		t.line("%d %s", well, t.paint(terminal.Green, "well"))
	}
}

// shown returns the daemons that are printed, and how many others are well. These are only
// counted for a person who looks, or if something else is printed: cron mails what is
// printed.
func (t Text) shown(daemons []Daemon) (list []Daemon, well int) {
	if !t.Brief || len(daemons) < 2 {
		return daemons, 0
	}
	list = slices.Clone(daemons)
	slices.SortStableFunc(list, func(a, b Daemon) int { return cmp.Compare(rank(b.Status()), rank(a.Status())) })
	if t.Verbose || t.Quiet {
		return list, 0
	}
	worth := false
	list = slices.DeleteFunc(list, func(d Daemon) bool {
		calm := (d.Result == Up || d.Result == Clear) && len(d.Notices) == 0 && d.Paused == ""
		if calm {
			well++
		}
		worth = worth || (d.Status() == Restored || d.Status() == Failed) && !t.isKnown(d)
		return calm
	})
	if !worth && !t.Terminal {
		return list, 0
	}
	return list, well
}

// doubt says why a daemon or rule cannot be judged. There is always a text.
func (d Daemon) doubt() string {
	switch {
	case d.Reason != "":
		return d.Reason
	case d.Rule:
		return "cannot tell whether '" + d.Name + "' is kept"
	}
	return "cannot tell whether '" + d.Name + "' is up"
}

func (t Text) daemon(d Daemon) {
	name := "'" + words.Printable(d.Name) + "'"
	switch d.Result {
	case Up:
		if !t.tells(d) {
			return
		}
		t.line("%s is %s (%s)", name, t.paint(terminal.Green, "up"), PIDList(d.PIDs()))
		if d.Paused != "" {
			t.line("  %s", d.Paused)
		}
		t.notices(d)
	case Held:
		if t.Quiet || t.isKnown(d) {
			return
		}
		if d.Busy {
			t.line("%s is %s%s", name, t.paint(terminal.Yellow, "down"), because(d.Reason))
			return
		}
		t.line("%s is %s and left alone%s", name, t.paint(terminal.Yellow, "down"), because(d.Reason))
	case BroughtBack:
		if !t.Quiet {
			t.line("%s was down%s and is %s again (%s), after %s", name, inBrackets(d.Trouble), t.paint(terminal.Green, "up"), PIDList(d.PIDs()), terminal.Seconds(d.wasDown()))
			t.notices(d)
		}
	case StillDown:
		if t.isKnown(d) {
			return
		}
		t.line("%s is %s%s%s%s", name, t.paint(terminal.Red, "down"), t.since(d), inBrackets(d.Trouble), because(d.Reason))
		t.notices(d)
	case Wrong:
		if t.isKnown(d) {
			return
		}
		t.line("%s is %s%s", name, t.paint(terminal.Red, d.Ill()), because(d.Reason))
		t.notices(d)
	case Clear:
		if !t.tells(d) {
			return
		}
		t.line("%s is %s", name, t.paint(terminal.Green, d.Well()))
		t.notices(d)
	default:
		if t.isKnown(d) {
			return
		}
		terminal.Fail(t.Err, t.ErrColor, d.Reason, d.Hint)
	}
	t.more(d)
}

// isKnown reports whether people have been told, or will be told by another run: cron need
// not mail it each minute.
func (t Text) isKnown(d Daemon) bool {
	return (d.Busy && t.Syslog || d.Known) && !t.Terminal && !t.Verbose
}

// tells reports whether a daemon that is well is worth printing: cron mails what is printed.
func (t Text) tells(d Daemon) bool {
	return !t.Quiet && (t.Terminal || t.Verbose || t.Notices && len(d.Notices) > 0)
}

func (t Text) notices(d Daemon) {
	if t.Quiet {
		return
	}
	for _, n := range d.Notices {
		t.line("  %s", n)
	}
}

// because adds the reason, unless the trouble already says it.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// more prints what -q leaves out.
func (t Text) more(d Daemon) {
	if t.Quiet {
		return
	}
	if d.Result == BroughtBack || d.Result == StillDown {
		if d.Cause != "" {
			t.line("  %s", d.Cause)
		}
		for _, said := range d.LastWords {
			t.line("  %s", said)
		}
	}
	for _, s := range d.Steps {
		t.step(s)
	}
	if len(d.Plan) > 0 {
		t.line("a run that may act would now do:")
	}
	for _, p := range d.Plan {
		t.line("  %s   (at most %s)", strings.Join(p.Argv, " "), terminal.Limit(p.Timeout))
	}
	if d.Result != CannotTell && d.Hint != "" {
		t.line("  hint: %s", d.Hint)
	}
	t.goOn(d)
	if t.Verbose {
		t.services(d)
		t.details(d)
	}
}

// since says when a daemon was first seen down, for a person who reads of it only now.
func (t Text) since(d Daemon) string {
	if !t.Brief || d.DownSince.IsZero() {
		return ""
	}
	ago := t.Now.Sub(d.DownSince)
	if ago < time.Minute {
		return ""
	}
	if !d.Died {
		return fmt.Sprintf(", seen down at %s, %s ago", recently(d.DownSince, t.Now), terminal.Age(ago))
	}
	return fmt.Sprintf(" since %s, for %s", recently(d.DownSince, t.Now), terminal.Age(ago))
}

// goOn says what happens next to a daemon that a run has worked on, and which command shows
// more.
func (t Text) goOn(d Daemon) {
	if !t.Brief || d.Rule || len(d.Steps) == 0 {
		return
	}
	if d.Result == StillDown && !d.NextTry.IsZero() {
		next := "by the next run"
		if d.NextTry.After(t.Now) {
			next = "at " + d.NextTry.In(t.Now.Location()).Format(time.TimeOnly)
		}
		t.line("  next: it is tried again %s", next)
	}
	if d.Totals != nil {
		t.line("  more: daemon-keeper why %s", d.Name)
	}
}

func (t Text) step(s Step) {
	switch {
	case s.Skipped:
		t.line("  %-5s %s  %s: %s", s.Verb, s.Service, t.paint(terminal.Yellow, "not tried"), s.Err)
	case s.Slow:
		t.line("  %-5s %s  %s  %s: it has not ended in time, but the daemon is up", s.Verb, s.Service, terminal.Seconds(s.Took), t.paint(terminal.Yellow, "slow"))
	case s.Err != "":
		t.line("  %-5s %s  %s  %s: %s", s.Verb, s.Service, terminal.Seconds(s.Took), t.paint(terminal.Red, "failed"), s.Err)
	default:
		t.line("  %-5s %s  %s", s.Verb, s.Service, terminal.Seconds(s.Took))
	}
	for _, line := range s.Output {
		t.line("        | %s", line)
	}
	if s.Hint != "" {
		t.line("        hint: %s", s.Hint)
	}
}

// services prints what the manager thinks of the services, if it was asked: it may differ
// from what was seen.
func (t Text) services(d Daemon) {
	for _, s := range d.Services {
		if s.State != "" {
			t.line("  service  %s: %s%s", s.Name, s.State, inBrackets(cmp.Or(s.Err, s.Word)))
		}
	}
}

func (t Text) details(daemon Daemon) {
	switch {
	case len(daemon.Details) > 0:
	case daemon.Rule:
		t.line("  no process breaks it")
	default:
		t.line("  no process has its name")
	}
	for _, d := range daemon.Details {
		t.line("  %-8s %s", d.word(), d.text())
	}
}

func (t Text) paint(code, s string) terminal.Painted { return terminal.Paint(t.Color, code, s) }

// line prints one line. Any text that is not Painted may come from outside.
func (t Text) line(format string, args ...any) {
	for i, a := range args {
		switch s := a.(type) {
		case string:
			args[i] = words.Printable(s)
		case words.Verb:
			args[i] = words.Printable(s)
		}
	}
	_, _ = io.WriteString(t.Out, terminal.Fold(fmt.Sprintf(format, args...), t.Width)+"\n")
}
