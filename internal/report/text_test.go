package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/words"
)

// The screen of a run by hand, in a terminal of 80 and of 120 columns.
func TestBriefTextFitsItsWidth(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("one word and another, ", 8))
	daemons := []Daemon{
		{Name: "well", Result: Up},
		{Name: "missing", Reason: "'missing': cannot look for \"/usr/local/sbin/a-daemon-that-is-not-there\": no such file or directory", Hint: "give the daemon's program, or its script, with its full path"},
		{Name: "back", Result: BroughtBack, Took: 3 * time.Second, Processes: []Process{{PID: 12}}, Blame: words.Blame{Cause: long}, Steps: []Step{{Verb: "stop", Service: "back"}, {Verb: "start", Service: "back"}}, Totals: &Totals{}},
		{
			Name: "down", Result: StillDown, Reason: "it was tried 3 times to bring it back, and it did not appear within 30s", Blame: words.Blame{Cause: "killed by SIGKILL: out of memory (certain, kernel log)"},
			LastWords: []string{`its last words: "` + long + `"`},
			Steps:     []Step{{Verb: "start", Service: "down", Took: time.Second, Err: "exit status 3", Output: []string{long}, Hint: "journalctl -u down -n 50"}}, NextTry: tableNow.Add(5 * time.Minute), Totals: &Totals{},
		},
	}
	for _, width := range []int{80, 120} {
		var b bytes.Buffer
		Text{Out: &b, Err: &b, Terminal: true, Brief: true, Now: tableNow, Width: width}.Write(of(daemons...))
		for line := range strings.Lines(b.String()) {
			if !strings.HasPrefix(line, "daemon-keeper: ") && len(line) > width+1 {
				t.Errorf("%d columns: %q", width, line)
			}
		}
		golden.File(t, fmt.Sprintf("testdata/run-%d.want", width), b.String())
	}
}

// Who is woken reads what is wrong and since when, what was done, what happens next,
// and a command to go on with. What is well is counted.
func TestBriefText(t *testing.T) {
	named := Daemon{
		Name: "named", Result: StillDown, DownSince: ago(12 * time.Minute), Died: true, Reason: "it did not appear within 30s", Blame: words.Blame{Cause: "killed by SIGKILL: out of memory (certain, kernel log)"},
		Steps:   []Step{{Verb: "start", Service: "named", Took: 1300 * time.Millisecond, Err: "exit status 3", Output: []string{"cannot bind to port 53"}}},
		NextTry: tableNow.Add(5 * time.Minute), Totals: &Totals{},
	}
	seen := named
	seen.Died = false
	up, paused := Daemon{Name: "a", Result: Up, Processes: []Process{{PID: 7}}}, Daemon{Name: "b", Result: Up, Paused: "it is paused by ann", Processes: []Process{{PID: 8}}}
	const trouble = `'named' is down since 02:48, for 12m: it did not appear within 30s
  killed by SIGKILL: out of memory (certain, kernel log)
  start named  1.3 s  failed: exit status 3
        | cannot bind to port 53
  next: it is tried again at 03:05:00
  more: daemon-keeper why named
`
	for _, tc := range []struct {
		name    string
		face    Text
		daemons []Daemon
		want    string
	}{
		{"a mail of cron's", Text{}, []Daemon{up, named, up}, trouble + "2 well\n"},
		{"all is well, to cron", Text{}, []Daemon{up, up}, ""},
		{"all is well", Text{Terminal: true}, []Daemon{up, up}, "2 well\n"},
		{"one", Text{Terminal: true}, []Daemon{up}, "'a' is up (pid 7)\n"},
		{"paused", Text{Terminal: true}, []Daemon{up, paused}, "'b' is up (pid 8)\n  it is paused by ann\n1 well\n"},
		{"all", Text{Terminal: true, Verbose: true}, []Daemon{up, paused}, "'a' is up (pid 7)\n  no process has its name\n'b' is up (pid 8)\n  it is paused by ann\n  no process has its name\n"},
		{"when it died is not known", Text{Quiet: true}, []Daemon{seen}, "'named' is down, seen down at 02:48, 12m ago: it did not appear within 30s\n"},
		{"quiet", Text{Quiet: true}, []Daemon{up, named}, "'named' is down since 02:48, for 12m: it did not appear within 30s\n"},
	} {
		var b bytes.Buffer
		tc.face.Out, tc.face.Err, tc.face.Brief, tc.face.Now = &b, &b, true, tableNow
		tc.face.Write(of(tc.daemons...))
		if b.String() != tc.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tc.name, b.String(), tc.want)
		}
	}
}
