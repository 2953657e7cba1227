package notify

import (
	"fmt"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	out := new(tail)
	for i := range 1000 {
		fmt.Fprintf(out, "%d %s\n", i, strings.Repeat("x", 60))
	}
	if len(out.kept) > tailBytes {
		t.Errorf("%d bytes are kept", len(out.kept))
	}
	x := strings.Repeat("x", 60)
	if got, want := out.String(), strings.Join([]string{"995 " + x, "996 " + x, "997 " + x, "998 " + x, "999 " + x}, " | "); got != want {
		t.Errorf("got %s", got)
	}
	for text, want := range map[string]string{
		"":                       "",
		" \n\n":                  "",
		"no end of a line":       "no end of a line",
		strings.Repeat("y", 300): strings.Repeat("y", 197) + "...",
		strings.Repeat("y", tailBytes) + "z\nlast": "last", // the first line has been cut
	} {
		out := new(tail)
		if _, _ = out.Write([]byte(text)); out.String() != want {
			t.Errorf("%.40q: %q", text, out.String())
		}
	}
}
