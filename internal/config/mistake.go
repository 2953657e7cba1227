package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"daemon-keeper/internal/words"
)

// Mistake is one thing that is wrong in a file. Any mistake refuses the whole file.
type Mistake struct {
	File         string
	Line, Column int    // counted from 1, in characters; 0: the file as a whole
	Text         string // the text at that place, shortened
	Message      string
	Advice       string // see Hint
}

func (m Mistake) Error() string {
	if m.Line == 0 {
		return fmt.Sprintf("%s: %s", m.File, m.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Column, m.Message)
}

// Hint says what the user can do; "" if there is nothing to add.
func (m Mistake) Hint() string { return m.Advice }

// isNamedSo reports whether the name of a file shows that it is a configuration.
func isNamedSo(file string) bool {
	ext := filepath.Ext(file)
	return ext == ".yaml" || ext == ".yml"
}

// withoutText reduces mistakes to the place of the first one, without any text of the file.
// Whoever may choose the file behind -c could have root read any file: no line of a file that
// is not a configuration may be printed.
func withoutText(mistakes []Mistake) []Mistake {
	if len(mistakes) == 0 {
		return nil
	}
	m := mistakes[0]
	m.Text, m.Message = "", "this is not a configuration, or has a mistake here"
	m.Advice = "if it is one, give it a name that ends in .yaml: the content of other files is not shown"
	return []Mistake{m}
}

// problem is a mistake before its file and its place are known. It is an error with a hint, so
// that functions that read values can return it as one.
type problem struct {
	message, hint string
}

func (p *problem) Error() string { return p.message }

// Hint says what the user can do.
func (p *problem) Hint() string { return p.hint }

// at makes a mistake of the problem, at the place of a node; &node{} stands for the whole file.
func (p *problem) at(n *node) *Mistake {
	return &Mistake{Line: n.Line, Column: n.Column, Text: n.Value, Message: p.message, Advice: p.hint}
}

func wrong(hint, format string, args ...any) *problem {
	return &problem{fmt.Sprintf(format, args...), hint}
}

// maxText is how much of a text is shown, in characters, so that a mistake fits into a line.
const maxText = 60

// short cuts a text, and replaces characters that a terminal would not show.
func short(text string) string {
	if utf8.RuneCountInString(text) > maxText {
		text = string([]rune(text[:min(len(text), 4*maxText)])[:maxText-3]) + "..."
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

// quote puts a text in quotes, cut short.
func quote(text string) string { return `"` + short(text) + `"` }

// didYouMean names the most similar of the words, or all of them if none is similar.
func didYouMean(text string, list []string) string {
	if word := words.Nearest(text, list); word != "" {
		return "did you mean " + quote(word) + "?"
	}
	if len(list) == 0 {
		return ""
	}
	return "use one of: " + strings.Join(list, ", ")
}
