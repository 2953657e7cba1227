package report

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// Table is the face for eyes: a row for each daemon and rule, below it what is to
// be known about it, and at the end, where a terminal stands still, what is not
// well, by name.
//
// Colour is only paint: without it the same text stands in the same place.
type Table struct {
	Out, Err io.Writer
	Width    int  // columns of the terminal, at least 40; 0 if there is no limit
	Color    bool // of Out
	ErrColor bool
	Now      time.Time // ages are counted up to it
	Quiet    bool      // only what is not well has a row
	Verbose  bool      // also what was matched, what was excluded, and why
}

// narrowest is the least width that lines are made for. Whose terminal is narrower
// has it wrap them.
const narrowest = 40

// Write prints the report. Of a run's steps it tells nothing: that is Text's.
func (t Table) Write(r Report) {
	if t.Width > 0 {
		t.Width = max(t.Width, narrowest)
	}
	for _, m := range r.Mistakes {
		Fail(t.Err, t.ErrColor, m.Text, m.Hint)
	}
	var whole bytes.Buffer // else each line would be a system call
	out := t.Out
	t.Out = &whole
	if shown := t.shown(r.Daemons); len(shown) > 0 {
		t.rows(shown)
		t.line(nil)
	}
	t.wrapped(tableSummary(r), 0)
	_, _ = out.Write(whole.Bytes())
}

func (t Table) shown(daemons []Daemon) []Daemon {
	if !t.Quiet {
		return daemons
	}
	return slices.DeleteFunc(slices.Clone(daemons), func(d Daemon) bool { return d.Status() == OK })
}

// rows prints the heading, and each row with what stands below it.
func (t Table) rows(daemons []Daemon) {
	g := newGrid(daemons, t.Now, t.Width)
	t.line(g.heading())
	told := make(map[string]string) // what cannot be told of any daemon is said once
	for i, d := range daemons {
		t.line(g.row(i))
		if full := words.Printable(d.Name); g.cutName(i) {
			t.note(label("name", ""), text(full))
		}
		if g.below(i) {
			t.note(label("services", ""), text(services(d)))
		}
		for _, n := range notes(d, told) {
			t.note(n)
		}
		if t.Verbose {
			t.details(d)
		}
	}
}

func (t Table) details(d Daemon) {
	for _, x := range d.Details {
		word := "excluded"
		if x.Counts {
			word = "counts"
		}
		t.note(label(word, ""), text(inspected(x)))
	}
}

// indent is that of what stands below a row.
const indent = 4

func (t Table) note(parts ...[]word) {
	var words []word
	for _, p := range parts {
		words = append(words, p...)
	}
	t.wrapped(words, indent)
}

// wrapped prints words, within the width, the second line further to the right.
func (t Table) wrapped(words []word, indent int) {
	for i, line := range wrap(words, t.Width-indent, t.Width > 0) {
		by := indent
		if i > 0 {
			by += hang
		}
		t.line(append([]word{{text: strings.Repeat(" ", by)}}, line...))
	}
}

// line prints pieces that have their spaces between them.
func (t Table) line(pieces []word) {
	var b strings.Builder
	for _, p := range pieces {
		if p.code == "" {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(string(paint(t.Color, p.code, p.text)))
	}
	_, _ = io.WriteString(t.Out, strings.TrimRight(b.String(), " ")+"\n")
}
