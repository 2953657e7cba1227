package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// The columns of an explanation.
const (
	whyIndent = 2
	whyLabel  = 9 // cause, missing and so on
	whySure   = 7 // certain
	whyText   = 50
)

// whyRow is a line of an explanation, or several.
type whyRow struct {
	label        string
	words        []terminal.Word
	sure, source string
	whole        string // in place of words: it is not broken, for it is to be pasted
}

// text prints the explanations for people.
func (w Why) text(list []Account) {
	p := terminal.NewPaper(w.Width, w.Color)
	if len(list) == 0 {
		p.Wrapped(terminal.Text(w.None))
	}
	for i, a := range list {
		if i > 0 {
			p.Line()
		}
		p.Wrapped(w.headline(a))
		drawRows(p, w.rows(a))
	}
	p.ShowOn(w.Out)
}

// second is a date and a time to the second, for people.
const second = "2006-01-02 15:04:05"

// headline is what has happened, and when.
func (w Why) headline(a Account) []terminal.Word {
	out := []terminal.Word{{Text: words.Printable(a.Name), Code: terminal.Bold}}
	e := a.Incident.Episode(w.Now)
	switch {
	case a.Kind == "not_well":
		out = append(append(out, terminal.Text("was found not well")...), w.at(a.Incident.From()))
	case !e.Death():
		out = append(append(out, terminal.Text("was found stopped")...), w.at(a.Incident.From()))
	case !a.Died.IsZero():
		out = append(append(out, terminal.Text("died")...), w.at(a.Died))
	case a.Incident.LastUp.IsZero():
		out = append(append(out, terminal.Text("was found down")...), w.at(a.Incident.From()))
		out[len(out)-1].Text += ","
		out = append(out, terminal.Text("and has never been seen up")...)
	default:
		out = append(append(out, terminal.Word{Text: "died"}), w.between(a.Incident.LastUp, a.Incident.From())...)
	}
	if lived := lived(a); lived > 0 {
		out[len(out)-1].Text += ","
		out = append(out, terminal.Word{Text: "after"}, terminal.Phrase(terminal.Spelled(lived)))
	}
	out[len(out)-1].Text += ";"
	return append(out, w.howLong(a, e)...)
}

// lived is how long it had been up before; 0 if that is not known.
func lived(a Account) time.Duration {
	if a.Died.IsZero() || a.Lived <= 0 {
		return a.Lived
	}
	return a.Lived + max(a.Died.Sub(a.Incident.LastUp), 0)
}

func (w Why) howLong(a Account, e history.Episode) []terminal.Word {
	state, code := "down", terminal.Red
	switch {
	case !e.Death():
		state, code = "left alone", terminal.Yellow
	case a.Kind == "not_well":
		state = "not well"
	}
	lead := "it was"
	if a.Incident.UnderWay {
		lead = "it has been"
		if a.State == "held" {
			state, code = "down, and left alone,", terminal.Yellow
		}
	} else {
		code = "" // it is over
	}
	out := append(terminal.Text(lead), terminal.InColor(state, code)...)
	return append(out, terminal.Word{Text: "for"}, terminal.Phrase(terminal.Spelled(e.Length())+"."))
}

// at is a moment, with blanks that are not broken.
func (w Why) at(t time.Time) terminal.Word {
	return terminal.Phrase(t.In(w.Now.Location()).Format(second))
}

// between leaves out the date where it is the same.
func (w Why) between(from, to time.Time) []terminal.Word {
	end := w.at(to)
	if end == w.at(from) {
		return []terminal.Word{end}
	}
	if date := w.at(from).Text[:len(time.DateOnly)+1]; strings.HasPrefix(end.Text, date) {
		end.Text = strings.TrimPrefix(end.Text, date)
	}
	return []terminal.Word{{Text: "between"}, w.at(from), {Text: "and"}, end}
}

// rows are what stands below the headline.
func (w Why) rows(a Account) []whyRow {
	var rows []whyRow
	for _, kind := range []string{"cause", "by", "note"} {
		for _, l := range a.Lines {
			if l.Kind != kind {
				continue
			}
			what := l.Text
			if l.Later {
				what += " (found later)"
			}
			rows = append(rows, whyRow{label: kind, words: terminal.Text(what), sure: words.Printable(l.Certainty), source: words.Printable(l.Source)})
		}
		if unknown := w.unknown(a, kind); unknown != nil {
			rows = append(rows, whyRow{label: kind, words: unknown})
		}
	}
	rows = append(rows, whyRow{label: "state", words: w.state(a)}, whyRow{label: "impact", words: impact(a)})
	if !a.Explained {
		for _, m := range a.Missing {
			rows = append(rows, whyRow{label: "missing", words: terminal.Text(m)})
		}
	}
	for _, s := range a.Silent {
		rows = append(rows, whyRow{label: "silent", words: terminal.Text(s)})
	}
	for _, command := range a.Next {
		rows = append(rows, whyRow{label: "next", whole: words.Printable(command)})
	}
	for _, more := range a.More {
		rows = append(rows, whyRow{label: "more", whole: words.Printable(more)})
	}
	for i := len(rows) - 1; i > 0; i-- {
		if rows[i].label == rows[i-1].label {
			rows[i].label = "" // which stands above
		}
	}
	return rows
}

