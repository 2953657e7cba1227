package proctable

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/osutil"
)

// What stands before and behind a name is the kernel's, whatever the name is.
func TestParseStatNames(t *testing.T) {
	const rest = " S 812 800 790 34817 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1000 2\n"
	for line, name := range map[string]string{
		"815 (sh)" + rest: "sh", "815 (a) S 1 1 1 ) b(c)" + rest: "a) S 1 1 1 ) b(c", "815 (new\nline)" + rest: "new\nline", "815 ()" + rest: "",
	} {
		want := Stat{
			Name: name, State: 'S', Parent: 812, Group: 800, Session: 790, TTY: 34817, Threads: 1,
			CPU: 110 * time.Millisecond, Start: 123450 * time.Millisecond,
		}
		if got, err := ParseStat([]byte(line)); got != want || err != nil {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
	}
}

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
	const start = 1118974 * tick
	for _, name := range []string{"cat", "", "a b", ")", "((", "x) S 1 1", "x) R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22", "line\nend", "\xff"} {
		if got, err := ParseStat([]byte(statLine(name, "100", "200", "1118974"))); err != nil || got.CPU != 3*time.Second || got.Start != start || got.Name != name || !got.HasArgs {
			t.Errorf("%q: %+v, %v", name, got, err)
		}
	}
	old := "1 (init) S 0 1 1 0 -1 4194560 7 7 7 7 250 50 0 0 20 0 1 0 42" // ends with the last field that we need
	if got, err := ParseStat([]byte(old)); err != nil || got.CPU != 3*time.Second || got.Start != 42*tick || got.HasArgs {
		t.Errorf("%q: %+v, %v", old, got, err)
	}
}

// A thousand CPUs use more in some months than 40 bits count. That is not a reason to know nothing
// of any process.
func TestParseStatOfMuchCPU(t *testing.T) {
	for _, ticks := range []string{"1099511627776", "9223372036854775807"} {
		if got, err := ParseStat([]byte(statLine("cat", ticks, ticks, "1"))); err != nil || got.CPU < 280*365*24*time.Hour {
			t.Errorf("%s: %v, %v", ticks, got.CPU, err)
		}
	}
}

// What is cut off is a process that ends; what is mangled is an error.
func TestParseStatRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		gone       bool
	}{
		{"empty", "", true},
		{"only one bracket", "815 sh) S 1", true},
		{"brackets the wrong way round", "815 )sh( S 1", true},
		{"no name", "1 cat S 0", true},
		{"only the name", "1 (cat)", true},
		{"one field too few", "1 (init) S 0 1 1 0 -1 4194560 7 7 7 7 250 50 0 0 20 0 1 0", true},
		{"a state of many letters", "1 (init) running 0 1 1 0 -1 4194560 7 7 7 7 250 50 0 0 20 0 1 0 42", false},
		{"no parent", "1 (init) S x 1 1 0 -1 4194560 7 7 7 7 250 50 0 0 20 0 1 0 42", false},
		{"a parent of many digits", "1 (init) S 99999999999999999999 1 1 0 -1 4194560 7 7 7 7 250 50 0 0 20 0 1 0 42", false},
		{"no user time", statLine("cat", "x", "1", "1"), false},
		{"negative system time", statLine("cat", "1", "-1", "1"), false},
		{"a start of 64 bits", statLine("cat", "1", "1", "9223372036854775808"), false},
	} {
		if got, err := ParseStat([]byte(tc.text)); err == nil || errors.Is(err, ErrGone) != tc.gone {
			t.Errorf("%s: %+v, %v", tc.name, got, err)
		}
	}
}

// The kernel's own line of this very process is understood.
func TestParseStatOfOurselves(t *testing.T) {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Skip(err) // not Linux
	}
	got, err := ParseStat(text)
	up, upErr := osutil.Uptime()
	if err != nil || upErr != nil {
		t.Fatal(err, upErr)
	}
	if age := up - got.Start; age < 0 || age > time.Hour || got.CPU < 0 || got.CPU > time.Hour {
		t.Errorf("%v: %v old, %v of CPU", got.Start, age, got.CPU)
	}
}

// Whatever the bytes, parseStat answers.
func FuzzParseStat(f *testing.F) {
	f.Add([]byte(statLine("cat", "100", "200", "1118974")))
	f.Add([]byte(statLine(") S (", "18446744073709551615", "1", "1")))
	f.Add([]byte("1 (x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, err := ParseStat(text); err == nil && got.Start < 0 {
			t.Errorf("a start of %v", got.Start)
		}
	})
}

// The leader of a group whose threads live on looks like a zombie.
func TestParseStatOfZombie(t *testing.T) {
	for text, ended := range map[string]bool{
		"7 (a b) ) S 1 7 7 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 1 0 4711 0 0": false,
		"7 (a) Z 1 7 7 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 1 0 4711 0 0":     true,
		"7 (a) X 1 7 7 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 1 0 4711 0 0":     true,
		"7 (a) Z 1 7 7 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 2 0 4711 0 0":     false,
	} {
		if got, err := ParseStat([]byte(text)); got.CPU != 1500*time.Millisecond || got.Start != 4711*tick || got.Ended() != ended || err != nil {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}
