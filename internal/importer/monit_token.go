package importer

import (
	"strings"

	"daemon-keeper/internal/words"
)

// token is a word of Monit's control file. Line breaks have no meaning there.
type token struct {
	text    string
	form    form
	line    int
	start   int // its offset in the file
	end     int
	isAfter bool // it follows a comma
}

// form is how a token is written.
type form int

const (
	bareWord   form = iota
	quotedWord      // "so" or 'so': never a keyword
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

// noise are the words without a meaning in Monit's control file, from its lexer; "without" is
// one of them.
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
	none     map[byte]bool // delimiters that do not occur in the rest of the file
}

// tokens splits a file. A quote or brace that is not closed is reported, and ends with its
// line.
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

// word returns the length of a word without quotes. Letters end at an operator: start="...".
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

// span returns how many bytes at the beginning of a text are in a set.
func span(text, of string) int {
	return len(text) - len(strings.TrimLeft(text, of))
}

// statementStart matches a line that begins a statement: a quoted text that reaches it is not
// closed.
var statementStart = words.Pattern{Text: `(?i)\n[ \t]*(check|start|stop|restart|if|depends?|group|set|include|mode|every|alert)[ \t]`}

// enclosed reads a text up to a delimiter.
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

// add adds the token from here to end; it begins with mark bytes of a delimiter.
func (t *tokenizer) add(end, mark int, f form) {
	text := t.text[t.at+mark : end]
	t.tokens = append(t.tokens, token{text: text, form: f, line: t.line, start: t.at, end: min(end+mark, len(t.text)), isAfter: t.comma})
	t.line += strings.Count(text, "\n")
	t.comma = false
	t.at = end
}
