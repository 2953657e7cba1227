package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// Inspection is how a daemon runs, and what is to be said of that.
type Inspection struct {
	Name      string
	State     string // up, down or unknown
	Reason    string // it is not up, not known to be, or has no process to look at
	More      int    // further processes of it that were not looked at one by one
	Processes []InspectedProcess
}

// InspectedProcess is a main process of a daemon.
type InspectedProcess struct {
	PID                          int
	Name, Executable, Unit, User string
	Started                      time.Time
	Findings                     []InspectFinding // the worst first
	Lines                        []InspectLine    // all that was read, or why it was not
}

// InspectFinding is one thing that is to be said.
type InspectFinding struct{ ID, Section, Severity, What, Evidence, Why, Do string }

// InspectLine is one thing that was read.
type InspectLine struct {
	Section, Name, Text string
	Why                 string // it is not known
	Never               bool   // on this system it never is
}

// Inspect is the face of inspections.
type Inspect struct {
	Out    io.Writer
	Width  int // as Table.Width
	Color  bool
	JSON   bool
	Now    time.Time
	All    bool     // all that was read is printed, too
	Only   string   // the least severity that is printed
	Limits []string // what else was not looked at, and why
}

// inspectSeverities, the worst first.
func inspectSeverities() []string { return []string{"critical", "warning", "notice"} }

func inspectCode(severity string) string {
	switch severity {
	case "critical":
		return red
	case "warning":
		return yellow
	}
	return ""
}

// told are the findings that are bad enough.
func (i Inspect) told(list []InspectFinding) []InspectFinding {
	least := slices.Index(inspectSeverities(), i.Only)
	return slices.DeleteFunc(slices.Clone(list), func(f InspectFinding) bool {
		return least >= 0 && slices.Index(inspectSeverities(), f.Severity) > least
	})
}

// Write prints them.
func (i Inspect) Write(list []Inspection) {
	if i.JSON {
		i.object(list)
		return
	}
	var whole bytes.Buffer
	t := Table{Out: &whole, Width: i.Width, Color: i.Color}
	if t.Width > 0 {
		t.Width = max(t.Width, narrowest)
	}
	var well []string
	for _, d := range list {
		if d.State == "up" && !i.All && !i.worthAWord(d) {
			well = append(well, "'"+d.Name+"'")
			continue
		}
		if whole.Len() > 0 {
			t.line(nil)
		}
		i.daemon(t, d)
	}
	if len(well) > 0 {
		if whole.Len() > 0 {
			t.line(nil)
		}
		t.wrapped(text(i.nothing()+" of "+strings.Join(well, ", ")), 0)
	}
	for _, limit := range i.Limits {
		t.wrapped(append(label("notice", yellow), text(limit)...), 0)
	}
	_, _ = i.Out.Write(whole.Bytes())
}

// nothing says so of those that are well.
func (i Inspect) nothing() string {
	switch i.Only {
	case "warning":
		return "no warning"
	case "critical":
		return "nothing critical to say"
	}
	return "nothing to say"
}

// worthAWord reports whether there is anything to be said of a daemon that is up.
func (i Inspect) worthAWord(d Inspection) bool {
	return d.More > 0 || d.Reason != "" || slices.ContainsFunc(d.Processes, func(p InspectedProcess) bool { return len(i.told(p.Findings)) > 0 || len(unseen(p.Lines)) > 0 })
}

// unseen are the lines that somebody with more rights would see.
func unseen(lines []InspectLine) []InspectLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l InspectLine) bool { return l.Why == "" || l.Never })
}

func (i Inspect) daemon(t Table, d Inspection) {
	if d.State != "up" || len(d.Processes) == 0 {
		code := yellow
		if d.State == "down" {
			code = red
		}
		head := append(quoted(d.Name), word{d.State + ":", code})
		t.wrapped(append(head, text(d.Reason)...), 0)
	}
	for n, p := range d.Processes {
		if n > 0 {
			t.line(nil)
		}
		i.process(t, d, p)
	}
	if d.More > 0 {
		t.note(label("notice", yellow), text(words.Plural(d.More, "further process")+" of it were not looked at one by one"))
	}
}

