package completion

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"daemon-keeper/internal/words"
)

// typed is a line that is being typed in bash.
type typed struct {
	words    []string // without their quotes and without redirections; nothing is expanded
	head     string   // of the last word, what readline leaves alone
	redirect bool     // the last word is where a redirection leads
}

// tokens are the parts of a line: 'quoted', "quoted", an escaped character, or any other. The
// last quote may still be open.
var tokens = words.Pattern{Text: `(?s)'([^']*)'?|"((?:\\.|[^"\\])*\\?)"?|\\(.?)|.`}

// split breaks a line into words. In the last one readline replaces only what is behind the
// last of $COMP_WORDBREAKS.
func split(text, breaks string) typed {
	var t typed
	word, begun, quoted := "", false, false
	end := func() {
		switch {
		case !begun:
			return
		case t.redirect:
			t.redirect = false
		default:
			t.words = append(t.words, word)
		}
		word, begun, quoted, t.head = "", false, false, ""
	}
	inQuotes := strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\$`, `$`, "\\`", "`")
	for _, m := range tokens.Get().FindAllStringSubmatch(text, -1) {
		before := word
		switch c, _ := utf8.DecodeRuneInString(m[0]); {
		case unicode.IsSpace(c):
			end()
			continue
		case c == '<' || c == '>':
			if !quoted && strings.Trim(word, "0123456789") == "" { // 2> is not a word
				word, begun = "", false
			}
			end()
			t.redirect, t.head = true, ""
			continue
		case c == '\'' || c == '"':
			word += m[1] + inQuotes.Replace(m[2])
			t.head, quoted = before, true
		case c == '\\':
			word += m[3]
			quoted = true
		default:
			word += m[0]
			if strings.ContainsRune(breaks, c) {
				t.head = word
			}
			if c == '@' && t.head == word { // of all these, readline leaves it in what it replaces
				t.head = before
			}
		}
		begun = true
	}
	t.words = append(t.words, word)
	return t
}
