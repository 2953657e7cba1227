package check

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/golden"

	"golang.org/x/sys/unix"
)

// A pidfile is held against the processes that count.
func TestPIDFileFaults(t *testing.T) {
	java := []Match{{Process: proctable.Process{PID: 684, Parent: 50, Exe: "/usr/bin/java", User: 7}}}
	two := append(java, Match{Process: proctable.Process{PID: 685, Parent: 684, Exe: "/usr/bin/java", User: 7}})
	ofInit := []Match{{Process: proctable.Process{PID: 684, Parent: 1, Exe: "/usr/bin/java", User: 7}}}
	process := func(n int, name string) pidReading {
		return pidReading{pidText: pidText{Number: n}, owner: proctable.Owner{Known: true, PID: n, Name: name}}
	}
	thread := pidReading{pidText: pidText{Number: 731}, owner: proctable.Owner{Known: true, PID: 684, Name: "java"}}
	zombie := pidReading{pidText: pidText{Number: 731}, owner: proctable.Owner{Known: true, PID: 731, Name: "java", Zombie: true}}
	gone := pidReading{pidText: pidText{Number: 731}, owner: proctable.Owner{Known: true}}
	empty := func(age time.Duration) pidReading {
		return pidReading{pidText: pidText{Trouble: "is empty", Empty: true, Age: age}}
	}
	missing := pidReading{pidText: pidText{Trouble: "is missing", Missing: true}}
	zombieParent := process(50, "daemon")
	zombieParent.owner.Zombie = true
	goneParent := pidReading{pidText: pidText{Number: 50}, owner: proctable.Owner{Known: true}}
	texts := golden.Open(t, "pidfile_faults.txtar")
	for _, tc := range []struct {
		name    string
		r       pidReading
		matches []Match
	}{
		{"not read", pidReading{}, java},
		{"the daemon's", process(684, "java"), java},
		{"its second process", process(685, "java"), two},
		{"the daemon's, of which nothing can be told", pidReading{pidText: pidText{Number: 684}}, java},
		{"its supervisor's", process(50, "daemon"), java},
		{"its dead supervisor's", zombieParent, java},
		{"its former supervisor's", goneParent, java},
		{"process 1's", process(1, "init"), ofInit},
		{"missing", missing, java},
		{"not readable", pidReading{pidText: pidText{Trouble: "cannot be read: permission denied"}}, java},
		{"a link", pidReading{pidText: pidText{Trouble: "is a symbolic link, which is not followed"}}, java},
		{"no number", pidReading{pidText: pidText{Trouble: "holds no process id"}}, java},
		{"just made", empty(0), java},
		{"made a moment ago", empty(firstMoment - 1), java},
		{"empty for too long", empty(firstMoment), java},
		{"made in the future", empty(-time.Second), java},
		{"nobody's", gone, java},
		{"a thread's", thread, java},
		{"a zombie's", zombie, java},
		{"another's", process(731, "sshd"), java},
		{"what cannot be told", pidReading{pidText: pidText{Number: 731}}, java},

		{"down, the file not read", pidReading{}, nil},
		{"down, and missing", missing, nil},
		{"down, and empty", empty(time.Hour), nil},
		{"down, and no number", pidReading{pidText: pidText{Trouble: "holds no process id"}}, nil},
		{"down, and nobody's", gone, nil},
		{"down, and a zombie's", zombie, nil},
		{"down, and what cannot be told", pidReading{pidText: pidText{Number: 731}}, nil},
		{"down, and a thread's", thread, nil},
		{"down, and another's", process(731, "sshd"), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := pidFileFaults(PIDFile{"/run/app.pid", false}, tc.r, tc.matches)
			texts.Check(t, tc.name, strings.Join(said(got), "\n"))
			// Nothing is known of a lock.
			if locked := pidFileFaults(PIDFile{"/run/app.pid", true}, tc.r, tc.matches); !reflect.DeepEqual(locked, got) {
				t.Errorf("if it must be locked: %+v, not %+v", locked, got)
			}
		})
	}
}

