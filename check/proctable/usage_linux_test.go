package proctable

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// statLine is /proc/PID/stat with 52 fields of which each has its own number as
// its value, but for the name and the three that we read.
func statLine(name, utime, stime, start string) string {
	fields := make([]string, 52)
	for i := range fields {
		fields[i] = fmt.Sprint(i + 1)
	}
	fields[1], fields[2], fields[13], fields[14], fields[21] = "("+name+")", "S", utime, stime, start
	return strings.Join(fields, " ") + "\n"
}

// Whatever a process calls itself, its times are read from the right fields.
func TestParseStat(t *testing.T) {
	want := Times{CPU: 3 * time.Second, Start: 1118974}
	for _, name := range []string{"cat", "", "a b", ")", "((", "x) S 1 1", "x) R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22", "line\nend", "\xff"} {
		if got, err := parseStat([]byte(statLine(name, "100", "200", "1118974"))); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", name, got, err, want)
		}
	}
	old := "1 (init) S 0 1 1 0 -1 4194560 7 7 7 7 250 50 0 0 20 0 1 0 42" // ends with the last field that we need
	if got, err := parseStat([]byte(old)); err != nil || got != (Times{CPU: 3 * time.Second, Start: 42}) {
		t.Errorf("%q: %+v, %v", old, got, err)
	}
}

// What is cut off is a process that ends; what is mangled is an error.
func TestParseStatRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		gone       bool
	}{
		{"empty", "", true},
		{"no name", "1 cat S 0", true},
		{"only the name", "1 (cat)", true},
		{"one field too few", "1 (init) S 0 1 1 0 -1 4194560 7 7 7 7 250 50 0 0 20 0 1 0", true},
		{"no user time", statLine("cat", "x", "1", "1"), false},
		{"negative system time", statLine("cat", "1", "-1", "1"), false},
		{"a start of 64 bits", statLine("cat", "1", "1", "9223372036854775808"), false},
	} {
		if got, err := parseStat([]byte(tc.text)); err == nil || errors.Is(err, ErrGone) != tc.gone {
			t.Errorf("%s: %+v, %v", tc.name, got, err)
		}
	}
}

// The kernel's own line of this very process is understood.
func TestParseStatOfOurselves(t *testing.T) {
	text, err := os.ReadFile("/proc/self/stat")
	must(t, err)
	got, err := parseStat(text)
	must(t, err)
	if age := sinceBoot() - time.Duration(got.Start)*tick; age < 0 || age > time.Hour || got.CPU < 0 || got.CPU > time.Hour {
		t.Errorf("%d ticks: %v old, %v of CPU", got.Start, age, got.CPU)
	}
}

// Whatever the bytes, parseStat answers.
func FuzzParseStat(f *testing.F) {
	f.Add([]byte(statLine("cat", "100", "200", "1118974")))
	f.Add([]byte(statLine(") S (", "18446744073709551615", "1", "1")))
	f.Add([]byte("1 (x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, err := parseStat(text); err == nil && got.Start > 1<<63-1 {
			t.Errorf("a start of %d", got.Start)
		}
	})
}
