package report

import (
	"slices"
	"strings"
	"unicode"

	"daemon-keeper/internal/words"
)

// Mon writes the report for mon(8): a monitor says by its exit status whether there is
// trouble, on the first line what is in trouble, and then the details. check prints the same.
//
// mon compares the first line with that of the last run, so it must not change while the same
// daemons are in trouble. If nothing is in trouble, only notices are printed, after an empty
// first line, which a person at a terminal does not need. Everything goes to stdout, as mon
// expects, in the order of the report.
type Mon struct{ Text }

// Write prints the report.
func (m Mon) Write(r Report) {
	t := m.Text
	t.Err, t.ErrColor = t.Out, t.Color
	t.Notices = true
	r.Daemons = slices.Clone(r.Daemons)
	for i := range r.Daemons {
		r.Daemons[i].Known = false // mon knows only what it is told now
	}
	if names := troubled(r); len(names) > 0 || !t.Terminal && !t.Quiet && (t.Verbose || t.isOdd(r)) {
		t.line("%s", strings.Join(names, " "))
	}
	if t.Quiet {
		t.Quiet, t.Terminal, t.Verbose, r = false, false, false, brief(r)
	}
	t.Write(r)
}

// isOdd reports whether there are notices about daemons that are well.
func (t Text) isOdd(r Report) bool {
	return slices.ContainsFunc(r.Daemons, func(d Daemon) bool { return len(d.Notices) > 0 || d.Result == Held && !t.isKnown(d) })
}

// troubled names what is not well.
func troubled(r Report) []string {
	var names []string
	for _, m := range r.Mistakes {
		if !slices.Contains(names, m.about()) {
			names = append(names, m.about())
		}
	}
	for _, d := range r.Daemons {
		if d.Status() != OK {
			names = append(names, oneWord(d.Name))
		}
	}
	return names
}

// oneWord makes a name printable and one word.
func oneWord(name string) string {
	return words.Escape(name, func(r rune) bool { return unicode.IsPrint(r) && r != ' ' })
}

// brief reduces a report to one line for each daemon in trouble.
func brief(r Report) Report {
	var short Report
	for _, m := range r.Mistakes {
		short.Mistakes = append(short.Mistakes, Mistake{Text: m.Text, About: m.About})
	}
	for _, d := range r.Daemons {
		if d.Status() != OK {
			short.Daemons = append(short.Daemons, Daemon{Name: d.Name, Rule: d.Rule, Result: d.Result, Trouble: d.Trouble, Reason: d.Reason, Processes: d.Processes, Took: d.Took})
		}
	}
	return short
}
