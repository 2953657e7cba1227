package importer

import (
	"errors"
	"strings"

	"daemon-keeper/internal/words"
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

// shellReader makes words of a line, as far as that is needed to read the commands of a
// crontab. Redirections are left out.
type shellReader struct {
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

// redirect leaves out 2>&1, >/dev/null, >>FILE, <FILE and <<<TEXT.
func (r *shellReader) redirect() {
	if r.within && !r.word.quoted && strings.Trim(string(r.buf), "0123456789") == "" {
		r.clear() // the number of the descriptor
	}
	r.endWord()
	r.drop = true
}

// expand puts in the value of a variable that the crontab has set. Of all else it
// notes that only the shell could tell.
func (r *shellReader) expand(text string, quoted bool) {
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
