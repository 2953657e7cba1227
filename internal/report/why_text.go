package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// The columns of an explanation.
const (
	whyIndent = 2
	whyLabel  = 9 // cause, missing and so on
	whySure   = 7 // certain
	whyText   = 50
	whyLeast  = 30 // columns that a text needs beside how sure it is
)

// whyRow is a line of an explanation, or several.
type whyRow struct {
	label        string
	words        []word
	sure, source string
	whole        string // in place of words: it is not broken, for it is to be pasted
}

// text is the explanations for eyes.
func (w Why) text(list []Account) {
	var whole bytes.Buffer
	t := Table{Out: &whole, Width: w.Width, Color: w.Color}
	if t.Width > 0 {
		t.Width = max(t.Width, narrowest)
	}
	if len(list) == 0 {
		t.wrapped(text(w.None), 0)
	}
	for i, a := range list {
		if i > 0 {
			t.line(nil)
		}
		t.wrapped(w.headline(a), 0)
		drawRows(t, w.rows(a))
	}
	_, _ = w.Out.Write(whole.Bytes())
}

// second is a date and a time to the second, for people.
const second = "2006-01-02 15:04:05"

// phrase is a text that is not broken, such as a date with its time.
func phrase(s string) word { return word{text: words.Printable(s)} }

// headline is what has happened, and when.
func (w Why) headline(a Account) []word {
	out := []word{{words.Printable(a.Name), bold}}
	e := a.Incident.episode(w.Now)
	switch {
	case a.Kind == "not_well":
		out = append(append(out, text("was found not well")...), w.at(a.Incident.Down))
	case !e.death():
		out = append(append(out, text("was found stopped")...), w.at(a.Incident.Down))
	case !a.Died.IsZero():
		out = append(append(out, text("died")...), w.at(a.Died))
	case a.Incident.LastUp.IsZero():
		out = append(append(out, text("was found down")...), w.at(a.Incident.Down))
		out[len(out)-1].text += ","
		out = append(out, text("and has never been seen up")...)
	default:
		out = append(append(out, word{text: "died"}), w.between(a.Incident.LastUp, a.Incident.Down)...)
	}
	if lived := lived(a); lived > 0 {
		out[len(out)-1].text += ","
		out = append(out, word{text: "after"}, phrase(spelled(lived)))
	}
	out[len(out)-1].text += ";"
	return append(out, w.howLong(a, e)...)
}

// lived is how long it had been up before; 0 if that is not known.
func lived(a Account) time.Duration {
	if a.Died.IsZero() || a.Lived <= 0 {
		return a.Lived
	}
	return a.Lived + max(a.Died.Sub(a.Incident.LastUp), 0)
}

func (w Why) howLong(a Account, e episode) []word {
	state, code := "down", red
	switch {
	case !e.death():
		state, code = "left alone", yellow
	case a.Kind == "not_well":
		state = "not well"
	}
	lead := "it was"
	if a.Incident.UnderWay {
		lead = "it has been"
		if a.State == "held" {
			state, code = "down, and left alone,", yellow
		}
	} else {
		code = "" // it is over
	}
	out := append(text(lead), colored(state, code)...)
	return append(out, word{text: "for"}, phrase(spelled(e.length())+"."))
}

// at is a moment, with blanks that are not broken.
func (w Why) at(t time.Time) word { return phrase(t.In(w.Now.Location()).Format(second)) }

