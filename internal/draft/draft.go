// Package draft writes a first configuration, for a person to go on with: what was
// found, and a comment for each thing that was not certain.
//
// All that stands in it comes from outside, from process names, crontabs and other
// programs' files; none of that can leave its place in the YAML.
package draft

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"daemon-keeper/internal/config"
)

// Draft is a configuration, as yet to be read by a person.
type Draft struct {
	About   []string // comments at the top, see Daemon.About
	Offers  []Key    // of the top of the file, written as comments: without the first two characters they are in force
	Daemons []Daemon
	Left    []string // comments at the end: what is not in it, and why
}

// Daemon is an entry below daemons:.
type Daemon struct {
	Name  string   // its key, see Name
	About []string // comments above it; one that begins with a blank is not wrapped
	Keys  []Key    // in this order
	Off   bool     // written as a comment: it is no use before a person has completed it
}

// Key is a line of an entry.
type Key struct {
	Name  string
	Value any    // a string, or a []string for a list; a Raw is written as it is
	About string // a comment behind it, or above it if there is no room
}

// Raw is YAML that holds nothing from outside, such as {rss: 2G}.
type Raw string

// YAML is the file.
func (d Draft) YAML() []byte {
	var w writer
	w.comments("", d.About)
	w.offers(d.Offers)
	if len(d.Daemons) > 0 {
		w.section(d.Daemons)
	}
	if len(d.Left) > 0 && w.Len() > 0 {
		w.WriteByte('\n')
	}
	w.comments("", d.Left)
	return w.Bytes()
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
	const most = 58 // which leaves room for -1000
	if name = name[:min(len(name), most)]; name == "" {
		name = "daemon"
	}
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = name + "-" + strconv.Itoa(n)
	}
	taken[unique] = true
	return unique
}

// value is how a value is written in one line.
func value(v any) string {
	switch v := v.(type) {
	case Raw:
		return string(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = quote(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return quote(fmt.Sprint(v))
}

// quote is for one text. A byte that is not UTF-8 has no place in YAML, where \xff
// is a character.
func quote(s string) string { return config.Quoted(strings.ToValidUTF8(s, "\uFFFD")) }

// IsProgram reports whether the configuration takes a text behind executable.
func IsProgram(text string) bool { return config.IsProgram(text) }
