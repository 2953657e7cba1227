package terminal

import "testing"

// A line is wrapped at the ends of words, whatever is painted; a long word stays whole.
func TestFold(t *testing.T) {
	for _, tc := range []struct {
		line  string
		width int
		want  string
	}{
		{"'a' is up (pid 7)", 0, "'a' is up (pid 7)"},
		{"'a' is up (pid 7)", 17, "'a' is up (pid 7)"},
		{"'a' is up (pid 7)", 16, "'a' is up (pid\n  7)"},
		{"'a' is \x1b[32mup\x1b[0m (pid 7)", 17, "'a' is \x1b[32mup\x1b[0m (pid 7)"},
		{"  it is paused by ann", 12, "  it is\n    paused\n    by ann"},
		{"see /a/long/path/that/is/whole now", 12, "see\n  /a/long/path/that/is/whole\n  now"},
		{"", 5, ""},
	} {
		if got := Fold(tc.line, tc.width); got != tc.want {
			t.Errorf("%q at %d: got %q, want %q", tc.line, tc.width, got, tc.want)
		}
	}
}
