package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// Inspection is how a daemon runs, with the findings about it.
type Inspection struct {
	Name      string
	State     string // up, down or unknown
	Reason    string // why it is not up, not known to be up, or has no process to look at
	More      int    // number of further processes that were not inspected
	Processes []InspectedProcess
}

// InspectedProcess is a main process of a daemon.
type InspectedProcess struct {
	PID        int              `json:"pid"`
	Name       string           `json:"name"`
	Executable string           `json:"executable"`
	Unit       string           `json:"unit"`
	User       string           `json:"user"`
	Started    time.Time        `json:"started,omitempty"`
	Findings   []InspectFinding `json:"findings"` // the worst first
	Lines      []InspectLine    // everything that was read, or why it was not
}

// InspectFinding is one finding.
type InspectFinding struct {
	ID       string `json:"id"`
	Section  string `json:"section"`
	Severity string `json:"severity"`
	What     string `json:"what"`
	Evidence string `json:"evidence"`
	Why      string `json:"why"`
	Do       string `json:"do"`
}

// InspectLine is one fact that was read.
type InspectLine struct {
	Section, Name, Text string
	Why                 string // why it is unknown; "" if it is known
	Never               bool   // it is never known on this system
}

// Inspect writes inspections.
type Inspect struct {
	Out    io.Writer
	Width  int // as Table.Width
	Color  bool
	JSON   bool
	Now    time.Time
	All    bool     // also print everything that was read
	Only   string   // the lowest severity that is printed
	Limits []string // what else was not looked at, and why
}

// inspectSeverities lists the severities, the worst first.
func inspectSeverities() []string { return []string{"critical", "warning", "notice"} }

func inspectCode(severity string) string {
	switch severity {
	case "critical":
		return terminal.Red
	case "warning":
		return terminal.Yellow
	}
	return ""
}

// told returns the findings that are severe enough.
func (i Inspect) told(list []InspectFinding) []InspectFinding {
	least := slices.Index(inspectSeverities(), i.Only)
	return slices.DeleteFunc(slices.Clone(list), func(f InspectFinding) bool {
		return least >= 0 && slices.Index(inspectSeverities(), f.Severity) > least
	})
}

// Write prints the inspections.
func (i Inspect) Write(list []Inspection) {
	if i.JSON {
		i.object(list)
		return
	}
	p := terminal.NewPaper(i.Width, i.Color)
	var well []string
	for _, d := range list {
		if d.State == "up" && !i.All && !i.worthAWord(d) {
			well = append(well, "'"+d.Name+"'")
			continue
		}
		if !p.Empty() {
			p.Line()
		}
		i.daemon(p, d)
	}
	if len(well) > 0 {
		if !p.Empty() {
			p.Line()
		}
		p.Wrapped(terminal.Text(i.nothing() + " of " + strings.Join(well, ", ")))
	}
	for _, limit := range i.Limits {
		p.Wrapped(terminal.Label("notice", terminal.Yellow), terminal.Text(limit))
	}
	p.ShowOn(i.Out)
}

// nothing is the text for daemons without findings.
func (i Inspect) nothing() string {
	switch i.Only {
	case "warning":
		return "no warning"
	case "critical":
		return "nothing critical to say"
	}
	return "nothing to say"
}

// worthAWord reports whether there is anything to print about a daemon that is up.
func (i Inspect) worthAWord(d Inspection) bool {
	return d.More > 0 || d.Reason != "" || slices.ContainsFunc(d.Processes, func(p InspectedProcess) bool { return len(i.told(p.Findings)) > 0 || len(unseen(p.Lines)) > 0 })
}

// unseen returns the lines that a user with more rights would see.
func unseen(lines []InspectLine) []InspectLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l InspectLine) bool { return l.Why == "" || l.Never })
}

