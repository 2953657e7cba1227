package words

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextFromOutsideIsMadeHarmless(t *testing.T) {
	for _, tc := range []struct{ in, printable, ascii string }{
		{"clamd", "clamd", "clamd"},
		{"", "", ""},
		{"two\nlines\r", `two\x0alines\x0d`, `two\x0alines\x0d`},
		{"\x1b[2J\x07", `\x1b[2J\x07`, `\x1b[2J\x07`},
		{"über", "über", `\xc3\xbcber`},
		{"a\u202eb", `a\xe2\x80\xaeb`, `a\xe2\x80\xaeb`}, // right-to-left override
		{"bad\xffutf8", `bad\xffutf8`, `bad\xffutf8`},
		{"\u009b31m", `\xc2\x9b31m`, `\xc2\x9b31m`}, // one-character CSI
		{"\ufffd", "\ufffd", `\xef\xbf\xbd`},
	} {
		if got := Printable(tc.in); got != tc.printable {
			t.Errorf("Printable(%q) = %q, want %q", tc.in, got, tc.printable)
		}
		if got := ASCII(tc.in); got != tc.ascii {
			t.Errorf("ASCII(%q) = %q, want %q", tc.in, got, tc.ascii)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b]0;x\x07\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		if got := ASCII(s); strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("ASCII(%q) = %q", s, got)
		}
		if got := Printable(s); !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("Printable(%q) = %q", s, got)
		}
	})
}

func TestCut(t *testing.T) {
	for _, tc := range []struct {
		in   string
		most int
		want string
	}{
		{"short", 5, "short"},
		{"longer", 5, "lo..."},
		{"über das", 6, "üb..."},
		{"aüber das", 5, "a..."}, // not half a character
		{"", 5, ""},
	} {
		if got := Cut(tc.in, tc.most); got != tc.want || len(got) > tc.most {
			t.Errorf("Cut(%q, %d) = %q, want %q", tc.in, tc.most, got, tc.want)
		}
	}
}

func TestPlural(t *testing.T) {
	if a, b, c := Plural(0, "line"), Plural(1, "line"), Plural(2, "line"); a != "0 lines" || b != "1 line" || c != "2 lines" {
		t.Errorf("%q, %q, %q", a, b, c)
	}
}

type hinted struct{ error }

func (hinted) Hint() string { return "this way" }

func TestHint(t *testing.T) {
	plain := errors.New("no")
	if got := Hint(fmt.Errorf("it is: %w", hinted{plain})); got != "this way" {
		t.Errorf("%q", got)
	}
	if got := Hint(plain) + Hint(nil); got != "" {
		t.Errorf("%q", got)
	}
}

func TestList(t *testing.T) {
	for want, names := range map[string][]string{"": nil, "a": {"a"}, "a, b": {"a", "b"}, "a, b and 1 more": {"a", "b", "c"}, "a, b and 3 more": {"a", "b", "c", "d", "e"}} {
		if got := List(names, 2); got != want {
			t.Errorf("%v: %q", names, got)
		}
	}
}
