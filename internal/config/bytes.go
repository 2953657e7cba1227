package config

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Limits of a file. They keep one that is no configuration (a core dump, a bomb)
// from costing time and memory, and are far above what a configuration has.
const (
	maxBytes = 1 << 20
	maxLine  = 4096    // the lexer compares what it has of a line again and again
	maxMarks = 150_000 // each becomes a token or two, at 300 bytes
	maxBare  = 200     // lines in a row without any: a configuration has a colon or a dash in each
)

// fault is what keeps a file from being read at all.
type fault struct {
	position
	text string
	*problem
}

// clean refuses what cannot be read, before the lexer sees it, and takes away
// what means nothing but shifts the lexer's columns: carriage returns before line
// feeds, and blanks at the ends of lines.
func clean(data []byte) ([]byte, *fault) {
	if f := checkSize(data); f != nil {
		return nil, f
	}
	out := make([]byte, 0, len(data)+1)
	marks, bare := 0, 0
	for at, number := 0, 1; at < len(data); number++ {
		line, _, _ := bytes.Cut(data[at:], []byte{'\n'})
		at += len(line) + 1
		line = bytes.TrimRight(line, " \t\r")
		if f := checkLine(line); f != nil {
			f.line = number
			return nil, f
		}
		n := countMarks(line)
		if bare++; n > 0 {
			bare = 0
		}
		if marks += n; marks > maxMarks {
			return nil, &fault{position{number, 1}, "", wrong("divide it into drop-ins, if it is a configuration", "cannot read on from here: the file holds too much")}
		}
		if bare > maxBare {
			return nil, &fault{position{number, 1}, "", wrong("remove blank lines, if it is a configuration", "cannot read on from here: %d lines in a row have no key and no dash", bare)}
		}
		out = append(append(out, line...), '\n')
	}
	return out, nil
}

func checkSize(data []byte) *fault {
	if len(data) > maxBytes {
		return &fault{position{}, "", wrong("divide it into drop-ins", "cannot read more than 1 MiB")}
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return &fault{position{1, 1}, "", wrong("save the file as UTF-8 without BOM", "cannot read a byte order mark")}
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return &fault{position{1, 1}, "", wrong("save the file as UTF-8 without BOM", "cannot read UTF-16")}
	}
	return nil
}

// checkLine looks for characters that have no business in a configuration.
func checkLine(line []byte) *fault {
	if len(line) > maxLine {
		return &fault{position{0, 1}, short(string(line[:2*maxText])), wrong("break the line", "cannot read a line of %d bytes: more than %d", len(line), maxLine)}
	}
	column := 1
	for i := 0; i < len(line); {
		r, size := rune(line[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(line[i:])
		}
		if r < ' ' || r > '~' {
			if p := checkRune(r, size, line, i); p != nil {
				return &fault{position{0, column}, short(string(line[:i])), p}
			}
		}
		i += size
		column++
	}
	return nil
}

func checkRune(r rune, size int, line []byte, at int) *problem {
	switch {
	case r == utf8.RuneError && size == 1:
		return wrong("save the file as UTF-8", "cannot read byte 0x%02x: it is not UTF-8", line[at])
	case r == '\t':
		return checkTab(line, at)
	case r == '\r':
		return wrong("end lines with a line feed", "cannot read a carriage return in the middle of a line")
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\ufeff':
		return wrong(`in "double quotes", \x1b or \u2028 stands for such a character`, "cannot read the control character U+%04X", r)
	}
	return nil
}

// checkTab lets tabs pass where they mean nothing: in a comment and before one.
// Elsewhere YAML forbids them, or the lexer loses them without a word.
func checkTab(line []byte, at int) *problem {
	before, behind := bytes.Trim(line[:at], " \t"), bytes.TrimLeft(line[at:], " \t")
	switch {
	case len(before) > 0 && before[0] == '#', bytes.Contains(line[:at], []byte(" #")), bytes.Contains(line[:at], []byte("\t#")):
		return nil
	case len(behind) > 0 && behind[0] == '#':
		return nil
	case len(before) == 0:
		return wrong("indent with spaces, two for each level", "cannot read a tab: this line is indented with one")
	}
	return wrong(`write a space; in "double quotes", \t stands for a tab`, "cannot read a tab")
}

// countMarks counts what may become tokens, in comments too: what looks like one
// may stand in a quoted text. Without this, a file of brackets would take three
// hundred times its size in memory.
func countMarks(line []byte) int {
	n := 0
	for i, c := range line {
		switch c {
		case '-', '?':
			if i+1 == len(line) || line[i+1] == ' ' {
				n++
			}
		case '[', ']', '{', '}', ',', ':', '\'', '"', '&', '*', '!', '|', '>', '%', '@', '`', '<', '#':
			n++
		}
	}
	return n
}
