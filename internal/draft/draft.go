// Package draft writes a first configuration, for a person to go on with: what was
// found, and a comment for each thing that was not certain.
//
// All that stands in it comes from outside, from process names, crontabs and other
// programs' files; none of that can leave its place in the YAML.
package draft

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"daemon-keeper/internal/config"
)

// Draft is a configuration, as yet to be read by a person.
type Draft struct {
	About   []string // comments at the top
	Daemons []Daemon
	Left    []string // comments at the end: what is not in it, and why
}

// Daemon is an entry below daemons:.
type Daemon struct {
	Name  string   // its key, see Name
	About []string // comments above it
	Keys  []Key    // in this order
	Off   bool     // written as a comment: it is no use before a person has completed it
}

// Key is a line of an entry.
type Key struct {
	Name  string
	Value any    // a string, or a []string for a list; a Raw is written as it is
	About string // a comment behind it
}

// Raw is YAML that holds nothing from outside, such as {rss: 2G}.
type Raw string

// YAML is the file.
func (d Draft) YAML() []byte {
	var w writer
	w.comments("", d.About)
	if len(d.Daemons) > 0 {
		w.section(d.Daemons)
	}
	if len(d.Left) > 0 && w.Len() > 0 {
		w.WriteByte('\n')
	}
	w.comments("", d.Left)
	return w.Bytes()
}

type writer struct{ bytes.Buffer }

// section writes the entries. An empty section would be a mistake in a
// configuration, so its name is a comment, too, if all entries are.
func (w *writer) section(daemons []Daemon) {
	off := "# "
	for _, d := range daemons {
		if !d.Off {
			off = ""
		}
	}
	fmt.Fprintf(w, "%sdaemons:\n", off)
	for i, d := range daemons {
		if i > 0 && len(d.About) > 0 {
			w.WriteByte('\n')
		}
		w.comments("  ", d.About)
		off := ""
		if d.Off {
			off = "# "
		}
		fmt.Fprintf(w, "%s  %s:\n", off, config.Quoted(d.Name))
		for _, k := range d.Keys {
			fmt.Fprintf(w, "%s    %s: %s%s\n", off, k.Name, value(k.Value), behind(k.About))
		}
	}
}

func (w *writer) comments(indent string, lines []string) {
	for _, line := range lines {
		fmt.Fprintln(w, strings.TrimRight(indent+"# "+Clean(line), " "))
	}
}

func behind(comment string) string {
	if comment == "" {
		return ""
	}
	return "  # " + Clean(comment)
}

func value(v any) string {
	switch v := v.(type) {
	case Raw:
		return string(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = config.Quoted(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return config.Quoted(fmt.Sprint(v))
}

// Clean keeps text from outside within its comment.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// Name makes a name that the configuration takes from any text, and one that is not
// taken yet.
func Name(text string, taken map[string]bool) string {
	name := strings.TrimLeft(strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.@+-", r) {
			return '-'
		}
		return r
	}, text), ".@+-")
	const most = 60
	if name = name[:min(len(name), most)]; name == "" {
		name = "daemon"
	}
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s-%d", name, n)
	}
	taken[unique] = true
	return unique
}
