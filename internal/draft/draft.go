// Package draft writes a first configuration, which a person then completes: what was found,
// and a comment for each thing that is uncertain.
//
// All its content comes from outside: from process names, crontabs and other programs' files.
// None of it can break out of its place in the YAML.
package draft

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"daemon-keeper/internal/config"
)

// Draft is a configuration that a person must still read.
type Draft struct {
	About   []string // comments at the top, see Daemon.About
	Offers  []Key    // keys for the top of the file, written as comments: removing the first two characters enables them
	Daemons []Daemon
	Left    []string // comments at the end: what was left out, and why
}

// Daemon is an entry below daemons:.
type Daemon struct {
	Name  string   // its key, made by Name
	About []string // comments above it; one that begins with a blank is not wrapped
	Keys  []Key    // in this order
	Off   bool     // written as a comment, because a person must complete it first
}

// Key is a line of an entry.
type Key struct {
	Name  string
	Value any    // a string, a []string for a list, or a Raw, which is written unchanged
	About string // a comment behind it, or above it if it does not fit
}

// Raw is YAML without anything from outside, such as {rss: 2G}.
type Raw string

// YAML returns the file.
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

// Name turns any text into a valid name for the configuration that is not taken yet.
func Name(text string, taken map[string]bool) string {
	name := strings.TrimLeft(strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.@+-", r) {
			return '-'
		}
		return r
	}, text), ".@+-")
	const most = 58 // leaves room for -1000
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

// value returns a value as it is written in one line.
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

// quote quotes one text. A byte that is not UTF-8 cannot be written in YAML: there, \xff is a
// character.
func quote(s string) string { return config.Quoted(strings.ToValidUTF8(s, "\uFFFD")) }

// IsProgram reports whether a text is valid for the key executable.
func IsProgram(text string) bool { return config.IsProgram(text) }
