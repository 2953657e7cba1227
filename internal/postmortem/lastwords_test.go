package postmortem

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// at is a time of day, in seconds before the jvm was found dead.
func ago(s float64) time.Time { return jvm().Wall.Add(-seconds(s)) }

func wrote(pid int, s float64, text string) map[string]string {
	return map[string]string{"_PID": fmt.Sprint(pid), "__REALTIME_TIMESTAMP": fmt.Sprint(ago(s).UnixMicro()), "MESSAGE": text}
}

func manages(s float64, id, text string) map[string]string {
	entry := wrote(1, s, text)
	entry["MESSAGE_ID"] = id
	return entry
}

const startID, otherID = "39f53479d3a045ac8e11786248231fbf", "98e322203f7a4ed290d09fe03c09fe15"

func TestJournalWords(t *testing.T) {
	d := jvm()
	d.Service = "javad"
	for _, tc := range []struct {
		name    string
		entries []map[string]string
		want    string
	}{
		{"nothing", nil, ""},
		{"what it said", []map[string]string{wrote(29789, 12, "one"), wrote(29789, 11, "two"), wrote(29789, 10, "three"), wrote(29789, 9, "four"), manages(8, otherID, "javad.service: Main process exited, code=killed, status=15/TERM")}, `its last words: "two", "three", "four"`},
		{"a child of its", []map[string]string{wrote(500, 10, "worker"), wrote(77, 9, "somebody else")}, `its last words: "worker"`},
		{"long ago", []map[string]string{wrote(29789, 20000, "x"), wrote(29789, 7500, "y"), wrote(29789, 7499, "bye")}, `its last words, 2 h 4 min before it was found dead: "y", "bye"`},
		{"of its unit alone", []map[string]string{wrote(76, 100, "before"), wrote(77, 9, "somebody")}, `its last words: "somebody"`},
		{"of the next life", []map[string]string{wrote(77, 30, "somebody"), manages(9, startID, "Started javad.service"), wrote(78, 8, "hello")}, `its last words: "somebody"`},
		{"only of the next life", []map[string]string{manages(9, startID, "Started javad.service"), wrote(78, 8, "hello")}, ""},
		{"a start of an earlier life", []map[string]string{manages(200, startID, "Started javad.service"), wrote(29789, 190, "hello")}, `its last words, 3 min 10 s before it was found dead: "hello"`},
		{"later than it was found", []map[string]string{wrote(29789, -10, "x")}, ""},
		{"hostile", []map[string]string{wrote(29789, 5, "a\x1b[2Jb\nc\u202e\n"), {"_PID": "29789", "MESSAGE": "no time"}}, `its last words: "a\x1b[2Jb", "c\xe2\x80\xae"`},
		{"empty lines", []map[string]string{wrote(29789, 5, " \n\n")}, ""},
		{"long", []map[string]string{wrote(29789, 5, strings.Repeat("x", 1000))}, `its last words: "` + strings.Repeat("x", 157) + `..."`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := journalWords(tc.entries, d)
			if f == nil {
				f = &Finding{Aside: true, Sure: Hint, Next: "journalctl -u javad -n 50"}
			}
			if f.Text != tc.want || !f.Aside || f.Sure != Hint || f.Next != "journalctl -u javad -n 50" {
				t.Errorf("%+v\nwant %q", f, tc.want)
			}
		})
	}
}

func TestOutputWords(t *testing.T) {
	for _, tc := range []struct {
		name, output string
		ago          float64
		want         string
	}{
		{"nothing", "\n", 5, ""},
		{"what it said", "starting\npanic: x\n\ngoroutine 1\n\n", 5, `the last output of its start: "starting", "panic: x", "goroutine 1"`},
		{"of its start, long ago", "starting\n", 3600, ""},
		{"a little ago", "starting\n", 300, `the last output of its start, 5 min 0 s before it was found dead: "starting"`},
		{"later", "starting\n", -5, ""},
	} {
		f := fileWords("the last output of its start", "/o", []byte(tc.output), ago(tc.ago), jvm())
		if f == nil {
			f = &Finding{Aside: true}
		}
		if f.Text != tc.want || !f.Aside {
			t.Errorf("%s: %+v\nwant %q", tc.name, f, tc.want)
		}
	}
}

// A command that is to be pasted has names that a shell takes as they are.
func TestLastWordsQuoteNames(t *testing.T) {
	d := jvm()
	d.Service = `a\x2db.service`
	journal := journalWords([]map[string]string{wrote(29789, 5, "x")}, d)
	file := fileWords("its log", "/var/log/a b;c", []byte("x\n"), ago(5), d)
	line, _ := machineLine(`cgroup: fork rejected by pids controller in /system.slice/a;b.service`, "a;b")
	for _, pair := range [][2]string{{journal.Next, `journalctl -u 'a\x2db.service' -n 50`}, {file.Next, `tail -n 50 '/var/log/a b;c'`}, {line.Next, "systemctl show 'a;b' -p TasksMax"}} {
		if pair[0] != pair[1] {
			t.Errorf("%s, want %s", pair[0], pair[1])
		}
	}
}

// Last words are read from a file's end, and none is not an error; after a reboot there are none.
func TestReadLastWords(t *testing.T) {
	d := jvm()
	d.Wall = time.Now().Add(time.Second)
	d.Output = filepath.Join(t.TempDir(), "javad.output")
	if list, err := askLastWords(t.Context(), d); len(list) > 0 || err != nil {
		t.Errorf("no file: %v, %v", list, err)
	}
	if err := os.WriteFile(d.Output, []byte(strings.Repeat("noise\n", 1<<16)+"out of luck"), 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err := askLastWords(t.Context(), d); len(list) != 1 || err != nil || list[0].Text != `the last output of its start: "noise", "noise", "out of luck"` {
		t.Errorf("%+v, %v", list, err)
	}
	d.Rebooted = true
	if list, err := askLastWords(t.Context(), d); len(list) > 0 || err != nil {
		t.Errorf("after a reboot: %v, %v", list, err)
	}
}

func FuzzLastWords(f *testing.F) {
	f.Add([]byte(`{"_PID":"29789","MESSAGE":[97,27],"__REALTIME_TIMESTAMP":"1795846210000000"}`), []byte("x\n"))
	f.Fuzz(func(t *testing.T, journal, output []byte) {
		for _, found := range []*Finding{journalWords(journalEntries(journal), jvm()), fileWords("output", "/o", output, jvm().Wall, jvm())} {
			if found != nil && (len(found.Text) > 5*mostWords*mostWord || strings.IndexFunc(found.Text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0) {
				t.Errorf("%q", found.Text)
			}
		}
	})
}
