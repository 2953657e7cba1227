package importer

import (
	"strings"

	"daemon-keeper/internal/words"
)

// token is a word of Monit's control file, which is free of form: lines mean nothing.
type token struct {
	text    string
	form    form
	line    int
	start   int // where it is in the file
	end     int
	isAfter bool // a comma stands in front of it
}

// form is how a token is written.
type form int

const (
	bareWord   form = iota
	quotedWord      // "so" or 'so': no keyword
	braces          // {so}
)

// is reports whether it is one of these keywords.
func (t token) is(keywords ...string) bool {
	if t.form != bareWord {
		return false
	}
	for _, k := range keywords {
		if strings.EqualFold(t.text, k) {
			return true
		}
	}
	return false
}

// noise are the words that mean nothing in Monit's control file, as its lexer has
// them; "without" is one, too.
var noise = []string{
	"is", "as", "are", "for", "via", "on", "only", "with", "within", "without", "program", "programs", "and",
	"has", "using", "use", "the", "to", "sum", "than", "usage", "was", "times", "but", "of", "or", "does",
	"per", "in", "last", "rate", "capacity", "option", "options",
}

func (t token) isNoise() bool { return t.is(noise...) }

// tokenizer reads the tokens of a file.
type tokenizer struct {
	text     string
	at       int
	line     int
	comma    bool
	tokens   []token
	unclosed func(line int)
	none     map[byte]bool // marks that do not occur any more in the rest of the file
}

// tokens divides a file. What is not closed is told, and ends with its line.
func tokens(text string, unclosed func(line int)) []token {
	t := &tokenizer{text: text, line: 1, unclosed: unclosed, none: make(map[byte]bool)}
	for t.at < len(t.text) {
		t.step()
	}
	return t.tokens
}

func (t *tokenizer) step() {
	switch c := t.text[t.at]; {
	case c == '\n':
		t.line++
		t.at++
	case c == ',':
		t.comma = true
		t.at++
	case c <= ' ', c == ';', c == '(', c == ')', c == '}', c == ']':
		t.at++
	case c == '#':
		t.at = t.lineEnd()
	case c == '"', c == '\'':
		t.enclosed(c, quotedWord)
	case c == '{':
		t.enclosed('}', braces)
	case c == '[':
		t.enclosed(']', braces)
	case strings.IndexByte("<>=!", c) >= 0:
		t.add(t.at+span(t.text[t.at:], "<>=!"), 0, bareWord)
	default:
		t.add(t.at+t.word(), 0, bareWord)
	}
}

func (t *tokenizer) lineEnd() int {
	if i := strings.IndexByte(t.text[t.at:], '\n'); i >= 0 {
		return t.at + i
	}
	return len(t.text)
}

// word is how long one without quotes is. Letters end at an operator: start="...".
func (t *tokenizer) word() int {
	rest := t.text[t.at:]
	n := strings.IndexFunc(rest, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'{};,()", r) })
	if n < 0 {
		n = len(rest)
	}
	letters := span(rest[:n], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")
	if letters > 0 && letters < n && strings.IndexByte("<>=!", rest[letters]) >= 0 {
		n = letters
	}
	return n
}

// span is how many of these bytes a text begins with.
func span(text, of string) int {
	return len(text) - len(strings.TrimLeft(text, of))
}

// statementStart is a line that begins a statement: a text in quotes that goes on
// until there lacks its end.
var statementStart = words.Pattern{Text: `(?i)\n[ \t]*(check|start|stop|restart|if|depends?|group|set|include|mode|every|alert)[ \t]`}

// enclosed reads a text up to a mark.
func (t *tokenizer) enclosed(mark byte, f form) {
	n := -1
	if !t.none[mark] {
		n = strings.IndexByte(t.text[t.at+1:], mark)
		t.none[mark] = n < 0
	}
	end := t.at + 1 + n
	if n < 0 || f == quotedWord && statementStart.Get().MatchString(t.text[t.at:end]) {
		t.unclosed(t.line)
		t.add(t.lineEnd(), 1, f)
		return
	}
	t.add(end, 1, f)
	t.at = end + 1
}

// add notes the token from here to end, without a mark of so many bytes in front.
func (t *tokenizer) add(end, mark int, f form) {
	text := t.text[t.at+mark : end]
	t.tokens = append(t.tokens, token{text: text, form: f, line: t.line, start: t.at, end: min(end+mark, len(t.text)), isAfter: t.comma})
	t.line += strings.Count(text, "\n")
	t.comma = false
	t.at = end
}
