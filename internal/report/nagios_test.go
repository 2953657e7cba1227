package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"daemon-keeper/internal/words"
)

func asNagios(r Report) string {
	var b bytes.Buffer
	Nagios{Out: &b}.Write(r)
	return b.String()
}

// named are daemons of one result, a, b, c...
func named(n int, d Daemon) []Daemon {
	list := make([]Daemon, n)
	for i := range list {
		list[i] = d
		list[i].Name = d.Name + string(rune('a'+i))
	}
	return list
}

func TestNagios(t *testing.T) {
	running := Daemon{Result: Up, Count: words.Count{Min: 1, Max: words.NoLimit}, Processes: []Process{{PID: 7}}}
	for _, tc := range []struct {
		name   string
		report Report
		want   string
	}{
		{
			"all is well",
			Report{Took: 12 * time.Millisecond, Daemons: named(2, running)},
			"KEEPER OK: 2 up | 'a'=1;;1:;0; 'b'=1;;1:;0; 'time'=0.012s\n'a' is up (pid 7)\n'b' is up (pid 7)\n",
		},
		{
			"each kind, the worst first",
			Report{Took: time.Second, Mistakes: []Mistake{{Text: "x.yaml: bad", Hint: "mend it"}}, Daemons: []Daemon{
				{Name: "u", Result: Up, Count: words.Count{Min: 1, Max: 2}, Processes: []Process{{PID: 7}}},
				{Name: "k", Rule: true, Result: Clear, Count: words.Count{Min: 0, Max: 5}},
				{Name: "n", Result: Clear},
				{Name: "z", Result: BroughtBack, Count: words.Count{Min: 1, Max: words.NoLimit}, Processes: []Process{{PID: 8}}, Took: 2 * time.Second},
				{Name: "y", Result: Held, Reason: "booting", Count: words.Count{Min: 1, Max: words.NoLimit}},
				{Name: "x", Reason: "'x': clouded", Count: words.Count{Min: 0, Max: words.NoLimit}},
				{Name: "gid0", Rule: true, Result: Wrong, Reason: "1 process", Processes: []Process{{PID: 9}}},
				{Name: "postfix", Result: Wrong, Reason: "2 processes", Count: words.Count{Min: 1, Max: 1}, Processes: []Process{{PID: 1}, {PID: 2}}},
				{Name: "clamd", Result: StillDown, Reason: "not running", Count: words.Count{Min: 2, Max: words.NoLimit}},
			}},
			"KEEPER CRITICAL: 1 down (clamd), 1 wrong (postfix), 1 broken (gid0), 1 unknown (x), 1 mistake in the configuration, 1 held (y), 1 brought back (z), 1 up, 1 not running, 1 kept" +
				" | 'u'=1;;1:2;0; 'k'=0;;0:5;0; 'n'=0;;0:0;0; 'z'=1;;1:;0; 'y'=0;;1:;0; 'x'=U;;;0; 'gid0'=1;;0:0;0; 'postfix'=2;;1:1;0; 'clamd'=0;;2:;0; 'time'=1.000s\n" +
				"daemon-keeper: error: x.yaml: bad\ndaemon-keeper: hint: mend it\n" +
				"'gid0' is broken: 1 process\n'postfix' is wrong: 2 processes\n'clamd' is down: not running\n" +
				"daemon-keeper: error: 'x': clouded\n'z' was down and is up again (pid 8), after 2.0 s\n" +
				"'u' is up (pid 7)\n'k' is kept\n'n' is not running, as it should be\n'y' is down and left alone: booting\n",
		},
		{
			"five names",
			Report{Daemons: named(6, Daemon{Name: "d-", Result: StillDown, Reason: "no", Count: words.Count{Min: 1, Max: words.NoLimit}})[:5]},
			"KEEPER CRITICAL: 5 down (d-a, d-b, d-c, d-d, d-e) | 'd-a'=0;;1:;0; 'd-b'=0;;1:;0; 'd-c'=0;;1:;0; 'd-d'=0;;1:;0; 'd-e'=0;;1:;0; 'time'=0.000s\n" +
				"'d-a' is down: no\n'd-b' is down: no\n'd-c' is down: no\n'd-d' is down: no\n'd-e' is down: no\n",
		},
		{
			"used wrongly",
			Report{Mistakes: []Mistake{{Text: "cannot use --colour | -c", Hint: "see --help"}, {Text: "another", Hint: ""}}},
			"KEEPER UNKNOWN: cannot use --colour \\x7c -c | 'time'=0.000s\n" +
				"daemon-keeper: error: cannot use --colour \\x7c -c\ndaemon-keeper: hint: see --help\ndaemon-keeper: error: another\n",
		},
		{"nothing", Report{}, "KEEPER OK: nothing to look at | 'time'=0.000s\n"},
		{
			"brought back",
			of(Daemon{Name: "a", Result: BroughtBack, Count: words.Count{Min: 1, Max: words.NoLimit}, Steps: []Step{{Verb: "start", Service: "a", Err: "no", Output: []string{"a | b"}}}}),
			"KEEPER WARNING: 1 brought back (a) | 'a'=0;;1:;0; 'time'=0.000s\n'a' was down and is up again (no process), after 0 ms\n  start a  0 ms  failed: no\n        : a \\x7c b\n",
		},
		{
			"two mistakes and a daemon",
			Report{Mistakes: make([]Mistake, 2), Daemons: named(1, running)},
			"KEEPER UNKNOWN: 2 mistakes in the configuration, 1 up | 'a'=1;;1:;0; 'time'=0.000s\ndaemon-keeper: error: \ndaemon-keeper: error: \n'a' is up (pid 7)\n",
		},
		{
			"notices",
			of(Daemon{Name: "a", Result: Up, Count: words.Count{Min: 1, Max: words.NoLimit}, Processes: []Process{{PID: 7}}, Notices: []string{"process 7 is stopped"}}),
			"KEEPER OK: 1 up, 1 of these with notices | 'a'=1;;1:;0; 'time'=0.000s\n'a' is up (pid 7)\n  process 7 is stopped\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := asNagios(tc.report); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestNagiosNamesFive(t *testing.T) {
	got := asNagios(of(named(17, Daemon{Result: StillDown})...))
	if want := "KEEPER CRITICAL: 17 down (a, b, c, d, e and 12 more) | "; !strings.HasPrefix(got, want) {
		t.Errorf("%.100q, want %q", got, want)
	}
}

func TestNagiosLabels(t *testing.T) {
	var daemons []Daemon
	for _, name := range []string{"a'b", "a=b", "/usr/sbin/x", "time", "a_b", "a|b", "a b", "über", "x\n", "bad\xff", "", "x", "x", strings.Repeat("y", 100), strings.Repeat("y", 101)} {
		daemons = append(daemons, Daemon{Name: name})
	}
	ys := strings.Repeat("y", 64)
	want := []string{"a_b_2", "a_b_3", "/usr/sbin/x", "time_2", "a_b", "a_b_4", "a_b_5", "_ber", "x_", "bad_", "_", "x", "x_2", ys, ys + "_2"}
	if got := nagiosLabels(daemons); !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want\n%q", got, want)
	}
}

// nagiosItem is one of the guidelines' performance data.
var nagiosItem = regexp.MustCompile(`^'([^'=| ]+)'=(U|[0-9]+;;([0-9]+:[0-9]*)?;0;|U;;([0-9]+:[0-9]*)?;0;|[0-9]+\.[0-9]{3}s)$`)

// readNagios takes an output to pieces as Nagios does.
func readNagios(t *testing.T, out string) (summary string, details []string, items []string) {
	t.Helper()
	first, rest, _ := strings.Cut(out, "\n")
	summary, data, found := strings.Cut(first, " | ")
	text, more, continued := strings.Cut(rest, "|")
	switch {
	case !found || len(first)+1 > 1<<10:
		t.Errorf("the first line, of %d bytes: %.200q", len(first), first)
	case len(out) > 8191:
		t.Errorf("%d bytes", len(out))
	case strings.Contains(data, "|") || strings.Contains(more, "|"):
		t.Errorf("too many separators in %q", out)
	case strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) || r == '\ufffd' }):
		t.Errorf("not printable: %q", out)
	case !strings.HasSuffix(out, "\n"):
		t.Errorf("no line end: %q", out)
	case continued && strings.Count(more, "\n") != 1:
		t.Errorf("more than a line of data: %q", more)
	}
	labels := map[string]bool{}
	items = strings.Fields(data + " " + more)
	for i, item := range items {
		m := nagiosItem.FindStringSubmatch(item)
		if m == nil || labels[m[1]] || (m[1] == "time") != (i == len(items)-1) {
			t.Errorf("item %q of %q", item, items)
			continue
		}
		labels[m[1]] = true
	}
	return summary, strings.Split(strings.TrimSuffix(text, "\n"), "\n"), items
}

