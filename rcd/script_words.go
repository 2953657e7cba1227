package rcd

import (
	"slices"
	"strings"
)

// In a word, unknown stands for what only a shell could tell, and dollar for a $ that is
// none of a variable.
const (
	unknown = "\x02"
	dollar  = "\x01"
)

// shellWords splits a line of a script into its words, without quotes and comments, but
// with the variables still in them. What stands in $(...) or between backticks is unknown
// in the word itself; its own words follow.
func shellWords(line string) (words []string) {
	var word strings.Builder
	begun, quote := false, byte(0)
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun, quote = false, 0
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c < ' ' && c != '\t':
			end()
		case quote == '\'' && c == '$':
			word.WriteString(dollar)
		case quote == '\'' && c != '\'':
			word.WriteByte(c)
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, begun = c, true
		case c == '\\' && i+1 < len(line):
			i++
			begun = true
			if line[i] == '$' {
				word.WriteString(dollar)
			} else if line[i] >= ' ' {
				word.WriteByte(line[i])
			}
		case c == '`', c == '$' && strings.HasPrefix(line[i:], "$("):
			if c == '$' {
				i++
			}
			word.WriteString(unknown)
			begun = true
			end()
		case c == '$' && strings.HasPrefix(line[i:], "${"):
			n := braces(line[i:])
			word.WriteString(strings.ReplaceAll(line[i:i+n], `"`, ""))
			begun = true
			i += n - 1
		case quote == 0 && strings.IndexByte(" \t;|&()<>", c) >= 0:
			end()
		case quote == 0 && c == '#' && !begun:
			return words
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	end()
	return words
}

// braces is the length of ${...} at the beginning of a text; all of it if it has no end.
func braces(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// expand replaces the variables of a word: by each of their values, by nothing if they
// have none. What cannot be told has no value.
func (r *scriptReader) expand(word string) []string { return r.expandTo(word, 0) }

func (r *scriptReader) expandTo(word string, depth int) []string {
	const deepest = 4
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

// join makes each of the texts that begin with one of these and end with one of those.
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
	if !strings.HasPrefix(word, "${") {
		n := 1
		for n < len(word) && isNameByte(word[n]) {
			n++
		}
		if n == 1 { // $@, or a $ alone
			return []string{unknown}, word[min(len(word), 2):]
		}
		return r.valuesOf(word[1:n]), word[n:]
	}
	n := braces(word)
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

// valuesOf are a variable's. One that nobody sets is empty; an argument is unknown.
func (r *scriptReader) valuesOf(name string) []string {
	values := r.vars[name]
	switch {
	case len(values) > 0:
		return values
	case name == "" || strings.Trim(name, "0123456789") == "":
		return []string{unknown}
	}
	return []string{""}
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
