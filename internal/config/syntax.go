package config

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// syntaxMistake finds the place of a syntax error that the library reports, and explains it.
// The library usually reports the line where the enclosing construct begins; for an alias
// without an anchor it reports no line; see faultyLine.
func syntaxMistake(data []byte, err error) *Mistake {
	told, why := splitError(err)
	lines := bytes.SplitAfter(data, []byte("\n"))
	number := faultyLine(lines, told)
	if strings.Contains(why, "mapping values are not allowed") {
		number = lineWithoutColon(lines, number)
	}
	line := strings.TrimRight(string(lines[number-1]), "\r\n")
	text := strings.TrimSpace(line)
	return explain(why, text).at(&node{Line: number, Column: 1 + strings.Index(line, text), Value: text})
}

// splitError reads "yaml: line 3: did not find expected key".
func splitError(err error) (line int, why string) {
	why = strings.TrimPrefix(err.Error(), "yaml: ")
	if number, rest, ok := strings.Cut(why, ": "); ok {
		if n, err := strconv.Atoi(strings.TrimPrefix(number, "line ")); err == nil {
			return n, rest
		}
	}
	return 1, why
}

// mostParsed limits how many bytes are parsed to find the faulty line.
const mostParsed = 8 << 20

// faultyLine returns the number of the line that follows the longest readable beginning of the
// file: the line with the fault, or the one that opens the bracket or quote around it. If the
// search takes too long, it returns the line that the library reported.
func faultyLine(lines [][]byte, told int) int {
	parsed := 0
	isGood := func(n int) bool {
		beginning := bytes.Join(lines[:n], nil)
		parsed += len(beginning)
		_, _, err := decode(beginning)
		return err == nil
	}
	good := 0
	for bad := len(lines); parsed < mostParsed; {
		if bad-good > 1 {
			if middle := (good + bad) / 2; isGood(middle) {
				good = middle
			} else {
				bad = middle
			}
			continue
		}
		// A beginning that ends within brackets cannot be read, either: look behind them.
		further := 0
		for step := 2; good+step < len(lines) && parsed < mostParsed && further == 0; step *= 2 {
			if isGood(good + step) {
				further = good + step
			}
		}
		if further == 0 {
			return good + 1
		}
		good, bad = further, len(lines)
	}
	return min(max(told, 1), len(lines))
}

// lineWithoutColon returns the line before one with an unexpected colon, if that line has no
// colon: YAML reads both as one text of several lines.
func lineWithoutColon(lines [][]byte, number int) int {
	for before := number - 1; before > 0; before-- {
		text := strings.TrimRight(string(lines[before-1]), " \r\n")
		switch bare := strings.TrimLeft(text, " "); {
		case bare == "" || bare[0] == '#':
			continue
		case bare[0] == '-' || strings.Contains(bare, ": ") || strings.HasSuffix(bare, ":"):
			return number
		}
		return before
	}
	return number
}

type explanation struct {
	words, ours, hint string
}

// explanations has words of the library's errors, the beginning of our message, and the hint.
// The first one whose words are in the error is used.
var explanations = []explanation{
	{"block sequence entries are not allowed", "cannot read a dash here", `begin a list in the line below its key, or write ["a", "b"]; text that begins with "- " must stand in quotes`},
	{"mapping values are not allowed", "cannot read the colon here, or one is missing", `write KEY: VALUE, with a space behind the colon; a value with ": " in it must stand in quotes; a mapping begins in the line below its key, and its keys in the same column`},
	{"could not find expected ':'", "cannot read a line without a colon", "write KEY: VALUE"},
	{"did not find expected key", "cannot read this line as one of the mapping before it", "what belongs together begins in the same column; a text with quotes or brackets in it must stand in 'quotes'"},
	{"did not find expected '-' indicator", "cannot read this line as one of the list before it", "begin each item with a dash, in the same column as the others"},
	{"',' or ']'", "cannot read the list in brackets that begins here", "close the bracket, with a comma between values; a text that begins with [ must stand in 'quotes'"},
	{"',' or '}'", "cannot read the mapping in braces that begins here", "close the brace, with a comma between pairs; a text that begins with { must stand in 'quotes'"},
	{"node content", "cannot read a value here, or a bracket is open", "close each bracket; a text that begins with [ ] { } or a comma must stand in 'quotes'"},
	{"unexpected end of stream", "cannot find the end of the quote that begins here", "close it, or leave both quotes out"},
	{"unexpected document indicator", "cannot find the end of the quote that begins here", "close it, or leave both quotes out"},
	{"cannot start any token", "cannot read a value that begins like this", "put the value in quotes"},
	{"escape", "cannot read the escape in this line", `in "double quotes", write \\ for a backslash; in 'single quotes' it stands for itself`},
	{"unknown anchor", "cannot follow the alias in this line", "write its anchor (&NAME) before it; text that begins with * must stand in quotes"},
	{"alphabetic or numeric", "cannot read the name of an anchor or alias in this line", "text that begins with * or & must stand in quotes"},
	{"incompatible YAML document", "cannot read a directive", "leave the line out; text that begins with % must stand in quotes"},
	{"directive", "cannot read a directive", "leave the line out; text that begins with % must stand in quotes"},
	{"document start", "cannot read this behind the end of the document", "leave the line with the dots out"},
	{"max depth", "cannot read so many levels", "look for too many brackets or dashes"},
	{"", "cannot read this line", "look at the indentation, and for a quote, colon or comma that is missing"},
}

// explain describes what is wrong with a line.
func explain(why, line string) *problem {
	i := slices.IndexFunc(explanations, func(e explanation) bool { return strings.Contains(why, e.words) })
	e := explanations[i] // the last one holds for all
	return wrong(e.hint, "%s: %s", e.ours, quote(line))
}