func quoted(name string) []word { return []word{{"'" + words.Printable(name) + "'", bold}} }

func (i Inspect) process(t Table, d Inspection, p InspectedProcess) {
	about := []string{fmt.Sprintf("pid %d", p.PID)}
	if p.Unit != "" {
		about = append(about, p.Unit)
	}
	if p.User != "" {
		about = append(about, "user "+p.User)
	}
	findings := i.told(p.Findings)
	head := append(quoted(d.Name), text("("+strings.Join(about, ", ")+"):")...)
	if d.State != "up" { // its name stands above
		head = append([]word{{text: spaces(whyIndent)}}, text(strings.Join(about, ", ")+":")...)
	}
	sums := i.sums(findings)
	if len(findings) == 0 && len(unseen(p.Lines)) > 0 {
		sums = text(i.nothing() + " of what may be seen")
	}
	t.wrapped(append(head, sums...), 0)
	for _, f := range findings {
		lead := []word{{text: spaces(whyIndent)}, {f.Severity, inspectCode(f.Severity)}, {text: spaces(whyLabel - len(f.Severity))}}
		i.row(t, lead, text(f.What))
		i.row(t, labelled("seen"), text(f.Evidence))
		i.row(t, labelled("why"), text(f.Why))
		i.row(t, labelled("do"), text(f.Do))
	}
	if !i.All {
		i.notSeen(t, unseen(p.Lines))
		return
	}
	if len(findings) > 0 && len(p.Lines) > 0 {
		t.line(nil)
	}
	i.lines(t, p.Lines) // each says it, if it was not seen
}

func labelled(name string) []word {
	return []word{{text: spaces(whyIndent)}, {text: "  " + name}, {text: spaces(max(whyLabel-2-len(name), 1))}}
}

// row is a line with something before it, wrapped below itself.
func (Inspect) row(t Table, lead, what []word) {
	start := lineBreadth(lead)
	drawLines(t, lead, wrap(what, max(t.Width-start, whyLeast), t.Width > 0), start+hang)
}

func (i Inspect) sums(findings []InspectFinding) []word {
	if len(findings) == 0 {
		return text(i.nothing())
	}
	var list []word
	for _, s := range inspectSeverities() {
		n := 0
		for _, f := range findings {
			if f.Severity == s {
				n++
			}
		}
		switch {
		case n == 0:
			continue
		case len(list) > 0:
			list[len(list)-1].text += ","
		}
		what := words.Plural(n, s)
		if s == "critical" {
			what = fmt.Sprint(n, " ", s)
		}
		list = append(list, word{what, inspectCode(s)})
	}
	return list
}

// lines are all that was read, by sections.
func (i Inspect) lines(t Table, lines []InspectLine) {
	section := ""
	longest := 0
	for _, l := range lines {
		longest = max(longest, breadth(l.Name))
	}
	for _, l := range lines {
		if l.Section != section {
			section = l.Section
			t.line([]word{{text: spaces(whyIndent)}, {section, bold}})
		}
		what := text(l.Text)
		if l.Why != "" {
			what = text("not known: " + l.Why)
		}
		i.row(t, []word{{text: spaces(2 * whyIndent)}, {text: words.Printable(l.Name)}, {text: spaces(longest - breadth(l.Name) + 2)}}, what)
	}
}

// notSeen says what may be wrong all the same, and why nobody can tell.
func (i Inspect) notSeen(t Table, lines []InspectLine) {
	var reasons []string
	names := make(map[string][]string)
	for _, l := range lines {
		if names[l.Why] == nil {
			reasons = append(reasons, l.Why)
		}
		if !slices.Contains(names[l.Why], l.Name) {
			names[l.Why] = append(names[l.Why], l.Name)
		}
	}
	for _, why := range reasons {
		i.row(t, []word{{text: spaces(whyIndent)}, {"not seen", yellow}, {text: " "}}, text(strings.Join(names[why], ", ")+": "+why))
	}
}