// unknown says of a kind of line that there is none, where one would be expected.
func (w Why) unknown(a Account, kind string) []terminal.Word {
	has := func(kind string) bool {
		return slices.ContainsFunc(a.Lines, func(l WhyLine) bool { return l.Kind == kind })
	}
	e := a.Incident.Episode(w.Now)
	switch {
	case has(kind) || kind == "note":
		return nil
	case kind == "cause" && !e.Death():
		return terminal.Text("it was stopped, and then left alone on purpose")
	case kind == "cause" && a.Kind == "" && (a.Incident.Outcome == words.CameBack || a.Incident.For != ""):
		return append(terminal.InColor("not known:", terminal.Yellow), terminal.Text("it was back before anybody asked")...)
	case kind == "cause":
		return terminal.InColor("not known", terminal.Yellow)
	case has("cause") && !a.Explained:
		return terminal.InColor("not known", terminal.Yellow)
	}
	return nil
}

// state is what it is, and how it is now.
func (w Why) state(a Account) []terminal.Word {
	var out []terminal.Word
	code := map[string]string{"up": terminal.Green, "down": terminal.Red, "held": terminal.Yellow}[a.State]
	switch {
	case a.State == "unknown" || a.Seen.IsZero():
		out = terminal.InColor("not known", terminal.Yellow)
	case a.Since.IsZero():
		out = append([]terminal.Word{{Text: a.State, Code: code}}, append(terminal.Text("when it was last seen,"), w.at(a.Seen))...)
	default:
		out = []terminal.Word{{Text: a.State, Code: code}, {Text: "since"}, w.at(a.Since)}
	}
	if a.Executable != "" {
		out[len(out)-1].Text += ";"
		out = append(out, terminal.Text(a.Executable)...)
		if len(a.Services) > 0 {
			out = append(out, terminal.Text("(service "+strings.Join(a.Services, ", ")+")")...)
		}
	}
	return out
}

// impact is what it meant to others.
func impact(a Account) []terminal.Word {
	var parts []string
	i := a.Incident
	if list := restarted(i); len(list) > 0 {
		times := ""
		if i.Tries > 1 {
			times = fmt.Sprintf(" %d times", i.Tries)
		}
		parts = append(parts, "restarted"+times+": "+strings.Join(list, ", "))
	} else {
		parts = append(parts, "no service was restarted")
	}
	if s := failedStart(i); s != nil {
		parts = append(parts, fmt.Sprintf("the start of %s failed: %s", s.Service, strings.TrimPrefix(s.Error, "cannot start service "+s.Service+": ")))
	}
	if i.Held > 0 {
		parts = append(parts, "left alone on purpose for "+terminal.Spelled(words.Duration(i.Held))+" of the time")
	}
	if len(a.After) > 0 {
		come := "come"
		if len(a.After) == 1 {
			come = "comes"
		}
		parts = append(parts, strings.Join(a.After, ", ")+" "+come+" after it")
	}
	return terminal.Text(strings.Join(parts, "; "))
}

// drawRows prints rows with how sure they are in columns of their own, if there is room.
func drawRows(p *terminal.Paper, rows []whyRow) {
	const start = whyIndent + whyLabel
	sources, longest := 0, 0
	for _, r := range rows {
		sources = max(sources, terminal.Breadth(r.source))
		if r.sure != "" {
			longest = max(longest, terminal.BreadthOf(r.words)+len(r.words)-1)
		}
	}
	beside := p.Room(start + 2 + whySure + 2 + sources)
	for _, r := range rows {
		lead := []terminal.Word{terminal.Gap(whyIndent), {Text: r.label}, terminal.Gap(whyLabel - len(r.label))}
		switch {
		case r.whole != "":
			p.Line(append(lead, terminal.Word{Text: r.whole})...)
			continue
		case r.sure == "" || beside < terminal.LeastRoom:
			if r.sure != "" {
				r.words = append(slices.Clone(r.words), terminal.Text("("+r.sure+", "+r.source+")")...)
			}
			p.Lines(lead, terminal.Wrap(r.words, p.Room(start)), start+terminal.Hang)
			continue
		}
		column := min(beside, longest)
		lines := terminal.Wrap(r.words, column)
		if p.Width == 0 {
			column = min(whyText, longest)
		}
		if len(lines) == 0 {
			lines = [][]terminal.Word{nil}
		}
		tail := terminal.Gap(max(column-terminal.BreadthOf(lines[0]), 0) + 2).Text
		lines[0] = append(lines[0], terminal.Word{Text: tail + r.sure + terminal.Gap(whySure-terminal.Breadth(r.sure)+2).Text + r.source})
		p.Lines(lead, lines, start)
	}
}
