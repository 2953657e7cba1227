package words

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	list := []string{"executable", "services", "start_timeout", "stop_timeout", "cpu", "user", "not_user"}
	for text, want := range map[string]string{
		"excutable": "executable", "exectuable": "executable", "Executable": "executable", "service": "services", "start-timeout": "start_timeout",
		"usr": "user", "notuser": "not_user", "cup": "cpu", "gpu": "cpu", "colour": "", "x": "", "": "", "stoptimeout": "stop_timeout", "StartTimeout": "start_timeout",
		strings.Repeat("x", 1000): "",
	} {
		if got := Nearest(text, list); got != want {
			t.Errorf("%q is near %q, want %q", text, got, want)
		}
	}
}
