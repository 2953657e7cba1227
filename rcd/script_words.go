package rcd

import (
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// Two characters stand for others in a word.
const (
	unknown = "\x02" // what only a shell could tell
	dollar  = "\x01" // a $ that does not begin a variable
)

// deepest bounds how deep commands and variables are looked into that stand in others.
const deepest = 4

// shellWords splits a line of a script into its words, without quotes and comments, but with the
// variables still in them, as ${NAME}. A command in $(...) or between backticks is unknown in its word; its
// own words are a list of their own, behind that of the line.
func shellWords(line string) [][]string { return shellWordsTo(line, 0) }

func shellWordsTo(line string, depth int) [][]string {
	var list []string
	var commands [][]string
	var word strings.Builder
	begun := false
	end := func() {
		if begun {
			list = append(list, word.String())
		}
		word.Reset()
		begun = false
	}
	for t := range words.ShellTokens(line) {
		isControl := t.Kind == words.ShellText && t.Text[0] < ' ' && t.Text != "\t"
		if isControl || t.Kind > words.ShellCommand {
			end()
			continue
		}
		begun = true
		switch t.Kind {
		case words.ShellText:
			word.WriteString(strings.ReplaceAll(t.Text, "$", dollar))
		case words.ShellVariable:
			text := strings.ReplaceAll(t.Text, `"`, "")
			if len(text) > 1 && isNameByte(text[1]) { // what follows in the word is not a part of the name
				text = "${" + text[1:] + "}"
			}
			word.WriteString(text)
		case words.ShellCommand:
			word.WriteString(unknown)
			if depth < deepest {
				commands = append(commands, shellWordsTo(strings.Trim(strings.TrimPrefix(t.Text, "$"), "()`"), depth+1)...)
			}
		}
	}
	end()
	return append([][]string{list}, commands...)
}

// expand makes all the texts that a word may stand for, with the values of its variables. A text
// of which a part is unknown is left out.
func (r *scriptReader) expand(word string) []string { return r.expandTo(word, 0) }

func (r *scriptReader) expandTo(word string, depth int) []string {
	if depth > deepest || len(word) > maxValue {
		return nil
	}
	results := []string{""}
	for word != "" {
		i := strings.IndexByte(word, '$')
		if i < 0 {
			i = len(word)
		}
		parts := []string{word[:i]}
		if word = word[i:]; word != "" {
			var values []string
			values, word = r.variable(word, depth)
			parts = join(parts, values)
		}
		results = join(results, parts)
	}
	return slices.DeleteFunc(results, func(s string) bool { return strings.ContainsAny(s, unknown+dollar) })
}

// join makes the texts that begin with one of these and end with one of those, up to a limit.
func join(these, those []string) (list []string) {
	for _, a := range these {
		for _, b := range those {
			if len(a)+len(b) <= maxValue && len(list) < maxValues {
				list = append(list, a+b)
			}
		}
	}
	return list
}

// variable reads a $NAME or ${NAME...} at the beginning of a word.
func (r *scriptReader) variable(word string, depth int) (values []string, rest string) {
	n := words.ShellExpansion(word)
	switch {
	case strings.HasPrefix(word, "$("): // in a default value
		return []string{unknown}, word[n:]
	case !strings.HasPrefix(word, "${"):
		return r.valuesOf(word[1:n]), word[n:]
	}
	inside, rest := strings.TrimSuffix(word[2:n], "}"), word[n:]
	end := strings.IndexFunc(inside, func(c rune) bool { return c > '~' || !isNameByte(byte(c)) })
	if end < 0 {
		return r.valuesOf(inside), rest
	}
	name, operator := inside[:end], inside[end:]
	for _, op := range []string{":-", ":=", "-", "="} {
		if fallback, ok := strings.CutPrefix(operator, op); ok {
			return join([]string{""}, slices.Concat(r.vars[name], r.expandTo(fallback, depth+1))), rest
		}
	}
	for _, op := range []string{":+", "+"} {
		if text, ok := strings.CutPrefix(operator, op); ok {
			if len(r.vars[name]) == 0 {
				return []string{""}, rest
			}
			return join([]string{""}, append(r.expandTo(text, depth+1), "")), rest
		}
	}
	if strings.HasPrefix(operator, "##[KS]") { // of the name of a link in rc?.d
		return r.valuesOf(name), rest
	}
	return []string{unknown}, rest
}

// valuesOf are the values of a variable. One that is set nowhere is empty. The arguments of the
// script, and other variables that a shell sets itself, are unknown.
func (r *scriptReader) valuesOf(name string) []string {
	values := r.vars[name]
	switch {
	case len(values) > 0:
		return values
	case strings.Trim(name, "0123456789?!#*@$-") == "":
		return []string{unknown}
	}
	return []string{""}
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