// between leaves out the date where it is the same.
func (w Why) between(from, to time.Time) []word {
	end := w.at(to)
	if end == w.at(from) {
		return []word{end}
	}
	if date := w.at(from).text[:len(time.DateOnly)+1]; strings.HasPrefix(end.text, date) {
		end.text = strings.TrimPrefix(end.text, date)
	}
	return []word{{text: "between"}, w.at(from), {text: "and"}, end}
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
			rows = append(rows, whyRow{label: kind, words: text(what), sure: words.Printable(l.Certainty), source: words.Printable(l.Source)})
		}
		if unknown := w.unknown(a, kind); unknown != nil {
			rows = append(rows, whyRow{label: kind, words: unknown})
		}
	}
	rows = append(rows, whyRow{label: "state", words: w.state(a)}, whyRow{label: "impact", words: impact(a)})
	if !a.Explained {
		for _, m := range a.Missing {
			rows = append(rows, whyRow{label: "missing", words: text(m)})
		}
	}
	for _, s := range a.Silent {
		rows = append(rows, whyRow{label: "silent", words: text(s)})
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
func (w Why) unknown(a Account, kind string) []word {
	has := func(kind string) bool {
		return slices.ContainsFunc(a.Lines, func(l WhyLine) bool { return l.Kind == kind })
	}
	e := a.Incident.episode(w.Now)
	switch {
	case has(kind) || kind == "note":
		return nil
	case kind == "cause" && !e.death():
		return text("it was stopped, and then left alone on purpose")
	case kind == "cause" && a.Kind == "" && (a.Incident.Outcome == words.CameBack || a.Incident.For != ""):
		return append(colored("not known:", yellow), text("it was back before anybody asked")...)
	case kind == "cause":
		return colored("not known", yellow)
	case has("cause") && !a.Explained:
		return colored("not known", yellow)
	}
	return nil
}

// state is what it is, and how it is now.
func (w Why) state(a Account) []word {
	var out []word
	code := map[string]string{"up": green, "down": red, "held": yellow}[a.State]
	switch {
	case a.State == "unknown" || a.Seen.IsZero():
		out = colored("not known", yellow)
	case a.Since.IsZero():
		out = append([]word{{a.State, code}}, append(text("when it was last seen,"), w.at(a.Seen))...)
	default:
		out = []word{{a.State, code}, {text: "since"}, w.at(a.Since)}
	}
	if a.Executable != "" {
		out[len(out)-1].text += ";"
		out = append(out, text(a.Executable)...)
		if len(a.Services) > 0 {
			out = append(out, text("(service "+strings.Join(a.Services, ", ")+")")...)
		}
	}
	return out
}

// impact is what it meant to others.
func impact(a Account) []word {
	var parts []string
	i := a.Incident
	if list := i.restarted(); len(list) > 0 {
		times := ""
		if i.Tries > 1 {
			times = fmt.Sprintf(" %d times", i.Tries)
		}
		parts = append(parts, "restarted"+times+": "+strings.Join(list, ", "))
	} else {
		parts = append(parts, "no service was restarted")
	}
	if s := i.failed(); s != nil {
		parts = append(parts, fmt.Sprintf("the start of %s failed: %s", s.Service, strings.TrimPrefix(s.Error, "cannot start service "+s.Service+": ")))
	}
	if i.Held > 0 {
		parts = append(parts, "left alone on purpose for "+spelled(i.Held)+" of the time")
	}
	if len(a.After) > 0 {
		come := "come"
		if len(a.After) == 1 {
			come = "comes"
		}
		parts = append(parts, strings.Join(a.After, ", ")+" "+come+" after it")
	}
	return text(strings.Join(parts, "; "))
}

// drawRows prints rows with how sure they are in columns of their own, if there is room.
func drawRows(t Table, rows []whyRow) {
	start := whyIndent + whyLabel
	sources, longest := 0, 0
	for _, r := range rows {
		sources = max(sources, breadth(r.source))
		if r.sure != "" {
			longest = max(longest, lineBreadth(r.words)+len(r.words)-1)
		}
	}
	room, limited := t.Width-start, t.Width > 0
	beside := room - 2 - whySure - 2 - sources
	for _, r := range rows {
		lead := []word{{text: spaces(whyIndent)}, {text: r.label}, {text: spaces(whyLabel - len(r.label))}}
		switch {
		case r.whole != "":
			t.line(append(lead, word{text: r.whole}))
			continue
		case r.sure == "" || limited && beside < whyLeast:
			if r.sure != "" {
				r.words = append(slices.Clone(r.words), text("("+r.sure+", "+r.source+")")...)
			}
			drawLines(t, lead, wrap(r.words, room, limited), start+hang)
			continue
		}
		column := min(beside, longest)
		if !limited {
			column = min(whyText, longest)
		}
		lines := wrap(r.words, column, limited)
		if len(lines) == 0 {
			lines = [][]word{nil}
		}
		tail := spaces(max(column-lineBreadth(lines[0]), 0) + 2)
		lines[0] = append(lines[0], word{text: tail + r.sure + spaces(whySure-breadth(r.sure)+2) + r.source})
		drawLines(t, lead, lines, start)
	}
}

func drawLines(t Table, lead []word, lines [][]word, indent int) {
	for i, line := range lines {
		if i > 0 {
			lead = []word{{text: spaces(indent)}}
		}
		t.line(append(slices.Clone(lead), line...))
	}
}

func lineBreadth(line []word) int {
	sum := 0
	for _, w := range line {
		sum += breadth(w.text)
	}
	return sum
}
