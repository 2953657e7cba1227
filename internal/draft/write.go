package draft

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is the width of a terminal minus one: some terminals break a full line.
const width = 79

type writer struct{ bytes.Buffer }

// section writes the entries. An empty section would be an error in a configuration; so if
// all entries are comments, its name is a comment, too.
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
		w.daemon(d)
	}
}

// offers writes keys of the top of the file that a person may want to enable.
func (w *writer) offers(keys []Key) {
	for _, k := range keys {
		if w.Len() > 0 {
			w.WriteByte('\n')
		}
		w.comments("", []string{k.About})
		fmt.Fprintf(w, "# %s: %s\n", k.Name, value(k.Value))
	}
	if len(keys) > 0 {
		w.WriteByte('\n')
	}
}

// daemon writes an entry. If it is switched off, each line is a comment, including its own
// comments: without the first two characters it is an entry.
func (w *writer) daemon(d Daemon) {
	off := ""
	if d.Off {
		off = "# "
	}
	w.comments(off+"  ", d.About)
	fmt.Fprintf(w, "%s  %s:\n", off, quote(d.Name))
	for _, k := range d.Keys {
		w.key(off+"    ", k)
	}
}

// key writes a line. If it is too long, the comment goes above it, and a list gets a line for
// each item.
func (w *writer) key(indent string, k Key) {
	line := indent + k.Name + ": " + value(k.Value)
	about := ""
	if k.About != "" {
		about = "  # " + Clean(k.About)
	}
	if utf8.RuneCountInString(line+about) > width && about != "" {
		w.comments(indent, []string{k.About})
		about = ""
	}
	list, isList := k.Value.([]string)
	if !isList || utf8.RuneCountInString(line) <= width {
		fmt.Fprintln(w, line+about)
		return
	}
	fmt.Fprintf(w, "%s%s:\n", indent, k.Name)
	for _, item := range list {
		fmt.Fprintf(w, "%s  - %s\n", indent, quote(item))
	}
}

// comments writes each comment, wrapped into as many lines as needed.
func (w *writer) comments(indent string, list []string) {
	for _, text := range list {
		for _, line := range wrap(Clean(text), width-len(indent)-len("# ")) {
			fmt.Fprintln(w, strings.TrimRight(indent+"# "+line, " "))
		}
	}
}

// wrap breaks a text at blanks. A text that begins with a blank is an example, and is not
// broken.
func wrap(text string, columns int) []string {
	if strings.HasPrefix(text, " ") {
		return []string{short(text)}
	}
	var lines []string
	line, length := "", 0
	for _, word := range strings.Fields(text) {
		word = short(word)
		n := utf8.RuneCountInString(word)
		if line != "" && length+1+n > columns {
			lines, line, length = append(lines, line), "", 0
		}
		if line != "" {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	return append(lines, line)
}

// short cuts a text that is not broken; the configuration limits the length of lines.
func short(text string) string {
	const most = 300
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-3]) + "..."
}

// Clean replaces characters that would let a text from outside end its comment.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
