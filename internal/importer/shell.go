package importer

import (
	"errors"
	"strings"
)

// word is one of a command, with its quotes taken off.
type word struct {
	text   string
	quoted bool   // some of it
	before int    // if so, what stands in front of the first quote
	unread string // what only the shell could tell, such as $DAEMON
}

// piece is a word, or what stands between commands.
type piece struct {
	word word
	op   string // ; & && | || ( ) or ;; and "" for a word
}

// shellReader divides a line as a shell does, as far as that is needed to read the
// commands of a crontab: into words, and what stands between the commands.
// Redirections are left out.
type shellReader struct {
	rest   string
	vars   map[string]string // that the crontab sets
	pieces []piece
	words  int    // of the command
	word   word   // its text is in buf
	buf    []byte // that of the word
	within bool   // a word has begun
	drop   bool   // the next word is the target of a redirection
}

var (
	errUnclosed = errors.New("the quotes are not closed")
	errTooLong  = errors.New("it is longer than any cron takes")
)

func shellPieces(line string, vars map[string]string) ([]piece, error) {
	r := &shellReader{rest: line, vars: vars}
	for r.rest != "" {
		if err := r.step(); err != nil {
			return nil, err
		}
		if r.words > mostWords {
			return nil, errTooLong
		}
	}
	r.endWord()
	return r.pieces, nil
}

// shellCommands are the simple commands of a line.
func shellCommands(line string, vars map[string]string) ([][]word, error) {
	pieces, err := shellPieces(line, vars)
	if err != nil {
		return nil, err
	}
	var commands [][]word
	var command []word
	for _, p := range append(pieces, piece{op: ";"}) {
		switch {
		case p.op == "":
			command = append(command, p.word)
		case len(command) > 0:
			commands, command = append(commands, command), nil
		}
	}
	return commands, nil
}

// step reads a character, or what belongs together.
func (r *shellReader) step() error {
	c := r.rest[0]
	switch c {
	case ' ', '\t':
		r.endWord()
	case '#':
		if !r.within {
			r.rest = ""
			return nil
		}
		r.add(r.rest[:1])
	case ';', '&', '|', '(', ')', '\n':
		if c == '&' && strings.HasPrefix(r.rest, "&>") {
			r.redirect(2)
			return nil
		}
		r.operator()
		return nil
	case '<', '>':
		r.redirect(1)
		return nil
	case '\'', '"':
		return r.quote(c)
	case '\\':
		if len(r.rest) > 1 {
			r.rest = r.rest[1:]
		}
		r.add(r.rest[:1])
	case '$', '`':
		r.expand(false)
		return nil
	default:
		r.add(r.rest[:1])
	}
	r.rest = r.rest[1:]
	return nil
}

// Limits of what variables can make of a short line.
const (
	mostWord  = 4096 // bytes
	mostWords = 1000 // of a command
)

func (r *shellReader) add(s string) {
	r.within = true
	if len(r.buf)+len(s) > mostWord {
		r.word.unread = "a word of more than 4096 bytes"
		return
	}
	r.buf = append(r.buf, s...)
}

func (r *shellReader) endWord() {
	if r.within && !r.drop {
		r.word.text = string(r.buf)
		r.pieces = append(r.pieces, piece{word: r.word})
		r.words++
	}
	if r.within {
		r.drop = false
	}
	r.clear()
}

func (r *shellReader) clear() { r.word, r.buf, r.within = word{}, r.buf[:0], false }

// operator reads what ends a command. |& is a pipe, too.
func (r *shellReader) operator() {
	r.endWord()
	op := strings.ReplaceAll(r.rest[:1], "\n", ";")
	for _, long := range []string{"||", "&&", ";;", "|&"} {
		if strings.HasPrefix(r.rest, long) {
			op = long
		}
	}
	r.rest = r.rest[len(op):]
	if op == "|&" {
		op = "|"
	}
	r.pieces = append(r.pieces, piece{op: op})
	r.words, r.drop = 0, false
}

// redirect leaves out 2>&1, >/dev/null, >>FILE, <FILE and <<<TEXT.
func (r *shellReader) redirect(n int) {
	if r.within && !r.word.quoted && strings.Trim(string(r.buf), "0123456789") == "" {
		r.clear() // the number of the descriptor
	}
	r.endWord()
	r.rest = strings.TrimLeft(r.rest[n:], "<>&|")
	r.drop = true
}

// quote reads what stands in quotes. Only "these" have escapes and variables.
func (r *shellReader) quote(mark byte) error {
	r.rest = r.rest[1:]
	if !r.word.quoted {
		r.word.before = len(r.buf)
	}
	r.within, r.word.quoted = true, true
	for r.rest != "" {
		c := r.rest[0]
		switch {
		case c == mark:
			r.rest = r.rest[1:]
			return nil
		case mark == '"' && c == '\\' && len(r.rest) > 1 && strings.IndexByte("\\\"$`", r.rest[1]) >= 0:
			r.add(r.rest[1:2])
			r.rest = r.rest[2:]
		case mark == '"' && (c == '$' || c == '`'):
			r.expand(true)
		default:
			r.add(r.rest[:1])
			r.rest = r.rest[1:]
		}
	}
	return errUnclosed
}

// expand puts in the value of a variable that the crontab has set. Of all else it
// notes that only the shell could tell.
func (r *shellReader) expand(quoted bool) {
	n := expansion(r.rest)
	text := r.rest[:n]
	r.rest = r.rest[n:]
	value, known := r.vars[strings.Trim(text, "${}")]
	switch {
	case text == "$":
		r.add(text)
	case !known:
		r.within, r.word.unread = true, text
	case quoted:
		r.add(value)
	default: // it is divided at its blanks
		for i, part := range strings.Split(value, " ") { // at most mostValue bytes
			if i > 0 {
				r.endWord()
			}
			if part != "" {
				r.add(part)
			}
		}
	}
}

// expansion is how long $NAME, ${NAME}, $(COMMAND) or `COMMAND` is.
func expansion(s string) int {
	end := func(mark string) int {
		if i := strings.Index(s[1:], mark); i >= 0 {
			return i + 2
		}
		return len(s)
	}
	switch {
	case s[0] == '`':
		return end("`")
	case strings.HasPrefix(s, "${"):
		return end("}")
	case strings.HasPrefix(s, "$("):
		return substitution(s)
	}
	n := 1
	for n < len(s) && (s[n] == '_' || s[n] >= '0' && s[n] <= '9' || s[n] >= 'A' && s[n] <= 'Z' || s[n] >= 'a' && s[n] <= 'z') {
		n++
	}
	if n == 1 && len(s) > 1 && strings.IndexByte("?!#*@$-", s[1]) >= 0 {
		n = 2
	}
	return n
}

// substitution is how long $(COMMAND) is, which may have others in it, and parentheses in
// quotes.
func substitution(s string) int {
	depth, mark := 0, byte(0)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && mark != '\'':
			i++
		case mark != 0:
			if c == mark {
				mark = 0
			}
		case c == '\'' || c == '"':
			mark = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// isAssignment reports whether it is A=b. A quoted "A=b" is a word like others.
func (w word) isAssignment() bool {
	name := assignment.Get().FindString(w.text)
	return name != "" && (!w.quoted || len(name) <= w.before)
}

// texts are the words without what is known of their quotes.
func texts(words []word) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.text
	}
	return out
}
