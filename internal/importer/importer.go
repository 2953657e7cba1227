// Package importer reads the files that have kept daemons until now, crontab lines of the old
// shell script or with a look of their own, and Monit's control file, and makes a draft of a
// configuration. It changes nothing. It uses only the text of the files and the answers of a
// Machine: the files may come from another machine.
package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daemon-keeper/internal/draft"
)

// Problem is a line that could not be read. The rest was read all the same.
type Problem struct {
	File string
	Line int // from 1; 0: the file as a whole
	What string
	hint string
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return p.What
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What)
}

// Hint says what the user can do.
func (p Problem) Hint() string { return p.hint }

// File is a file that was read.
type File struct {
	Name string // for people
	Text []byte
}

// Read makes one draft of all files. The kind of each file is recognised from its text. The
// machine is nil if the files come from another one.
func Read(files []File, machine Machine) (draft.Draft, []Problem) {
	g := newGathering(files)
	for _, f := range files {
		text := strings.TrimPrefix(string(f.Text), "\ufeff") // some editors write it
		switch kindOf(text) {
		case crontab:
			g.crontabs = append(g.crontabs, readCrontab(f.Name, text))
		case monit:
			g.monits = append(g.monits, readMonit(f.Name, text))
		case empty:
		default:
			g.unknown(f.Name)
		}
	}
	g.nameChecks()
	g.lookUp(machine)
	g.addScripts()
	g.addMonit()
	if len(g.entries) == 0 && len(g.problems) == 0 && !g.understood {
		for _, f := range files {
			g.unknown(f.Name)
		}
	}
	return g.draft(), g.sorted()
}

func (g *gathering) unknown(file string) {
	g.problem(file, 0, "cannot find a line that keeps a daemon, or Monit's check process, in "+file,
		"give a crontab (crontab -l | daemon-keeper import) or Monit's control file (daemon-keeper import /etc/monit/monitrc)")
}

// problem notes what could not be read.
func (g *gathering) problem(file string, line int, what, hint string) {
	g.problems = append(g.problems, Problem{File: file, Line: line, What: what, hint: hint})
}

// sorted returns the problems in the order of files and lines.
func (g *gathering) sorted() []Problem {
	order := make(map[string]int, len(g.files))
	for i, f := range g.files {
		order[f.Name] = i
	}
	slices.SortStableFunc(g.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line))
	})
	return g.problems
}
