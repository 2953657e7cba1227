package pidfiles

import (
	"bytes"
	"strconv"
	"strings"
)

// Content is what a pidfile holds, as far as a number is concerned. Nothing else of it is
// told: its path may lead to a secret.
type Content struct {
	Number  int64 // the first one; it says nothing unless Sort is Number
	Sort    Sort
	Numbers int  // words that are numbers, for whom "kill $(cat file)" would signal
	More    bool // it holds something else besides
	Binary  bool // it holds bytes that are no text
	Long    bool // it is longer than anybody would read
}

// Sort is what sort of thing a file holds.
type Sort string

// The sorts.
const (
	Number  Sort = "number"
	Empty   Sort = "empty"
	Garbage Sort = "garbage"
	Huge    Sort = "huge" // a number that is larger than any
)

// longest is how much of a pidfile is read, in bytes. The longest real one is PostgreSQL's,
// with eight lines.
const longest = 1024

// parse reads the beginning of a file, and whether there is more of it. A number may stand
// among white space, and on the first of several lines, as in postmaster.pid.
func parse(text []byte, more bool) Content {
	c := Content{Sort: Garbage, Long: more, Binary: bytes.ContainsFunc(text, isNoText)}
	text = bytes.Trim(text, "\x00") // a program that writes the whole of its buffer
	words := strings.Fields(string(text))
	if len(words) == 0 {
		if !c.Binary && !more {
			c.Sort = Empty
		}
		return c
	}
	if !isNumber(words[0]) {
		return c
	}
	c.More = len(words) > 1
	for _, w := range words {
		if isNumber(w) {
			c.Numbers++
		}
	}
	if isPostmasters(text) {
		c.Numbers, c.More = 1, false
	}
	c.Sort = Number
	var err error
	if c.Number, err = strconv.ParseInt(words[0], 10, 64); err != nil {
		c.Number, c.Sort = 0, Huge
	}
	return c
}

// isNumber reports whether kill(1) would take a word for a number.
func isNumber(word string) bool {
	digits := strings.TrimPrefix(word, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// isPostmasters: the file of PostgreSQL has the folder of its data on the second line, and
// then more numbers, which nobody takes for processes.
func isPostmasters(text []byte) bool {
	_, rest, ok := bytes.Cut(text, []byte("\n"))
	return ok && bytes.HasPrefix(rest, []byte("/"))
}

func isNoText(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r >= 0x7f }

// isNamedLikeOne reports whether everybody would take a file of that name for a pidfile:
// nginx.pid, pid, dhcpcd-eth0_pid.
func isNamedLikeOne(base string) bool {
	base = strings.ToLower(base)
	if base == "pid" || base == "pidfile" {
		return true
	}
	for _, end := range []string{".pid", "-pid", "_pid", ".pidfile", "-pidfile", "_pidfile"} {
		if strings.HasSuffix(base, end) {
			return true
		}
	}
	return false
}

// mayBeOne reports whether a file of that name is one if it holds a number: mypid.
func mayBeOne(base string) bool { return strings.HasSuffix(strings.ToLower(base), "pid") }

// programIn is what a pidfile's name says of its program: of /run/crond.pid crond, of
// /run/dbus/pid dbus. "" if it says nothing.
func programIn(folder, base string) string {
	name := strings.ToLower(base)
	if name == "pid" || name == "pidfile" {
		if name = strings.ToLower(folder); name == "run" || name == "tmp" {
			return ""
		}
	}
	for _, end := range []string{"pidfile", "pid"} {
		if rest, ok := strings.CutSuffix(name, end); ok {
			name = rest
			break
		}
	}
	return strings.Trim(name, ".-_")
}