// The lock must be the daemon's.
func TestPIDFileLocks(t *testing.T) {
	java := []Match{{Process: proctable.Process{PID: 684, Parent: 50, Exe: "/usr/bin/java", User: 7}}}
	held := func(by ...int) proctable.Lock { return proctable.Lock{Known: true, Holders: by} }
	number := func(n int, l proctable.Lock) pidReading {
		return pidReading{pidText: pidText{Number: n}, owner: proctable.Owner{Known: true, PID: n, Name: "daemon"}, lock: l}
	}
	missing := func(l proctable.Lock) pidReading {
		return pidReading{pidText: pidText{Trouble: "is missing", Missing: true}, lock: l}
	}
	isJava := " (pid 684 /usr/bin/java of user 7)"
	for _, tc := range []struct {
		name     string
		unlocked bool // it need not be locked
		r        pidReading
		matches  []Match
		want     []string
	}{
		{"held", false, number(684, held(684)), java, nil},
		{"held by one of several", false, number(684, held(683, 684)), java, nil},
		{"held by somebody", false, number(684, held(proctable.SomeHolder)), java, nil},
		{"held by the supervisor", false, number(50, held(50)), java, nil},
		{"cannot be told", false, number(684, proctable.Lock{}), java, nil},
		{"free", false, number(684, held()), java, []string{"is not locked by the daemon" + isJava}},
		{"free, as it may be", true, number(684, held()), java, nil},
		{"another's", false, number(684, held(731)), java, []string{"is locked by process 731, not by the daemon" + isJava}},
		{"another's, whose number it holds", false, number(731, held(731)), java, []string{
			"holds 731, which is daemon and not the daemon" + isJava, "is locked by process 731, not by the daemon" + isJava,
		}},
		{"replaced", false, number(684, proctable.Lock{Known: true, Removed: []int{684}}), java, []string{"was replaced: process 684 holds the lock of the file that was there"}},
		{"replaced by another's", false, number(731, proctable.Lock{Known: true, Removed: []int{684}, Holders: []int{731}}), java, []string{
			"holds 731, which is daemon and not the daemon" + isJava, "was replaced: process 684 holds the lock of the file that was there",
		}},
		{"held, and an old one too", false, number(684, proctable.Lock{Known: true, Holders: []int{684}, Removed: []int{684}}), java, nil},
		{"free, another's old one", false, number(684, proctable.Lock{Known: true, Removed: []int{731}}), java, []string{"is not locked by the daemon" + isJava}},
		{"removed", false, missing(proctable.Lock{Known: true, Removed: []int{684}}), java, []string{"was removed: process 684 holds the lock of the file that was there"}},
		{"missing", false, missing(held()), java, []string{"is missing"}},
		{"missing, another's old one", false, missing(proctable.Lock{Known: true, Removed: []int{731}}), java, []string{"is missing"}},
		{"down, and free", false, number(684, held()), nil, []string{"holds 684, which is daemon and not the daemon"}},
		{"down, and removed", false, missing(held()), nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var want []Fault
			for _, text := range tc.want {
				want = append(want, Fault{PIDFiles, Warn, "/run/app.pid " + text})
			}
			if got := pidFileFaults(PIDFile{"/run/app.pid", !tc.unlocked}, tc.r, tc.matches); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// One number, with white space around it or lines behind it, is a process id.
func TestParsePID(t *testing.T) {
	for text, want := range map[string]int{
		"731":                            731,
		"731\n":                          731,
		"731\r\n":                        731,
		" \t\n 731 \t\n\n":               731,
		"00731":                          731,
		"4194304":                        4194304,
		strconv.Itoa(math.MaxInt32):      math.MaxInt32,
		"731\n/var/lib/postgresql\n5432": 731,
		"731 \nroot:x:0":                 731,
		"":                               0,
		" \n":                            0,
		"0":                              0,
		"-1":                             0,
		"-731":                           0,
		"+731":                           0,
		"2147483648":                     0,
		"99999999999999999999":           0,
		"0x2db":                          0,
		"7_31":                           0,
		"7.31":                           0,
		"731 732":                        0,
		"731 sshd":                       0,
		"sshd 731":                       0,
		"pid=731":                        0,
		"root:x:0:0\n731":                0,
		"731\x00":                        0,
		"\ufeff731":                      0,
		"٧٣١":                            0,
	} {
		if got, ok := parsePID([]byte(text)); ok != (want > 0) || ok && got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, ok, want)
		}
	}
}

// No more is read than a number needs, and nothing else of it is told.
func TestReadNumber(t *testing.T) {
	for _, tc := range []struct {
		name string
		from io.Reader
		want pidReading
	}{
		{"a number", strings.NewReader("731\n"), pidReading{pidText: pidText{Number: 731}}},
		{"byte by byte", iotest.OneByteReader(strings.NewReader("731\n")), pidReading{pidText: pidText{Number: 731}}},
		{"nothing", strings.NewReader(""), pidReading{pidText: pidText{Trouble: "is empty", Empty: true}}},
		{"white space", strings.NewReader("\n"), pidReading{pidText: pidText{Trouble: "holds no process id"}}},
		{"a secret", strings.NewReader("root:$6$"), pidReading{pidText: pidText{Trouble: "holds no process id"}}},
		{"far too much white space", strings.NewReader(strings.Repeat(" ", 64) + "731"), pidReading{pidText: pidText{Trouble: "holds no process id"}}},
		{"no end", strings.NewReader("731\n" + strings.Repeat("9", 1<<20)), pidReading{pidText: pidText{Number: 731}}},
		{"an error", iotest.ErrReader(&os.PathError{Op: "read", Path: "/run/app.pid", Err: unix.EIO}), pidReading{pidText: pidText{Trouble: "cannot be read: input/output error"}}},
		{"an error behind a number", io.MultiReader(strings.NewReader("73"), iotest.ErrReader(errors.New("torn"))), pidReading{pidText: pidText{Trouble: "cannot be read: torn"}}},
	} {
		var r pidReading
		if r.readNumber(tc.from); !reflect.DeepEqual(r, tc.want) {
			t.Errorf("%s: %+v, want %+v", tc.name, r, tc.want)
		}
	}
}

// Whatever the bytes, only a number is a number.
func FuzzParsePID(f *testing.F) {
	for _, seed := range []string{"731", " 731\n", "731\nx", "-1", "2147483648", "\x00", "731\r"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, ok := parsePID(text)
		if ok != (n > 0) || n > math.MaxInt32 {
			t.Errorf("%q: %d, %v", text, n, ok)
		}
		if ok && !bytes.Contains(text, []byte(strconv.Itoa(n))) {
			t.Errorf("%q does not hold %d", text, n)
		}
	})
}
