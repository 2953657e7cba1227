package report

import (
	"cmp"
	"io"
	"slices"
	"time"

	"daemon-keeper/internal/terminal"
)

// Table is the face for eyes: a row for each daemon and rule, the worst first, below it
// what is to be known about it, and at the end, where a terminal stands still, what is
// not well, by name.
type Table struct {
	Out, Err io.Writer
	Width    int  // columns of the terminal, at least 40; 0 if there is no limit
	Color    bool // of Out
	ErrColor bool
	Now      time.Time // ages are counted up to it
	Quiet    bool      // only what is not well has a row
	Verbose  bool      // also what was matched, what was excluded, and why
}

// Write prints the report. Of a run's steps it tells nothing: that is Text's.
func (t Table) Write(r Report) {
	for _, m := range r.Mistakes {
		terminal.Fail(t.Err, t.ErrColor, m.Text, m.Hint)
	}
	p := terminal.NewPaper(t.Width, t.Color)
	if shown := t.shown(r.Daemons); len(shown) > 0 {
		t.rows(p, shown)
		p.Line()
	}
	p.Wrapped(tableSummary(r))
	p.ShowOn(t.Out)
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
func (t Table) rows(p *terminal.Paper, daemons []Daemon) {
	titles := terminal.Names("NAME", p.Width/3, each(daemons, func(d Daemon) string { return d.Name }))
	g := terminal.NewGrid(p, append([]terminal.Column{titles}, t.columns(daemons)...))
	g.Place("LATELY", each(daemons, func(d Daemon) string { return lately(d.Lately, t.Now) }))
	g.Heading()
	alike := 0 // those above that cannot be told for the same reason
	for i, d := range daemons {
		g.Row(i)
		p.Whole("name", titles, i)
		p.Note(terminal.Text(g.Below[i]))
		if i+1 < len(daemons) && sameDoubt(d, daemons[i+1]) {
			alike++ // it is said once, below the last of them
		} else {
			for _, n := range notes(d, alike, t.Verbose) {
				p.Note(n)
			}
			alike = 0
		}
		if !t.Verbose {
			continue
		}
		for _, x := range d.Details {
			p.Note(terminal.Label(x.word(), ""), terminal.Text(x.text()))
		}
	}
}
