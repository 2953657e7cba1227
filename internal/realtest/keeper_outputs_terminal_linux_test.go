package realtest

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// In a terminal, status has colours and its lines fit; elsewhere it is plain text.
func outputsTerminal(t *testing.T, m *Machine) {
	escapes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, columns := range []int{80, 120} {
		in := "stty cols " + strconv.Itoa(columns) + "; " + program + " status"
		a := begin(t, m, "env", "TERM=xterm", "script", "--quiet", "--return", "--command", in, "/dev/null")()
		expect(t, a, 2, "up", "down", "busy", "unknown", "forbidden")
		if !escapes.MatchString(a.stdout) {
			t.Errorf("no colours: %q", a.stdout)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(a.stdout, "\r\n"), "\r\n") {
			plain := escapes.ReplaceAllString(line, "")
			if n := utf8.RuneCountInString(plain); n > columns || strings.ContainsRune(plain, '\x1b') {
				t.Errorf("%d characters in %d columns: %q", n, columns, line)
			}
		}
	}
	a := run(t, m, "status")
	expect(t, a, 2, "up", "down", "busy", "unknown", "forbidden")
	if strings.Contains(a.stdout, "\x1b") {
		t.Errorf("colours: %q", a.stdout)
	}
}
