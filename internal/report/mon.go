package report

import (
	"slices"
	"strings"
	"unicode"

	"daemon-keeper/internal/words"
)

// Mon is the face for mon(8), whose monitors say by the exit status whether there
// is trouble, on the first line what is in trouble, and then the details. It is
// also what check prints.
//
// mon compares the first line with that of the last run: it is the same as long
// as the same are in trouble. Where nothing is, only what is odd is told, behind an
// empty first line, which a person at a terminal does not need. All goes to
// stdout, where mon wants it, in the order of the report.
type Mon struct{ Text }

// Write prints the report.
func (m Mon) Write(r Report) {
	t := m.Text
	t.Err, t.ErrColor = t.Out, t.Color
	t.Notices = true
	r.Daemons = slices.Clone(r.Daemons)
	for i := range r.Daemons {
		r.Daemons[i].Known = false // mon knows nothing but what it is told now
	}
	if names := troubled(r); len(names) > 0 || !t.Terminal && !t.Quiet && (t.Verbose || t.isOdd(r)) {
		t.line("%s", strings.Join(names, " "))
	}
	if t.Quiet {
		t.Quiet, t.Terminal, t.Verbose, r = false, false, false, brief(r)
	}
	t.Write(r)
}

// isOdd reports whether there is something to be said of what is well.
func (t Text) isOdd(r Report) bool {
	return slices.ContainsFunc(r.Daemons, func(d Daemon) bool { return len(d.Notices) > 0 || d.Result == Held && !t.isKnown(d) })
}

// troubled names what is not well, in words.
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

// oneWord is Printable, and no reader takes it for two.
func oneWord(name string) string {
	return words.Escape(name, func(r rune) bool { return unicode.IsPrint(r) && r != ' ' })
}

// brief leaves of a report what makes one line for each that is in trouble.
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
