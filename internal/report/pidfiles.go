package report

import (
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
	paper := newPaper(p.Width, p.Color)
	if len(p.List) > 0 {
		paths := names("PIDFILE", paper.width*9/20, each(p.List, func(f PIDFile) string { return f.Path }))
		g := newGrid(paper, append([]column{paths}, columnsOf(p.List, pidFileColumns()...)...))
		g.heading()
		for i, f := range p.List {
			g.row(i)
			paper.whole("path", paths, i)
			f.notes(paper)
		}
		paper.line()
	}
	paper.wrapped(p.summary())
	for _, limit := range p.Limits {
		paper.wrapped(label("notice", yellow), text(limit))
	}
	if p.Unseen > 0 {
		paper.wrapped(label("notice", yellow), text(fmt.Sprintf("%d of the pidfiles and folders may not be looked at: run it as root", p.Unseen)))
	}
	paper.showOn(p.Out)
}

// notes are what stands below a row: all that is not as it should be, and then what helps
// to find out why.
func (f PIDFile) notes(p *paper) {
	told := false
	for _, x := range f.Findings {
		if x.Severity != "right" {
			p.note(label(x.Severity, severityCode(x.Severity)), text(x.Text))
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
		p.note(label("file", ""), text(strings.Join(about, "; ")))
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

// longestName is as long as the kernel's names are.
const longestName = 15

// pidFileColumns are those beside the path.
func pidFileColumns() []columnOf[PIDFile] {
	return []columnOf[PIDFile]{
		{"VERDICT", false, 0, func(f PIDFile) cell { return cell{tail: f.Severity, code: severityCode(f.Severity)} }},
		{"HOLDS", true, 1, func(f PIDFile) cell {
			if f.Number == nil {
				return cell{tail: nothing}
			}
			return cell{tail: strconv.FormatInt(*f.Number, 10)}
		}},
		{"PROCESS", false, 2, func(f PIDFile) cell {
			if f.Process == nil {
				return cell{tail: nothing}
			}
			in := ""
			if f.Process.Thread != nil {
				in = "in "
			}
			return cell{tail: in + cutMiddle(words.Printable(f.Process.Name), longestName)}
		}},
		{"USER", false, 3, func(f PIDFile) cell {
			if f.Process == nil {
				return cell{tail: nothing}
			}
			return cell{tail: cutMiddle(words.Printable(f.Process.User), longestName)}
		}},
		{"LOCKED", false, 4, func(f PIDFile) cell {
			switch {
			case f.Locked == nil:
				return cell{tail: nothing}
			case *f.Locked:
				return cell{tail: "yes"}
			}
			return cell{tail: "no"}
		}},
	}
}
