package importer

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestShellCommands(t *testing.T) {
	vars := map[string]string{"KEEP": "/bin/keep", "BOTH": "a b", "LONG": strings.Repeat("x", 900)}
	for _, test := range []struct{ line, want string }{
		{"keep -e /x -s y", "[keep -e /x -s y]"},
		{`keep "a b" 'c "d"' e\ f "g\"h"`, `[keep "a b" 'c "d"' e\ f "g\"h"]`},
		{"a && b; c || d & e | f", "[a] [b] [c] [d] [e] [f]"},
		{"a >/dev/null 2>&1 <b >>c d 3>e &>f", "[a d]"},
		{"a 2x>b", "[a 2x]"},
		{"a>b c", "[a c]"},
		{"(cd /x && a)", "[cd /x] [a]"},
		{"a # b", "[a]"},
		{"a b#c", "[a b#c]"},
		{"$KEEP ${KEEP}-x '$KEEP' $BOTH \"$BOTH\"", `[/bin/keep /bin/keep-x $KEEP a b "a b"]`},
		{"a $NONE", "[a ?$NONE]"},
		{"a $(b c) d", "[a ?$(b c) d]"},
		{"a `b c` \"$(d)\"x", "[a ?`b c` x?$(d)]"},
		{"a $ $? b$", "[a $ ?$? b$]"},
		{"a ${b", "[a ?${b]"},
		{"", ""},
		{" ;; & ", ""},
		{"a \\", `[a \]`},
		{strings.Repeat("$LONG", 5), "[?]"},
	} {
		got, err := shellCommands(test.line, vars)
		if err != nil {
			t.Errorf("%s: %v", test.line, err)
		}
		if text := shown(got); text != test.want && (test.want != "[?]" || got[0][0].unread == "") {
			t.Errorf("%s: %s, want %s", test.line, text, test.want)
		}
	}
	for _, line := range []string{`a "b`, "a 'b", `a "b\"`, `a "$KEEP`} {
		if _, err := shellCommands(line, vars); !errors.Is(err, errUnclosed) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// shown writes commands for a comparison: quotes as a reader would have put them.
func shown(commands [][]word) string {
	var out []string
	for _, c := range commands {
		var words []string
		for _, w := range c {
			text := w.text
			switch {
			case strings.Contains(text, `"`) && w.quoted && !strings.Contains(text, " "):
				text = `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
			case strings.Contains(text, `"`):
				text = "'" + text + "'"
			case strings.Contains(text, " ") && w.quoted:
				text = `"` + text + `"`
			case strings.Contains(text, " "):
				text = strings.ReplaceAll(text, " ", `\ `)
			}
			if w.unread != "" {
				text += "?" + w.unread
			}
			words = append(words, text)
		}
		out = append(out, fmt.Sprint(words))
	}
	return strings.Join(out, " ")
}

func TestUnwrap(t *testing.T) {
	const keep = "/root/keep -e /x -s y"
	for _, test := range []struct{ line, under, user string }{
		{keep, "", ""},
		{"lockf -s -t 0 /var/run/l " + keep, "lockf", ""},
		{"/usr/bin/flock -n /run/l " + keep, "flock", ""},
		{"flock -w 10 /run/l -c '" + keep + "'", "flock", ""},
		{"timeout -k 5 --foreground 50s nice -n 10 " + keep, "timeout nice", ""},
		{"nice -10 ionice -c3 " + keep, "nice ionice", ""},
		{"env -u X A=b LANG=C " + keep, "env", ""},
		{"A=b B='c d' " + keep, "", ""},
		{"sudo -n -u www " + keep, "sudo", "www"},
		{"su - www -c '" + keep + "'", "", "www"},
		{"sh -c '" + keep + "'", "", ""},
		{`/bin/bash -lc "sh -c '` + keep + `'"`, "", ""},
		{"bash -eo pipefail -c '" + keep + "'", "", ""},
		{"sh " + keep, "", ""},
		{"bash -x " + keep, "", ""},
		{"exec nohup " + keep + " &", "exec nohup", ""},
		{"if true; then " + keep + "; fi", "", ""},
		{"cd /root && [ -x keep ] && " + keep + " | logger -t keep", "", ""},
	} {
		l, err := readList(test.line, nil)
		if err != nil {
			t.Fatalf("%s: %v", test.line, err)
		}
		found := false
		for _, b := range l.commands() {
			if b.program() == "/root/keep" {
				found = true
				if got := strings.Join(b.under, " "); got != test.under || b.user != test.user || strings.Join(texts(b.words), " ") != keep {
					t.Errorf("%s: %q as %q: %q", test.line, got, b.user, texts(b.words))
				}
			}
		}
		if !found {
			t.Errorf("%s: not found in %+v", test.line, l.commands())
		}
	}
}

// Shells within shells end, at a depth that nobody needs.
func TestUnwrapEnds(t *testing.T) {
	if l, err := readList("sh -c 'sh -c \"$A\"'", map[string]string{"A": "sh -c \"$A\""}); err != nil || len(l.commands()) > 1 {
		t.Errorf("%v, %v", l, err)
	}
	if _, err := readList(`sh -c 'a "b'`, nil); !errors.Is(err, errUnclosed) {
		t.Errorf("%v", err)
	}
	for _, line := range []string{"env", "sudo -u", "timeout", "sh -c", "sh", "su", "flock x -c", "A=b", "nice -n"} {
		if _, err := readList(line, nil); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// shellCommands are the simple commands of a line.
func shellCommands(line string, vars map[string]string) ([][]word, error) {
	pieces, err := shellPieces(line, vars)
	if err != nil {
		return nil, err
	}
	var commands [][]word
	var command []word
	for _, p := range append(pieces, piece{op: ";"}) {
		switch {
		case p.op == "":
			command = append(command, p.word)
		case len(command) > 0:
			commands, command = append(commands, command), nil
		}
	}
	return commands, nil
}
