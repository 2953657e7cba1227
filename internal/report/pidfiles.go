package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// PIDFiles writes the pidfiles of a machine, the worst first.
type PIDFiles struct {
	Out    io.Writer
	Width  int // as Table.Width
	Color  bool
	JSON   bool
	Now    time.Time
	List   []PIDFile
	Sums   map[string]int // counts by worst severity, including pidfiles that are not in List
	Unseen int            // number of files and folders that may not be looked at
	Limits []string       // what else is not in List, and why
}

// PIDFile is one pidfile.
type PIDFile struct {
	Path       string           `json:"path"`
	Severity   string           `json:"severity"` // of its worst finding
	Number     *int64           `json:"number"`   // its content; nil if it contains no number, or none that could be read
	Process    *PIDFileProcess  `json:"process"`
	Locked     *bool            `json:"locked"` // nil if unknown
	LockedBy   []int            `json:"locked_by"`
	Owner      string           `json:"owner"`
	Mode       string           `json:"mode"`
	Written    time.Time        `json:"written,omitempty"`
	FileSystem string           `json:"file_system"`
	Persistent bool             `json:"persistent"`
	NamedBy    []string         `json:"named_by"`
	Findings   []PIDFileFinding `json:"findings"`
}

// PIDFileProcess is the process that the number belongs to.
type PIDFileProcess struct {
	PID        int       `json:"pid"`
	Thread     *string   `json:"thread"` // the name of the thread, if the number is that of a thread
	Name       string    `json:"name"`
	Executable string    `json:"executable"`
	User       string    `json:"user"`
	Unit       string    `json:"unit"`
	Started    time.Time `json:"started,omitempty"`
}

// PIDFileFinding is a verdict with its reason.
type PIDFileFinding struct {
	Verdict  string `json:"verdict"`
	Severity string `json:"severity"`
	Text     string `json:"text"`
}

// severities lists the severities, the worst first.
func severities() []string { return []string{"dangerous", "wrong", "note", "unknown", "right"} }

func severityCode(severity string) string {
	switch severity {
	case "dangerous":
		return terminal.Red
	case "wrong", "unknown":
		return terminal.Yellow
	case "right":
		return terminal.Green
	}
	return ""
}

// Write prints the pidfiles.
func (p PIDFiles) Write() {
	if p.JSON {
		p.object()
		return
	}
	paper := terminal.NewPaper(p.Width, p.Color)
	if len(p.List) > 0 {
		paths := terminal.Names("PIDFILE", paper.Width*9/20, each(p.List, func(f PIDFile) string { return f.Path }))
		g := terminal.NewGrid(paper, append([]terminal.Column{paths}, terminal.ColumnsOf(p.List, pidFileColumns()...)...))
		g.Heading()
		for i, f := range p.List {
			g.Row(i)
			paper.Whole("path", paths, i)
			f.notes(paper)
		}
		paper.Line()
	}
	paper.Wrapped(p.summary())
	for _, limit := range p.Limits {
		paper.Wrapped(terminal.Label("notice", terminal.Yellow), terminal.Text(limit))
	}
	if p.Unseen > 0 {
		paper.Wrapped(terminal.Label("notice", terminal.Yellow), terminal.Text(fmt.Sprintf("%d of the pidfiles and folders may not be looked at: run it as root", p.Unseen)))
	}
	paper.ShowOn(p.Out)
}

type (
	jsonPIDFiles struct {
		head
		Sums     jsonSums  `json:"sums"`
		Unseen   int       `json:"unseen"`
		Limits   []string  `json:"limits"`
		PIDFiles []PIDFile `json:"pidfiles"`
	}
	jsonSums struct {
		Dangerous int `json:"dangerous"`
		Wrong     int `json:"wrong"`
		Note      int `json:"note"`
		Unknown   int `json:"unknown"`
		Right     int `json:"right"`
	}
)

// object prints the pidfiles for programs.
func (p PIDFiles) object() {
	object(p.Out, jsonPIDFiles{
		head{1, "pidfiles", p.Now},
		jsonSums{p.Sums["dangerous"], p.Sums["wrong"], p.Sums["note"], p.Sums["unknown"], p.Sums["right"]},
		p.Unseen, p.Limits, p.List,
	})
}

// notes prints what is below a row: all findings, and then what helps to find the cause.
func (f PIDFile) notes(p *terminal.Paper) {
	told := false
	for _, x := range f.Findings {
		if x.Severity != "right" {
			p.Note(terminal.Label(x.Severity, severityCode(x.Severity)), terminal.Text(x.Text))
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
		p.Note(terminal.Label("file", ""), terminal.Text(strings.Join(about, "; ")))
	}
}

func (p PIDFiles) summary() []terminal.Word {
	total := 0
	var parts []terminal.Word
	for _, s := range severities() {
		n := p.Sums[s]
		if total += n; n == 0 {
			continue
		}
		if len(parts) > 0 {
			parts[len(parts)-1].Text += ","
		}
		parts = append(parts, terminal.Word{Text: strconv.Itoa(n) + " " + s, Code: severityCode(s)})
	}
	head := words.Plural(total, "pidfile")
	if total == 0 {
		return terminal.Text("no pidfile")
	}
	return append(terminal.Text(head+":"), parts...)
}

// longestName is the length of the kernel's process names, in bytes.
const longestName = 15

// pidFileColumns are the columns beside the path.
func pidFileColumns() []terminal.ColumnOf[PIDFile] {
	return []terminal.ColumnOf[PIDFile]{
		{Title: "VERDICT", Right: false, Spare: 0, Cell: func(f PIDFile) terminal.Cell { return terminal.Cell{Tail: f.Severity, Code: severityCode(f.Severity)} }},
		{Title: "HOLDS", Right: true, Spare: 1, Cell: func(f PIDFile) terminal.Cell {
			if f.Number == nil {
				return terminal.Cell{Tail: terminal.Nothing}
			}
			return terminal.Cell{Tail: strconv.FormatInt(*f.Number, 10)}
		}},
		{Title: "PROCESS", Right: false, Spare: 2, Cell: func(f PIDFile) terminal.Cell {
			if f.Process == nil {
				return terminal.Cell{Tail: terminal.Nothing}
			}
			in := ""
			if f.Process.Thread != nil {
				in = "in "
			}
			return terminal.Cell{Tail: in + terminal.CutMiddle(words.Printable(f.Process.Name), longestName)}
		}},
		{Title: "USER", Right: false, Spare: 3, Cell: func(f PIDFile) terminal.Cell {
			if f.Process == nil {
				return terminal.Cell{Tail: terminal.Nothing}
			}
			return terminal.Cell{Tail: terminal.CutMiddle(words.Printable(f.Process.User), longestName)}
		}},
		{Title: "LOCKED", Right: false, Spare: 4, Cell: func(f PIDFile) terminal.Cell {
			switch {
			case f.Locked == nil:
				return terminal.Cell{Tail: terminal.Nothing}
			case *f.Locked:
				return terminal.Cell{Tail: "yes"}
			}
			return terminal.Cell{Tail: "no"}
		}},
	}
}
