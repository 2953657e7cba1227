package rcd

import (
	"slices"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	kilo := strings.Repeat("k", 999)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"only line ends", "\n\n \t\r\n\x00\n", nil},
		{"one line", "failed\n", []string{"failed"}},
		{"no line end", "failed", []string{"failed"}},
		{"more than five", "1\n2\n3\n4\n5\n6\n7\n", []string{"3", "4", "5", "6", "7"}},
		{"empty lines count", "1\n\n3\n\n\n6\n", []string{"", "3", "", "", "6"}},
		{"empty lines at the end do not", "1\n2\n\n\n\n\n\n\n", []string{"1", "2"}},
		{"indented", "  a\n\tb  \n", []string{"  a", "\tb"}},
		{"binary", "a\x00b\xff\x1b[2J\nc\x00\n", []string{"a\x00b\xff\x1b[2J", "c"}},
		{"NUL bytes alone", strings.Repeat("\x00", 10000), nil},
		// 4096 bytes are four of these lines and 96 bytes of the fifth.
		{"cut line", strings.Repeat(kilo+"\n", 10), []string{kilo, kilo, kilo, kilo}},
		{"cut line before the last", strings.Repeat("x", 10000) + "\nlast\n", []string{"last"}},
		{"one huge line", strings.Repeat("x", 1<<20), []string{strings.Repeat("x", 4096)}},
		{"exactly 4 KiB", "first\n" + strings.Repeat("x", 4090), []string{"first", strings.Repeat("x", 4090)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := openOutput(t, &Outputs{Dir: t.TempDir()})
			if _, err := out.WriteString(tt.text); err != nil {
				t.Fatal(err)
			}
			if got := out.tail(); !slices.Equal(got, tt.want) {
				t.Errorf("tail %.200q, want %.200q", got, tt.want)
			}
		})
	}
}

// TestTailBetweenLines: a cut that falls between two lines is not a cut line; the
// first whole line was dropped all the same.
func TestTailBetweenLines(t *testing.T) {
	line := strings.Repeat("x", 1023)
	out := openOutput(t, &Outputs{Dir: t.TempDir()})
	if _, err := out.WriteString(strings.Repeat(line+"\n", 10)); err != nil {
		t.Fatal(err)
	}
	if got := out.tail(); len(got) != 4 {
		t.Errorf("%d lines of the last 4 KiB, want 4", len(got))
	}
}

// TestTailOfWhatIsGone: the daemon has emptied the file while it was read.
func TestTailOfWhatIsGone(t *testing.T) {
	for _, text := range []string{"", "\n", "x"} {
		if got := lastLines(text, true); len(got) > 0 {
			t.Errorf("%q: %q", text, got)
		}
	}
}
