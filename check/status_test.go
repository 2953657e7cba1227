package check

import (
	"os"
	"strings"
	"testing"
)

const statusDir = "../testdata/proc/status/"

// The kernel's own files, hostile names among them, say what they say.
func TestParseStatus(t *testing.T) {
	for file, want := range map[string]procStatus{
		"plain":           {"clamd", 'S', 1, 0},
		"stopped":         {"clamd", 'T', 1, 0},
		"zombie":          {"perl", 'Z', 1, 0},
		"dead-leader":     {"toy", 'Z', 5, 0},
		"kernel-thread":   {"kthreadd", 'S', 1, 0},
		"huge-uid":        {"clamd", 'S', 1, 3000000000},
		"effective":       {"sleep", 'S', 1, 0}, // the real one is 12345
		"fifteen":         {"0123456789abcde", 'S', 1, 0},
		"empty-name":      {"", 'S', 1, 0},
		"hostile-newline": {`x\nUid:` + "\t0", 'S', 1, 0},
		"hostile-bytes":   {"a:\tb" + `\\` + "c\r\xff", 'S', 1, 0},
	} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(statusDir + file)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := parseStatus(text); err != nil || got != want {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
		})
	}
}

// A file that lacks or mangles what we need is an error, never a guess.
func TestParseStatusRefuses(t *testing.T) {
	good := "Name:\tx\nState:\tS (sleeping)\nUid:\t1\t2\t3\t4\nThreads:\t1\n"
	if st, err := parseStatus([]byte(good)); err != nil || st != (procStatus{"x", 'S', 1, 2}) {
		t.Fatalf("%+v, %v", st, err)
	}
	for _, tc := range []struct{ name, old, new, want string }{
		{"no name", "Name:\tx\n", "", "missing"},
		{"no state", "State:\tS (sleeping)\n", "", "missing"},
		{"no user", "Uid:\t1\t2\t3\t4\n", "", "missing"},
		{"no threads", "Threads:\t1\n", "", "missing"},
		{"cut off", "Threads:\t1\n", "Thre", "missing"},
		{"nothing", good, "", "missing"},
		{"one twice, in place of another", "State:\tS (sleeping)", "Uid:\t1\t2\t3\t4", "missing"},
		{"empty state", "S (sleeping)", "", "empty state"},
		{"three ids", "\t4\n", "\n", "3 user ids"},
		{"five ids", "\t4\n", "\t4\t5\n", "5 user ids"},
		{"negative id", "\t2\t", "\t-1\t", "Uid: "},
		{"id of 33 bits", "\t2\t", "\t4294967296\t", "Uid: "},
		{"no number of threads", "Threads:\t1", "Threads:\tmany", "Threads: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.Replace(good, tc.old, tc.new, 1)
			if _, err := parseStatus([]byte(text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

// The highest user id is one like any other.
func TestParseStatusHighestUser(t *testing.T) {
	st, err := parseStatus([]byte("Name:\tx\nState:\tS\nUid:\t0\t4294967295\t0\t0\nThreads:\t1"))
	if err != nil || st.euid != 4294967295 {
		t.Errorf("%+v, %v", st, err)
	}
}

// Whatever the bytes, parseStatus answers; and what it accepts is complete.
func FuzzParseStatus(f *testing.F) {
	entries, err := os.ReadDir(statusDir)
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(statusDir + e.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("Name:\t\nState:\t\nUid:\t\nThreads:\t\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		st, err := parseStatus(text)
		if err != nil {
			return
		}
		if st.state == 0 && !strings.Contains(string(text), "State:\t\x00") {
			t.Errorf("accepted without a state: %+v", st)
		}
		if strings.Contains(st.name, "\n") {
			t.Errorf("the name %q holds a line end", st.name)
		}
	})
}

// The kernel escapes two bytes of a name, and only in this file.
func TestUnescape(t *testing.T) {
	for name, want := range map[string]string{`plain`: "plain", `back\\slash`: `back\slash`, `two\nlines`: "two\nlines", `\\n`: `\n`} {
		if got := unescape(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
