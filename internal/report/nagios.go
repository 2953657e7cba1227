package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"daemon-keeper/internal/words"
)

// Nagios writes the report for Nagios, Icinga and other programs that run plugins by
// https://www.monitoring-plugins.org/doc/guidelines.html: a summary and performance data on
// the first line, then the details.
type Nagios struct {
	Out io.Writer
}

// Limits in bytes. NRPE 2 takes 1 KiB, which must hold the first line; Nagios takes 8 KiB in
// all. They cut longer output at any byte, and a number that is cut is another number.
const (
	nagiosAll     = 8<<10 - 1 // without the zero byte that ends a string in C
	nagiosLine    = 1 << 10
	nagiosSummary = nagiosLine / 2
	nagiosData    = 6 << 10 // all performance data; the rest is for the details
	nagiosName    = 64
)

// Write prints the report.
func (n Nagios) Write(r Report) {
	line := fmt.Sprintf("KEEPER %s: %s |", nagiosWord(r.Status()), summary(r))
	data, lost := perfdata(r)
	for len(data) > 0 && len(line)+len(" ")+len(data[0])+len("\n") <= nagiosLine {
		line += " " + data[0]
		data = data[1:]
	}
	line += "\n"
	// After a second separator there can be no text any more. Nagios would accept further
	// lines of data, Icinga 2 would not.
	rest := ""
	if len(data) > 0 {
		rest = fmt.Sprintf("more performance data%s | %s\n", missing(lost), strings.Join(data, " "))
	}
	_, _ = io.WriteString(n.Out, line+whole(nagiosDetails(r), nagiosAll-len(line)-len(rest))+rest)
}

func missing(lost int) string {
	if lost == 0 {
		return ""
	}
	return fmt.Sprintf(", without that of the last %d", lost)
}

// nagiosWord returns Nagios' word for an exit status.
func nagiosWord(s Status) string {
	switch s {
	case OK:
		return "OK"
	case Restored:
		return "WARNING"
	case Failed:
		return "CRITICAL"
	}
	return "UNKNOWN"
}

// summary counts the daemons, and names those that are not well: five of each kind, or fewer
// if they do not fit.
func summary(r Report) string {
	switch {
	case len(r.Daemons) > 0:
	case len(r.Mistakes) > 0:
		return words.Cut(unpiped(r.Mistakes[0].Text), nagiosSummary)
	default:
		return "nothing to look at"
	}
	for most := 5; most > 0; most-- {
		if text := counted(r, most); len(text) <= nagiosSummary {
			return text
		}
	}
	return counted(r, 0)
}

