package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// PIDFiles is the face of the pidfiles of a machine: the worst first.
type PIDFiles struct {
	Out    io.Writer
	Width  int // as Table.Width
	Color  bool
	JSON   bool
	Now    time.Time
	List   []PIDFile
	Sums   map[string]int // of all, by their worst severity, those too that are not in List
	Unseen int            // files and folders that may not be looked at
	Limits []string       // what else is not in List, and why
}

// PIDFile is one of them.
type PIDFile struct {
	Path       string
	Severity   string // of its worst finding
	Number     *int64 // that it holds; nil if it holds none, or none that could be read
	Process    *PIDFileProcess
	Locked     *bool // nil if that cannot be told
	LockedBy   []int
	Owner      string
	Mode       string
	Written    time.Time
	FileSystem string
	Persistent bool
	NamedBy    []string
	Findings   []PIDFileFinding
}

// PIDFileProcess is what the number belongs to.
type PIDFileProcess struct {
	PID                          int
	Thread                       *string // its name, if the number is that of a thread
	Name, Executable, User, Unit string
	Started                      time.Time
}

// PIDFileFinding is a verdict, and its reason.
type PIDFileFinding struct{ Verdict, Severity, Text string }

// severities, the worst first.
func severities() []string { return []string{"dangerous", "wrong", "note", "unknown", "right"} }

func severityCode(severity string) string {
	switch severity {
	case "dangerous":
		return red
	case "wrong", "unknown":
		return yellow
	case "right":
		return green
	}
	return ""
}

// Write prints them.
func (p PIDFiles) Write() {
	if p.JSON {
		p.object()
		return
	}
	var whole bytes.Buffer
	t := Table{Out: &whole, Width: p.Width, Color: p.Color}
	if t.Width > 0 {
		t.Width = max(t.Width, narrowest)
	}
	if len(p.List) > 0 {
		g := pidFileGrid(p.List, t.Width)
		t.line(g.heading())
		for i, f := range p.List {
			t.line(g.row(i))
			if g.cutName(i) {
				t.note(label("path", ""), text(f.Path))
			}
			f.notes(t)
		}
		t.line(nil)
	}
	t.wrapped(p.summary(), 0)
	for _, limit := range p.Limits {
		t.wrapped(append(label("notice", yellow), text(limit)...), 0)
	}
	if p.Unseen > 0 {
		t.wrapped(append(label("notice", yellow), text(fmt.Sprintf("%d of the pidfiles and folders may not be looked at: run it as root", p.Unseen))...), 0)
	}
	_, _ = p.Out.Write(whole.Bytes())
}

// notes are what stands below a row: all that is not as it should be, and then what helps
// to find out why.
func (f PIDFile) notes(t Table) {
	told := false
	for _, x := range f.Findings {
		if x.Severity != "right" {
			t.note(label(x.Severity, severityCode(x.Severity)), text(x.Text))
			told = true
		}
	}
	if !told {
		return
	}
	var about []string
	if !f.Written.IsZero() {
		about = append(about, "written "+f.Written.Local().Format(moment)+", owned by "+f.Owner)
	}
	if len(f.NamedBy) > 0 {
		about = append(about, "named by "+strings.Join(f.NamedBy, ", "))
	}
	if len(about) > 0 {
		t.note(label("file", ""), text(strings.Join(about, "; ")))
	}
}

func (p PIDFiles) summary() []word {
	total := 0
	var parts []word
	for _, s := range severities() {
		n := p.Sums[s]
		if total += n; n == 0 {
			continue
		}
		if len(parts) > 0 {
			parts[len(parts)-1].text += ","
		}
		parts = append(parts, word{strconv.Itoa(n) + " " + s, severityCode(s)})
	}
	head := words.Plural(total, "pidfile")
	if total == 0 {
		return text("no pidfile")
	}
	return append(text(head+":"), parts...)
}

func pidFileGrid(list []PIDFile, width int) *grid {
	g := &grid{width: width, names: column{title: "PIDFILE"}}
	columns := []column{
		{title: "VERDICT"},
		{title: "HOLDS", right: true, spare: 1},
		{title: "PROCESS", spare: 2},
		{title: "USER", spare: 3},
		{title: "LOCKED", spare: 4},
	}
	for _, f := range list {
		name := words.Printable(f.Path)
		if width > 0 {
			name = cutMiddle(name, width*9/20)
		}
		g.names.cells = append(g.names.cells, cell{tail: name})
		g.cut = append(g.cut, name != words.Printable(f.Path))
		for i, c := range f.cells() {
			columns[i].cells = append(columns[i].cells, c)
		}
		g.inline = append(g.inline, "")
	}
	g.names.align()
	for _, c := range columns {
		if c.spare == 0 || c.tells() {
			c.align()
			g.columns = append(g.columns, c)
		}
	}
	for range g.columns {
		if width > 0 && g.total() > width {
			g.leaveOut()
		}
	}
	return g
}

// longestName is as long as the kernel's names are.
const longestName = 15

func (f PIDFile) cells() []cell {
	list := []cell{{tail: f.Severity, code: severityCode(f.Severity)}, {tail: nothing}, {tail: nothing}, {tail: nothing}, {tail: nothing}}
	if f.Number != nil {
		list[1].tail = strconv.FormatInt(*f.Number, 10)
	}
	if p := f.Process; p != nil {
		list[2].tail = cutMiddle(words.Printable(p.Name), longestName)
		if p.Thread != nil {
			list[2].tail = fmt.Sprintf("in %s", list[2].tail)
		}
		list[3].tail = cutMiddle(words.Printable(p.User), longestName)
	}
	if f.Locked != nil {
		list[4].tail = "no"
		if *f.Locked {
			list[4].tail = "yes"
		}
	}
	return list
}
