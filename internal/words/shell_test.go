package words

import (
	"slices"
	"strings"
	"testing"
)

func TestShellTokens(t *testing.T) {
	for line, want := range map[string][]string{
		"a b":                {"a", " ", "b"},
		`a"b 'c"'d"'`:        {"a", `"`, "b", " ", "'", "c", "'", `d`, `"`},
		"a#b #c d":           {"a", "#", "b", " ", "#c d"},
		`\$\a "\$\a"`:        {"$", "a", " ", `"`, "$", `\`, "a"},
		"a&&b||c;;d|&e\n":    {"a", "&&", "b", "||", "c", ";;", "d", "|&", "e", "\n"},
		"a 2>&1 &>b":         {"a", " ", "2", ">&", "1", " ", "&>", "b"},
		"$a$1$?$ ${a:-${b}}": {"$a", "$1", "$?", "$", " ", "${a:-${b}}"},
		"$(a ')' $(b))`c`":   {"$(a ')' $(b))", "`c`"},
		"$(a":                {"$(a"},
		`"a`:                 {`"`, "a", ""},
		"":                   nil,
	} {
		var got []string
		for token := range ShellTokens(line) {
			got = append(got, token.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// Whatever the line is, its end is reached, and nothing is made up.
func FuzzShellTokens(f *testing.F) {
	for _, seed := range []string{`a "b $c" 'd' >e`, "$(a", "${", "`", `\`, "a && b # c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		rest := line
		for token := range ShellTokens(line) {
			i := strings.Index(rest, token.Text)
			if i < 0 || token.Text == "" && token.Kind != ShellUnclosed {
				t.Fatalf("%q is not in %q", token.Text, rest)
			}
			rest = rest[i+len(token.Text):]
		}
	})
}
