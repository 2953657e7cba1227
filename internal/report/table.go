package report

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// Table is the face for eyes: a row for each daemon and rule, the worst first, below it
// what is to be known about it, and at the end, where a terminal stands still, what is
// not well, by name.
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

// shown are those that have a row, the worst first. What cannot be told for the same
// reason stands together.
func (t Table) shown(daemons []Daemon) []Daemon {
	list := slices.Clone(daemons)
	if t.Quiet {
		list = slices.DeleteFunc(list, func(d Daemon) bool { return d.Status() == OK })
	}
	first := make(map[string]int) // of those with a reason
	for i, d := range list {
		if _, ok := first[d.Reason]; !ok {
			first[d.Reason] = i
		}
	}
	slices.SortStableFunc(list, func(a, b Daemon) int {
		if by := cmp.Compare(urgency(a), urgency(b)); by != 0 || a.Result != CannotTell {
			return by
		}
		return cmp.Compare(first[a.Reason], first[b.Reason])
	})
	return list
}

// rows prints the heading, and each row with what stands below it.
func (t Table) rows(daemons []Daemon) {
	g := newGrid(daemons, t)
	t.line(g.heading())
	alike := 0 // those above that cannot be told for the same reason
	for i, d := range daemons {
		t.line(g.row(i))
		if full := words.Printable(d.Name); g.cutName(i) {
			t.note(label("name", ""), text(full))
		}
		if g.below(i) {
			t.note(text(d.Lately.text(t.Now)))
		}
		if i+1 < len(daemons) && sameDoubt(d, daemons[i+1]) {
			alike++ // it is said once, below the last of them
		} else {
			for _, n := range notes(d, alike, t.Verbose) {
				t.note(n)
			}
			alike = 0
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
		if p.code == "" || p.text == "" {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(string(paint(t.Color, p.code, p.text)))
	}
	_, _ = io.WriteString(t.Out, strings.TrimRight(b.String(), " ")+"\n")
}