// counted counts the kinds, the worst first, and names at most most daemons of each.
func counted(r Report, most int) string {
	names := make(map[string][]string)
	for _, m := range r.Mistakes {
		names[m.about()] = append(names[m.about()], "")
	}
	for _, d := range r.Daemons {
		names[d.word()] = append(names[d.word()], words.Cut(unpiped(d.Name), nagiosName))
		if len(d.Notices) > 0 {
			names["odd"] = append(names["odd"], "")
		}
		if d.Paused != "" {
			names["paused"] = append(names["paused"], words.Cut(unpiped(d.Name), nagiosName))
		}
	}
	var parts []string
	for _, kind := range []struct {
		word, one, many string
		named           bool
	}{
		{"down", "down", "down", true},
		{"wrong", "wrong", "wrong", true},
		{"broken", "broken", "broken", true},
		{"unknown", "unknown", "unknown", true},
		{"configuration", "mistake in the configuration", "mistakes in the configuration", false},
		{"metrics", "file of metrics not written", "files of metrics not written", false},
		{"restarting", "restarting", "restarting", true},
		{"held", "held", "held", true},
		{"brought_back", "brought back", "brought back", true},
		{"up", "up", "up", false},
		{"not_running", "not running", "not running", false},
		{"kept", "kept", "kept", false},
		{"paused", "of these paused", "of these paused", true},
		{"odd", "of these with notices", "of these with notices", false},
	} {
		list, text := names[kind.word], kind.many
		switch {
		case len(list) == 0:
			continue
		case len(list) == 1:
			text = kind.one
		}
		text = fmt.Sprintf("%d %s", len(list), text)
		if kind.named && most > 0 {
			text += inBrackets(words.List(list, most))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// perfdata has an item for each daemon and rule, in their order, and the time
// that the run took. It says how many there is no room for; which these are does
// not depend on how long the texts are, for a graph wants each item each time.
func perfdata(r Report) (items []string, lost int) {
	last := fmt.Sprintf("'time'=%.3fs", inSeconds(r.Took))
	room := nagiosData - len(last)
	for i, label := range nagiosLabels(r.Daemons) {
		d := r.Daemons[i]
		value := fmt.Sprint(len(d.Processes))
		if d.Result == CannotTell {
			value = "U"
		}
		item := fmt.Sprintf("'%s'=%s;;%s;0;", label, value, spanOf(d.Count))
		if room -= len(item) + len(" "); room < 0 {
			return append(items, last), len(r.Daemons) - i
		}
		items = append(items, item)
	}
	return append(items, last), 0
}

// spanOf returns the range outside of which a number raises an alarm; "" if there is none.
func spanOf(b words.Count) string {
	switch {
	case b.Max != words.NoLimit:
		return fmt.Sprintf("%d:%d", b.Min, b.Max)
	case b.Min > 0:
		return fmt.Sprintf("%d:", b.Min)
	}
	return ""
}

// nagiosLabels turns the names into labels of items, all different. A name that is a valid
// label stays as it is, whatever the other names are.
func nagiosLabels(daemons []Daemon) []string {
	list := make([]string, len(daemons))
	taken := map[string]bool{"time": true}
	for i, d := range daemons {
		if clean := nagiosLabel(d.Name); clean == d.Name && !taken[clean] {
			list[i], taken[clean] = clean, true
		}
	}
	for i, d := range daemons {
		if list[i] != "" {
			continue
		}
		list[i] = nagiosLabel(d.Name)
		for n := 2; taken[list[i]]; n++ {
			list[i] = fmt.Sprintf("%s_%d", nagiosLabel(d.Name), n)
		}
		taken[list[i]] = true
	}
	return list
}

// nagiosLabel keeps the characters that are safe for programs that do not know quotes, and
// that Nagios does not remove as illegal_macro_output_chars.
func nagiosLabel(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@+", r) {
			return r
		}
		return '_'
	}, name)
	if clean == "" {
		return "_"
	}
	return clean[:min(len(clean), nagiosName)]
}

// nagiosDetails is the text for people, the worst first, because the end may be cut.
func nagiosDetails(r Report) string {
	r.Daemons = slices.Clone(r.Daemons)
	slices.SortStableFunc(r.Daemons, func(a, b Daemon) int { return cmp.Compare(rank(b.Status()), rank(a.Status())) })
	var b bytes.Buffer
	Text{Out: &b, Err: &b, Terminal: true}.Write(r)
	// The output of a service follows our own text. Its lines must not look like performance
	// data.
	text := strings.ReplaceAll(b.String(), "\n        | ", "\n        : ")
	return strings.ReplaceAll(text, "|", `\x7c`)
}

// unpiped makes a text printable, without a separator.
func unpiped(s string) string {
	return words.Escape(s, func(r rune) bool { return unicode.IsPrint(r) && r != '|' })
}

// whole cuts a text to a number of bytes, at the end of a line.
func whole(text string, most int) string {
	if len(text) <= most {
		return text
	}
	lines := strings.SplitAfter(text, "\n")
	kept := 0
	for room := most - len("... and 99999 more lines\n"); room >= len(lines[kept]); kept++ {
		room -= len(lines[kept])
	}
	return strings.Join(lines[:kept], "") + fmt.Sprintf("... and %d more lines\n", len(lines)-1-kept)
}
