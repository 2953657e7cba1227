package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mistake is one thing in a file that is wrong. Every mistake refuses the whole
// file that it is in.
type Mistake struct {
	File         string
	Line, Column int    // from 1, in characters; 0: of the whole file
	Text         string // what is wrong there, cut short
	Message      string
	Advice       string // see Hint
}

func (m Mistake) Error() string {
	if m.Line == 0 {
		return fmt.Sprintf("%s: %s", m.File, m.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Column, m.Message)
}

// Hint is the way out; "" if there is nothing to add.
func (m Mistake) Hint() string { return m.Advice }

// isNamedSo reports whether a file's name says that it is a configuration.
func isNamedSo(file string) bool {
	ext := filepath.Ext(file)
	return ext == ".yaml" || ext == ".yml"
}

// withoutText leaves nothing of a file in its mistakes but where the first one is. Root
// may be led to read a file that is none of ours, by who may choose the word behind -c:
// no line of such a file is to be told.
func withoutText(mistakes []Mistake) []Mistake {
	if len(mistakes) == 0 {
		return nil
	}
	m := mistakes[0]
	m.Text, m.Message = "", "this is no configuration, or has a mistake here"
	m.Advice = "if it is one, give it a name that ends in .yaml: only of such files what stands there is shown"
	return []Mistake{m}
}

// position is a place in a file; lines and columns count from 1.
type position struct {
	line, column int
}

// problem is a mistake before its file and its place are known. It is an error
// with a hint, so that the functions that read values can return it as one.
type problem struct {
	message, hint string
}

func (p *problem) Error() string { return p.message }

// Hint is the way out.
func (p *problem) Hint() string { return p.hint }

func wrong(hint, format string, args ...any) *problem {
	return &problem{fmt.Sprintf(format, args...), hint}
}

// maxText keeps a mistake to a line.
const maxText = 60

// short cuts a text, and shows what a terminal would not.
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
