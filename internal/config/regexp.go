package config

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// Limits of regular expressions. A repetition is written out when an expression is compiled: 1
// MiB of x{1000} would take gigabytes.
const (
	maxRegexp  = 5_000   // steps of one
	maxRegexps = 200_000 // steps of all
)

func readRegexp(d *decoder, text string) (any, *problem) {
	if text == "" {
		return nil, wrong("write a regular expression, or leave the key out", "it is empty")
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, wrong("put it in 'single quotes', and a backslash before a character that stands for itself", "%s", short(strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
	}
	n := steps(tree)
	if d.regexps += n; n > maxRegexp || d.regexps > maxRegexps {
		return nil, wrong("repeat less", "it takes too much memory")
	}
	return regexp.MustCompile(text), nil
}

// steps estimates the size of a compiled expression.
func steps(r *syntax.Regexp) int {
	n := 1 + len(r.Rune)
	for _, sub := range r.Sub {
		n = min(n+steps(sub), maxRegexps+1)
	}
	if r.Op == syntax.OpRepeat {
		n *= max(r.Min, r.Max, 1)
	}
	return min(n, maxRegexps+1)
}
