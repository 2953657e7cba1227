package completion

import (
	"strings"
	"unicode"
)

// typed is a line that is being typed in bash.
type typed struct {
	words    []string // without their quotes and without redirections; nothing is expanded
	head     string   // of the last word, what readline leaves alone
	redirect bool     // the last word is where a redirection leads
}

// split breaks a line into words. In the last one readline replaces only what is behind the
// last of $COMP_WORDBREAKS.
func split(text, breaks string) typed {
	var t typed
	var word strings.Builder
	begun, quoted := false, false
	var quote rune
	end := func() {
		switch {
		case !begun:
			return
		case t.redirect:
			t.redirect = false
		default:
			t.words = append(t.words, word.String())
		}
		word.Reset()
		begun, quoted, t.head = false, false, ""
	}
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		next := rune(0)
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '"' && c == '\\' && next != 0 && strings.ContainsRune("\"\\$`", next):
			word.WriteRune(next)
			i++
		case quote != 0:
			word.WriteRune(c)
		case unicode.IsSpace(c):
			end()
		case c == '<' || c == '>':
			if !quoted && strings.Trim(word.String(), "0123456789") == "" { // 2> is no word
				word.Reset()
				begun = false
			}
			end()
			t.redirect, t.head = true, ""
		case c == '"' || c == '\'':
			quote, t.head, begun, quoted = c, word.String(), true, true
		case c == '\\':
			begun, quoted = true, true
			if next != 0 {
				word.WriteRune(next)
				i++
			}
		case c == '@': // of all these, readline leaves it in what it replaces
			if strings.ContainsRune(breaks, c) {
				t.head = word.String()
			}
			word.WriteRune(c)
			begun = true
		default:
			word.WriteRune(c)
			begun = true
			if strings.ContainsRune(breaks, c) {
				t.head = word.String()
			}
		}
	}
	t.words = append(t.words, word.String())
	return t
}