func (i Inspect) daemon(p *terminal.Paper, d Inspection) {
	if d.State != "up" || len(d.Processes) == 0 {
		code := terminal.Yellow
		if d.State == "down" {
			code = terminal.Red
		}
		p.Wrapped([]terminal.Word{quoted(d.Name), {Text: d.State + ":", Code: code}}, terminal.Text(d.Reason))
	}
	for n, x := range d.Processes {
		if n > 0 {
			p.Line()
		}
		i.process(p, d, x)
	}
	if d.More > 0 {
		p.Note(terminal.Label("notice", terminal.Yellow), terminal.Text(words.Plural(d.More, "further process")+" of it were not looked at one by one"))
	}
}

func quoted(name string) terminal.Word {
	return terminal.Word{Text: "'" + words.Printable(name) + "'", Code: terminal.Bold}
}

func (i Inspect) process(p *terminal.Paper, d Inspection, x InspectedProcess) {
	about := []string{fmt.Sprintf("pid %d", x.PID)}
	if x.Unit != "" {
		about = append(about, x.Unit)
	}
	if x.User != "" {
		about = append(about, "user "+x.User)
	}
	who := strings.Join(about, ", ")
	head := append([]terminal.Word{quoted(d.Name)}, terminal.Text("("+who+"):")...)
	if d.State != "up" { // its name is in the line above
		head = append([]terminal.Word{terminal.Gap(whyIndent)}, terminal.Text(who+":")...)
	}
	findings := i.told(x.Findings)
	sums := i.sums(findings)
	if len(findings) == 0 && len(unseen(x.Lines)) > 0 {
		sums = terminal.Text(i.nothing() + " of what may be seen")
	}
	p.Wrapped(head, sums)
	for _, f := range findings {
		p.Hanging([]terminal.Word{terminal.Gap(whyIndent), {Text: f.Severity, Code: inspectCode(f.Severity)}, terminal.Gap(whyLabel - len(f.Severity))}, terminal.Text(f.What))
		p.Hanging(labelled("seen"), terminal.Text(f.Evidence))
		p.Hanging(labelled("why"), terminal.Text(f.Why))
		p.Hanging(labelled("do"), terminal.Text(f.Do))
	}
	if !i.All {
		notSeen(p, unseen(x.Lines))
		return
	}
	if len(findings) > 0 && len(x.Lines) > 0 {
		p.Line()
	}
	allLines(p, x.Lines) // each line says if it is unknown
}

func labelled(name string) []terminal.Word {
	return []terminal.Word{terminal.Gap(whyIndent), {Text: "  " + name}, terminal.Gap(max(whyLabel-2-len(name), 1))}
}

func (i Inspect) sums(findings []InspectFinding) []terminal.Word {
	if len(findings) == 0 {
		return terminal.Text(i.nothing())
	}
	var list []terminal.Word
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
			list[len(list)-1].Text += ","
		}
		what := words.Plural(n, s)
		if s == "critical" {
			what = fmt.Sprint(n, " ", s)
		}
		list = append(list, terminal.Word{Text: what, Code: inspectCode(s)})
	}
	return list
}

// allLines prints everything that was read, by sections.
func allLines(p *terminal.Paper, lines []InspectLine) {
	section := ""
	longest := 0
	for _, l := range lines {
		longest = max(longest, terminal.Breadth(l.Name))
	}
	for _, l := range lines {
		if l.Section != section {
			section = l.Section
			p.Line(terminal.Gap(whyIndent), terminal.Word{Text: section, Code: terminal.Bold})
		}
		what := terminal.Text(l.Text)
		if l.Why != "" {
			what = terminal.Text("not known: " + l.Why)
		}
		p.Hanging([]terminal.Word{terminal.Gap(2 * whyIndent), terminal.Phrase(l.Name), terminal.Gap(longest - terminal.Breadth(l.Name) + 2)}, what)
	}
}

// notSeen says what may be wrong all the same, and why it is unknown.
func notSeen(p *terminal.Paper, lines []InspectLine) {
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
		p.Hanging([]terminal.Word{terminal.Gap(whyIndent), {Text: "not seen", Code: terminal.Yellow}, terminal.Gap(1)}, terminal.Text(strings.Join(names[why], ", ")+": "+why))
	}
}
