package importer

import (
	"errors"
	"strings"

	"daemon-keeper/internal/words"
)

// word is a word of a command, without its quotes.
type word struct {
	text   string
	quoted bool   // at least a part of it
	before int    // then: length of the part before the first quote
	unread string // text that only the shell could expand, such as $DAEMON
}

// piece is a word, or an operator between commands.
type piece struct {
	word word
	op   string // ; & && | || ( ) or ;; and "" for a word
}

// shellReader splits a line into words, as far as needed to read the commands of a crontab.
// Redirections are left out.
type shellReader struct {
	vars   map[string]string // set by the crontab
	pieces []piece
	words  int    // number of words of the command
	word   word   // its text is in buf
	buf    []byte // the text of the word
	within bool   // a word has begun
	drop   bool   // the next word is the target of a redirection
}

var (
	errUnclosed = errors.New("the quotes are not closed")
	errTooLong  = errors.New("it is longer than any cron takes")
)

func shellPieces(line string, vars map[string]string) ([]piece, error) {
	r := &shellReader{vars: vars}
	for t := range words.ShellTokens(line) {
		switch t.Kind {
		case words.ShellText:
			r.add(t.Text)
		case words.ShellQuotes:
			if !r.word.quoted {
				r.word.before = len(r.buf)
			}
			r.within, r.word.quoted = true, true
		case words.ShellVariable, words.ShellCommand:
			r.expand(t.Text, t.Quoted)
		case words.ShellBlank:
			r.endWord()
		case words.ShellOperator:
			r.operator(t.Text)
		case words.ShellRedirect:
			r.redirect()
		case words.ShellUnclosed:
			return nil, errUnclosed
		}
		if r.words > mostWords {
			return nil, errTooLong
		}
	}
	r.endWord()
	return r.pieces, nil
}

// Limits on how much variables can expand a short line.
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

// operator ends a command. |& is a pipe, too.
func (r *shellReader) operator(op string) {
	r.endWord()
	switch op {
	case "\n":
		op = ";"
	case "|&":
		op = "|"
	}
	r.pieces = append(r.pieces, piece{op: op})
	r.words, r.drop = 0, false
}

// redirect skips 2>&1, >/dev/null, >>FILE, <FILE and <<<TEXT.
func (r *shellReader) redirect() {
	if r.within && !r.word.quoted && strings.Trim(string(r.buf), "0123456789") == "" {
		r.clear() // the number of the descriptor
	}
	r.endWord()
	r.drop = true
}

// expand inserts the value of a variable that the crontab has set. For all other text it
// notes that only the shell could expand it.
func (r *shellReader) expand(text string, quoted bool) {
	value, known := r.vars[strings.Trim(text, "${}")]
	switch {
	case text == "$":
		r.add(text)
	case !known:
		r.within, r.word.unread = true, text
	case quoted:
		r.add(value)
	default: // the shell splits it at blanks
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

// isAssignment reports whether a word is A=b. A quoted "A=b" is an ordinary word.
func (w word) isAssignment() bool {
	name := assignment.Get().FindString(w.text)
	return name != "" && (!w.quoted || len(name) <= w.before)
}

// texts returns the words without the information about quotes.
func texts(words []word) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.text
	}
	return out
}
