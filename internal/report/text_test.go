package report

import (
	"bytes"
	"testing"
	"time"
)

// Who is woken reads what is wrong and since when, what was done, what happens next,
// and a command to go on with. What is well is counted.
func TestBriefText(t *testing.T) {
	named := Daemon{
		Name: "named", Result: StillDown, DownSince: ago(12 * time.Minute), Died: true, Reason: "it did not appear within 30s", Cause: "killed by SIGKILL: out of memory (certain, kernel log)",
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
