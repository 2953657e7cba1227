package completion

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"daemon-keeper/internal/words"
)

// typed is a line that is being typed in bash.
type typed struct {
	words    []string // without quotes and redirections; nothing is expanded
	head     string   // the part of the last word that readline leaves unchanged
	redirect bool     // the last word is the target of a redirection
}

// tokens are the parts of a line: 'quoted', "quoted", an escaped character, or any other. The
// last quote may still be open.
var tokens = words.Pattern{Text: `(?s)'([^']*)'?|"((?:\\.|[^"\\])*\\?)"?|\\(.?)|.`}

// split splits a line into words. Of the last word, readline replaces only what follows the
// last character that is in $COMP_WORDBREAKS.
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
			if c == '@' && t.head == word { // unlike after other break characters, readline replaces the @, too
				t.head = before
			}
		}
		begun = true
	}
	t.words = append(t.words, word)
	return t
}
