package config

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// maxBytes is the size limit of a file, in bytes. Without it a file that is not a configuration
// (a core dump, say) could cost much time and memory. A real configuration is far smaller.
const maxBytes = 1 << 20

// checkText refuses what cannot be read before the library sees it: the library's own messages
// for a tab or a strange character do not help.
func checkText(data []byte) *Mistake {
	if m := checkSize(data); m != nil {
		return m
	}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if m := checkLine(bytes.TrimRight(line, " \t\r\n")); m != nil {
			m.Line = number
			return m
		}
	}
	return nil
}

func checkSize(data []byte) *Mistake {
	if len(data) > maxBytes {
		return wrong("divide it into drop-ins", "cannot read more than 1 MiB").at(&node{})
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return wrong("save the file as UTF-8 without BOM", "cannot read a byte order mark").at(&node{Line: 1, Column: 1})
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return wrong("save the file as UTF-8 without BOM", "cannot read UTF-16").at(&node{Line: 1, Column: 1})
	}
	return nil
}

// checkLine looks for characters that a configuration must not contain.
func checkLine(line []byte) *Mistake {
	column := 1
	for i := 0; i < len(line); {
		r, size := rune(line[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(line[i:])
		}
		if r < ' ' || r > '~' {
			if p := checkRune(r, size, line, i); p != nil {
				return p.at(&node{Column: column, Value: string(line[:i])})
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

// checkTab accepts tabs where they have no meaning: in a comment and before one. Elsewhere YAML
// forbids them, or the library drops them silently.
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
