package proctable

import (
	"os"
	"strings"
	"testing"
)

const statusDir = "../../testdata/proc/status/"

// The kernel's own files, hostile names among them, say what they say.
func TestParseStatus(t *testing.T) {
	for file, want := range map[string]Status{
		"plain":           {"clamd", 'S', 22114, 22104, 1, ids(0, 0), ids(0, 0), 1, 696 << 10, 988 << 10},
		"stopped":         {"clamd", 'T', 22114, 22104, 1, ids(0, 0), ids(0, 0), 1, 696 << 10, 988 << 10},
		"zombie":          {"perl", 'Z', 22388, 22386, 1, ids(0, 0), ids(0, 0), 1, 0, 0},
		"dead-leader":     {"toy", 'Z', 22411, 22104, 5, ids(0, 0), ids(0, 0), 1, 0, 0},
		"kernel-thread":   {"kthreadd", 'S', 2, 0, 1, ids(0, 0), ids(0, 0), 1, 0, 0},
		"huge-uid":        {"clamd", 'S', 22179, 22104, 1, ids(3000000000, 3000000000), ids(3000000000, 3000000000), 1, 696 << 10, 988 << 10},
		"effective":       {"sleep", 'S', 22510, 22104, 1, ids(12345, 0), ids(0, 0), 1, 1816 << 10, 2920 << 10}, // the real user is 12345
		"fifteen":         {"0123456789abcde", 'S', 22314, 22104, 1, ids(0, 0), ids(0, 0), 1, 5140 << 10, 7880 << 10},
		"empty-name":      {"", 'S', 22301, 22104, 1, ids(0, 0), ids(0, 0), 1, 5092 << 10, 7880 << 10},
		"hostile-newline": {`x\nUid:` + "\t0", 'S', 22213, 22104, 1, ids(0, 0), ids(0, 0), 1, 5120 << 10, 7880 << 10},
		"hostile-bytes":   {"a:\tb" + `\\` + "c\r\xff", 'S', 22275, 22104, 1, ids(0, 0), ids(0, 0), 1, 5220 << 10, 7880 << 10},
	} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(statusDir + file)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ParseStatus(text); err != nil || got != want {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
		})
	}
}

// ids are those of a process of which only the real one differs.
func ids(real, others uint32) [4]uint32 { return [4]uint32{real, others, others, others} }

// goodStatus has the lines that must be there, each with a value of its own.
const goodStatus = "Name:\tx\nState:\tS (sleeping)\nTgid:\t10\nPPid:\t20\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nThreads:\t9\n"

// Each line says what it says, and the last ones need not be there.
func TestParseStatusLines(t *testing.T) {
	plain := Status{Name: "x", State: 'S', Leader: 10, Parent: 20, Threads: 9, Users: [4]uint32{1, 2, 3, 4}, Groups: [4]uint32{5, 6, 7, 8}}
	for _, tc := range []struct {
		name, old, new string
		change         func(*Status)
	}{
		{"as it is", "", "", func(*Status) {}},
		{"a thread's", "Tgid:\t10", "Tgid:\t684", func(st *Status) { st.Leader = 684 }},
		{"process 1's child", "PPid:\t20", "PPid:\t1", func(st *Status) { st.Parent = 1 }},
		{"the parent is not in our namespace", "PPid:\t20", "PPid:\t0", func(st *Status) { st.Parent = 0 }},
		{"the highest user", "\t2\t", "\t4294967295\t", func(st *Status) { st.Users[Effective] = 4294967295 }},
		{"the highest group", "\t6\t", "\t4294967295\t", func(st *Status) { st.Groups[Effective] = 4294967295 }},
		{"in our namespace", "Threads", "NSpid:\t10\nThreads", func(st *Status) { st.Namespaces = 1 }},
		{"in one below ours", "Threads", "NSpid:\t10\t1\nThreads", func(st *Status) { st.Namespaces = 2 }},
		{"in one two below ours", "Threads", "NSpid:\t10\t7\t1\nThreads", func(st *Status) { st.Namespaces = 3 }},
		{"memory", "Threads", "VmRSS:\t     696 kB\nThreads", func(st *Status) { st.RSS = 712704 }},
		{"address space", "Threads", "VmSize:\t34359738368 kB\nThreads", func(st *Status) { st.VMS = 1 << 45 }},
		{"other lines of that kind", "Threads", "VmPeak:\t9 kB\nRssAnon:\t9 kB\nNStgid:\t1\t2\nPid:\t9\nThreads", func(*Status) {}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := plain
			tc.change(&want)
			if got, err := ParseStatus([]byte(strings.Replace(goodStatus, tc.old, tc.new, 1))); err != nil || got != want {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
		})
	}
}

// A file that lacks or mangles what we need is an error, never a guess.
func TestParseStatusRefuses(t *testing.T) {
	for _, tc := range []struct{ name, old, new, want string }{
		{"no name", "Name:\tx\n", "", "missing"},
		{"no state", "State:\tS (sleeping)\n", "", "missing"},
		{"no process", "Tgid:\t10\n", "", "missing"},
		{"no parent", "PPid:\t20\n", "", "missing"},
		{"no user", "Uid:\t1\t2\t3\t4\n", "", "missing"},
		{"no group", "Gid:\t5\t6\t7\t8\n", "", "missing"},
		{"no threads", "Threads:\t9\n", "", "missing"},
		{"cut off", "Threads:\t9\n", "Thre", "missing"},
		{"nothing", goodStatus, "", "missing"},
		{"memory in place of a user", "Uid:\t1\t2\t3\t4", "VmRSS:\t1 kB", "missing"},
		{"one twice, in place of another", "State:\tS (sleeping)", "Uid:\t1\t2\t3\t4", "missing"},
		{"empty state", "S (sleeping)", "", "empty state"},
		{"three users", "\t4\n", "\n", "Uid: 3 ids"},
		{"five users", "\t4\n", "\t4\t5\n", "Uid: 5 ids"},
		{"three groups", "\t8\n", "\n", "Gid: 3 ids"},
		{"negative user", "\t2\t", "\t-1\t", "Uid: "},
		{"user of 33 bits", "\t2\t", "\t4294967296\t", "Uid: "},
		{"group of 33 bits", "\t6\t", "\t4294967296\t", "Gid: "},
		{"no number of threads", "Threads:\t9", "Threads:\tmany", "Threads: "},
		{"no number of a process", "Tgid:\t10", "Tgid:\t", "Tgid: "},
		{"no number of a parent", "PPid:\t20", "PPid:\tinit", "PPid: "},
		{"memory without a number", "Threads", "VmRSS:\t kB\nThreads", "VmRSS: "},
		{"memory in another unit", "Threads", "VmRSS:\t1 MB\nThreads", "VmRSS: "},
		{"address space that no 64 bits can hold", "Threads", "VmSize:\t18014398509481984 kB\nThreads", "VmSize: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.Replace(goodStatus, tc.old, tc.new, 1)
			if _, err := ParseStatus([]byte(text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
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
	f.Add([]byte("Name:\t\nState:\t\nTgid:\t\nPPid:\t\nUid:\t\nGid:\t\nThreads:\t\n"))
	f.Add([]byte(goodStatus + "NSpid:\t10\t1\nVmRSS:\t1 kB\nVmSize:\t18014398509481983 kB\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		st, err := ParseStatus(text)
		if err != nil {
			return
		}
		if st.State == 0 && !strings.Contains(string(text), "State:\t\x00") {
			t.Errorf("accepted without a state: %+v", st)
		}
		if strings.Contains(st.Name, "\n") {
			t.Errorf("the name %q holds a line end", st.Name)
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