func TestRandomReportsForNagios(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		var report Report
		fill(r, reflect.ValueOf(&report).Elem())
		for range r.IntN(300) {
			var d Daemon
			fill(r, reflect.ValueOf(&d).Elem())
			d.Name += strings.Repeat("n", r.IntN(1<<r.IntN(10)))
			report.Daemons = append(report.Daemons, d)
		}
		if readNagios(t, asNagios(report)); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Where not all has room, whole items and whole lines are missing, it is said how
// many, and the worst comes first.
func TestNagiosOfMany(t *testing.T) {
	for _, tc := range []struct{ daemons, items, hidden int }{{3, 4, 0}, {100, 101, 0}, {200, 201, 81}, {500, 267, 433}} {
		r := Report{Took: time.Second}
		for i := range tc.daemons {
			r.Daemons = append(r.Daemons, Daemon{Name: fmt.Sprintf("daemon-%04d", i), Result: Up, Count: words.Count{Min: 1, Max: words.NoLimit}, Processes: []Process{{PID: i}}})
		}
		r.Daemons[tc.daemons-1].Result = StillDown
		out := asNagios(r)
		if first := r.Daemons[0].Name; first != "daemon-0000" {
			t.Errorf("%d: the report of others begins with %s now", tc.daemons, first)
		}
		summary, details, items := readNagios(t, out)
		if want := fmt.Sprintf("KEEPER CRITICAL: 1 down (daemon-%04d), %d up", tc.daemons-1, tc.daemons-1); summary != want {
			t.Errorf("%d: summary %q, want %q", tc.daemons, summary, want)
		}
		if want := fmt.Sprintf("'daemon-%04d' is down", tc.daemons-1); details[0] != want {
			t.Errorf("%d: details begin with %q, want %q", tc.daemons, details[0], want)
		}
		if len(items) != tc.items {
			t.Errorf("%d: %d items, want %d", tc.daemons, len(items), tc.items)
		}
		last := details[len(details)-1]
		if strings.HasPrefix(last, "more performance data") {
			if lost := fmt.Sprintf(", without that of the last %d ", tc.daemons+1-tc.items); (tc.items <= tc.daemons) != strings.HasSuffix(last, lost) {
				t.Errorf("%d: the data begin with %q", tc.daemons, last)
			}
			last = details[len(details)-2]
		}
		if hidden := fmt.Sprintf("... and %d more lines", tc.hidden); (tc.hidden > 0) != (last == hidden) {
			t.Errorf("%d: details end with %q", tc.daemons, last)
		}
	}
}

func TestNagiosOfLongNames(t *testing.T) {
	var daemons []Daemon
	for result := range Wrong + 1 {
		for i := range 7 {
			daemons = append(daemons, Daemon{Name: fmt.Sprint("d", i, strings.Repeat("ü", 500)), Result: result})
		}
	}
	summary, _, _ := readNagios(t, asNagios(of(daemons...)))
	name := "d0" + strings.Repeat("ü", 29) + "..."
	want := "KEEPER CRITICAL: 7 down (" + name + " and 6 more), 7 wrong (" + name + " and 6 more), 7 unknown (" + name + " and 6 more), 7 held (" + name +
		" and 6 more), 7 brought back (" + name + " and 6 more), 7 up, 7 not running"
	if summary != want {
		t.Errorf("%s\nwant\n%s", summary, want)
	}
	summary, _, _ = readNagios(t, asNagios(Report{Mistakes: []Mistake{{Text: strings.Repeat("ü|", 1000)}}}))
	if len(summary) > 530 || !strings.HasSuffix(summary, "...") {
		t.Errorf("%d bytes: %s", len(summary), summary)
	}
}
