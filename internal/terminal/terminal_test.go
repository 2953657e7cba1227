package terminal

import (
	"os"
	"testing"
)

// Who says when comes before the environment, and a file is no
func TestColored(t *testing.T) {
	for _, tc := range []struct {
		when, no, force, term string
		want                  bool
	}{
		{Auto, "", "", "xterm", false},
		{"", "", "", "xterm", false},
		{Auto, "", "1", "xterm", true},
		{Auto, "", "0", "xterm", false},
		{Auto, "", "1", "dumb", true},
		{Auto, "1", "1", "xterm", false},
		{Never, "", "1", "xterm", false},
		{Always, "1", "", "dumb", true},
	} {
		t.Setenv("NO_COLOR", tc.no)
		t.Setenv("CLICOLOR_FORCE", tc.force)
		t.Setenv("TERM", tc.term)
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		if got := Colored(f, tc.when); got != tc.want {
			t.Errorf("%+v: %v", tc, got)
		}
		f.Close()
	}
}
