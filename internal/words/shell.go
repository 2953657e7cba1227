package words

import (
	"iter"
	"strings"
)

// ShellKind is what a part of a line is to a shell.
type ShellKind int

// The kinds. The first four make a word.
const (
	ShellText     ShellKind = iota // a character as it is meant
	ShellQuotes                    // quotes begin, of which a word comes even if they are empty
	ShellVariable                  // $NAME, ${NAME...}, or a $ alone
	ShellCommand                   // $(...) or `...`
	ShellBlank                     // between words; a comment, too
	ShellOperator                  // between commands: ; & && | || ( ) ;; |& and the end of a line
	ShellRedirect                  // > >> 2>& and the like, without the target
	ShellUnclosed                  // the line ends within quotes
)

// ShellToken is a part of a line.
type ShellToken struct {
	Kind   ShellKind
	Text   string
	Quoted bool
}

// ShellTokens divides a line as a shell does. Nothing is expanded.
func ShellTokens(line string) iter.Seq[ShellToken] {
	return func(yield func(ShellToken) bool) {
		s := shellLine{rest: line}
		for s.rest != "" {
			if s.quote != 0 && s.rest[0] == s.quote {
				s.quote, s.rest = 0, s.rest[1:]
			} else if !yield(s.next()) {
				return
			}
		}
		if s.quote != 0 {
			yield(ShellToken{Kind: ShellUnclosed})
		}
	}
}

// shellLine is what is left of a line.
type shellLine struct {
	rest   string
	quote  byte // that is open, or 0
	within bool // a word
}

func (s *shellLine) take(n int, kind ShellKind) ShellToken {
	t := ShellToken{kind, s.rest[:n], s.quote != 0}
	s.rest, s.within = s.rest[n:], kind <= ShellCommand
	return t
}

func (s *shellLine) next() ShellToken {
	c := s.rest[0]
	switch {
	case s.quote == '\'':
		return s.take(1, ShellText)
	case c == '\\' && len(s.rest) > 1 && (s.quote == 0 || strings.IndexByte("\\\"$`", s.rest[1]) >= 0):
		s.rest = s.rest[1:]
		return s.take(1, ShellText)
	case c == '`', strings.HasPrefix(s.rest, "$("):
		return s.take(ShellExpansion(s.rest), ShellCommand)
	case c == '$':
		return s.take(ShellExpansion(s.rest), ShellVariable)
	case s.quote != 0:
		return s.take(1, ShellText)
	case c == '\'', c == '"':
		t := s.take(1, ShellQuotes)
		s.quote = c
		return t
	case c == '#' && !s.within:
		return s.take(len(s.rest), ShellBlank)
	case c == ' ', c == '\t':
		return s.take(1, ShellBlank)
	case c == '<', c == '>', strings.HasPrefix(s.rest, "&>"):
		return s.take(len(s.rest)-len(strings.TrimLeft(s.rest, "<>&|")), ShellRedirect)
	}
	for _, operator := range []string{"||", "&&", ";;", "|&", ";", "&", "|", "(", ")", "\n"} {
		if strings.HasPrefix(s.rest, operator) {
			return s.take(len(operator), ShellOperator)
		}
	}
	return s.take(1, ShellText)
}

// ShellExpansion is how long $NAME, ${NAME...}, $(COMMAND) or `COMMAND` is at the beginning of a
// text, in bytes; all of the text if it has no end.
func ShellExpansion(s string) int {
	switch {
	case s[0] == '`':
		if i := strings.IndexByte(s[1:], '`'); i >= 0 {
			return i + 2
		}
		return len(s)
	case strings.HasPrefix(s, "${"):
		return nested(s, '{', '}')
	case strings.HasPrefix(s, "$("):
		return nested(s, '(', ')')
	}
	if n := 1 + len(s[1:]) - len(strings.TrimLeft(s[1:], nameFirst)); n > 1 {
		return n
	}
	if len(s) > 1 && strings.IndexByte("?!#*@$-", s[1]) >= 0 {
		return 2
	}
	return 1
}

// nested is where the first bracket is closed. There may be others in between; those in the
// quotes of a command do not count.
func nested(s string, open, closing byte) int {
	depth, mark := 0, byte(0)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == open && mark == 0:
			depth++
		case c == closing && mark == 0:
			if depth--; depth == 0 {
				return i + 1
			}
		case open == '{':
		case c == '\\' && mark != '\'':
			i++
		case mark != 0:
			if c == mark {
				mark = 0
			}
		case c == '\'' || c == '"':
			mark = c
		}
	}
	return len(s)
}
