package report

import (
	"cmp"
	"io"
	"slices"
	"time"

	"daemon-keeper/internal/terminal"
)

// Table writes the report for people: a row for each daemon and rule, the worst first, below
// each row what there is to know about it, and at the end, which stays visible on a terminal,
// the names of those that are not well.
type Table struct {
	Out, Err io.Writer
	Width    int  // columns of the terminal, at least 40; 0 means no limit
	Color    bool // of Out
	ErrColor bool
	Now      time.Time // the time that ages are counted to
	Quiet    bool      // only those that are not well have a row
	Verbose  bool      // also what was matched, what was excluded, and why
}

// Write prints the report. It does not print the steps of a run: Text does.
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

// shown returns the daemons that have a row, the worst first. Those that are unknown for the
// same reason are together.
func (t Table) shown(daemons []Daemon) []Daemon {
	list := slices.Clone(daemons)
	if t.Quiet {
		list = slices.DeleteFunc(list, func(d Daemon) bool { return d.Status() == OK })
	}
	first := make(map[string]int) // position of the first daemon with a reason
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

// rows prints the heading, and each row with the lines below it.
func (t Table) rows(p *terminal.Paper, daemons []Daemon) {
	titles := terminal.Names("NAME", p.Width/3, each(daemons, func(d Daemon) string { return d.Name }))
	g := terminal.NewGrid(p, append([]terminal.Column{titles}, t.columns(daemons)...))
	g.Place("LATELY", each(daemons, func(d Daemon) string { return lately(d.Lately, t.Now) }))
	g.Heading()
	alike := 0 // how many daemons above are unknown for the same reason
	for i, d := range daemons {
		g.Row(i)
		p.Whole("name", titles, i)
		p.Note(terminal.Text(g.Below[i]))
		if i+1 < len(daemons) && sameDoubt(d, daemons[i+1]) {
			alike++ // the reason is printed once, below the last of them
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
