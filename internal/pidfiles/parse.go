package pidfiles

import (
	"bytes"
	"strconv"
	"strings"
)

// Content is what is known of the content of a pidfile. The text itself is never shown: the path
// may lead to a secret.
type Content struct {
	Number  int64 // the first one; only if Sort is Number
	Sort    Sort
	Numbers int  // how many words are numbers: "kill $(cat file)" would signal them all
	More    bool // there are other words
	Binary  bool // there are bytes that are not text
	Long    bool // it is longer than any pidfile
}

// Sort is the kind of content.
type Sort string

// The sorts.
const (
	Number  Sort = "number"
	Empty   Sort = "empty"
	Garbage Sort = "garbage"
	Huge    Sort = "huge" // a number of more than 64 bits
)

// longest is how many bytes of a pidfile are read. The longest real one is PostgreSQL's, with eight
// lines.
const longest = 1024

// parse reads the beginning of a file; more says that the file is longer. There may be white space
// around the number, and other lines after it, as in postmaster.pid.
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

// isNumber reports whether a word is a number to kill(1).
func isNumber(word string) bool {
	digits := strings.TrimPrefix(word, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// isPostmasters reports whether it is the pidfile of PostgreSQL. The second line is the folder of its
// data. Some of the other lines are numbers, but not of processes.
func isPostmasters(text []byte) bool {
	_, rest, ok := bytes.Cut(text, []byte("\n"))
	return ok && bytes.HasPrefix(rest, []byte("/"))
}

func isNoText(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r >= 0x7f }

// isNamedLikeOne reports whether the name is that of a pidfile: nginx.pid, pid, dhcpcd-eth0_pid.
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

// mayBeOne reports whether a file of that name is a pidfile if it holds a number: mypid.
func mayBeOne(base string) bool { return strings.HasSuffix(strings.ToLower(base), "pid") }

// programIn is the program that a pidfile's name tells: crond for /run/crond.pid, dbus for
// /run/dbus/pid. "" if it tells none.
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
