package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/history"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

var tableNow = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return tableNow.Add(-d) }

// nightmare has everything that a person may meet at three in the morning.
func nightmare() Report {
	const longName = "/opt/vendor/product-2026.4/sbin/a-daemon-with-a-name-that-takes-more-than-its-share"
	blind := "cannot trust the process table: it does not have this very process"
	any, one := words.Count{Min: 1, Max: words.NoLimit}, words.Count{Min: 1, Max: 1}
	return Report{
		Mistakes: []Mistake{{Text: "/etc/daemon-keeper.d/x.yaml:3:1: cannot find key \"servces\"", Hint: "did you mean services?"}},
		Daemons: []Daemon{
			{
				Name: "clamd", Result: Up, Count: any,
				Processes: []Process{
					{PID: 14711, User: "clamav", Started: ago(2 * time.Hour), CPU: time.Minute, RSS: 1 << 20},
					{PID: 815, User: "clamav", Started: ago(76 * time.Hour), CPU: 662 * time.Second, RSS: 5 << 28},
					{PID: 816, User: "root", RSS: 1 << 18},
				},
				Services: []Service{{Name: "clamav-clamd", State: "running"}, {Name: "dovecot", State: "stopped", Word: "failed"}},
			},
			{
				Name: "nginx", Result: Up, Count: any,
				Processes: []Process{{PID: 7, User: "www-data", Started: ago(747 * terminal.Day), CPU: 5*time.Hour + 2*time.Minute, RSS: 830_000, Stopped: true}},
				Notices:   []string{"process 7 of '/usr/sbin/nginx' is stopped by a signal or a debugger: it does nothing until it is continued (kill -CONT 7)"},
				Services:  []Service{{Name: "nginx"}},
			},
			{
				Name: "named", Result: StillDown, Count: any, DownSince: ago(12 * time.Minute), Blame: words.Blame{Cause: "killed by SIGKILL: out of memory (certain, kernel log)"}, Reason: "it was started 3 times within 10m and is still not running",
				Hint:     "look at what the service has printed and at the daemon's own log; then run its start by hand",
				Services: []Service{{Name: "named", State: "unknown", Err: "cannot ask service named: exit status 4"}},
			},
			{
				Name: "sshd", Result: StillDown, Count: one, Trouble: "tcp://127.0.0.1:22 refuses connections", Reason: "within 30s it did not get well",
				Processes: []Process{{PID: 99, User: "root", Started: ago(45 * time.Second), CPU: 412 * time.Millisecond, RSS: 9 << 20}},
				Services:  []Service{{Name: "ssh", State: "running"}},
			},
			{Name: "cron", Result: Held, Busy: true, DownSince: ago(90 * time.Second), Count: any, Reason: "another run is at work on service cron: pid 321, since 2026-11-21T02:59:58Z"},
			{Name: "ntpd", Reason: blind, Hint: "mount /proc, or run outside of the container", Count: any},
			{Name: "postfix", Result: Wrong, Count: words.Count{Min: 1, Max: 2}, Reason: "3 processes, and at most 2 may be (pids 3 4 5)", Processes: []Process{{PID: 3, User: "root"}, {PID: 4, User: "postfix"}, {PID: 5, User: "postfix"}}},
			{Name: "one-init", Rule: true, Result: Clear, Count: words.Count{Min: 0, Max: 1}},
			{Name: "gid0", Rule: true, Result: Wrong, Reason: "1 process, and none may be (pid 12)", Processes: []Process{{PID: 12, User: "mallory", Started: ago(13 * time.Minute), CPU: 90 * time.Second, RSS: 3 << 30}}},
			{Name: "telnetd", Result: Clear, Services: []Service{{Name: "telnet", State: "stopped"}}},
			{
				Name: longName, Result: BroughtBack, Count: any, Trouble: "its memory of 3 GiB is over 2 GiB", Took: 4200 * time.Millisecond,
				Processes: []Process{{PID: 4194303, User: "a-user-with-a-very-long-name", Started: ago(4 * time.Second), RSS: 1023<<20 + 1000<<10}},
				Services:  []Service{{Name: "a-service-with-a-long-name@instance", State: "running"}, {Name: "another-service-with-a-long-name@instance"}},
			},
			{
				Name: "exim", Result: Up, Count: any, Paused: "it is paused by ann since 2026-11-20 18:00:00, until 2026-11-21 06:00:00: new keys",
				Processes: []Process{{PID: 5150, User: "Debian-exim", Started: ago(50 * time.Hour), CPU: time.Second, RSS: 4 << 20}},
				Services:  []Service{{Name: "exim4", State: "running"}},
				Lately:    history.Lately{Deaths: 2, Last: time.Date(2026, 11, 17, 4, 12, 0, 0, time.UTC), Took: 14 * time.Second, Cause: "out of memory"},
			},
			{Name: "uid0", Rule: true, Reason: blind, Hint: "mount /proc, or run outside of the container"},
			{
				Name: "\x1b[2Jevil\nname", Result: StillDown, Count: any, Reason: "\x1b]0;owned\x07 " + strings.Repeat("x", 100) + " \u202eend",
				Notices: []string{"\r\x1b[1A all is well"}, Services: []Service{{Name: "s\t", State: "\x1b[32mrunning", Err: "bad\xff"}},
			},
			{
				Name: "日本語デーモン", Result: Up, Count: words.Count{Min: 0, Max: words.NoLimit}, Processes: []Process{{PID: 2, User: "ümläut", Started: ago(-time.Hour)}},
				Details: []Detail{{PID: 2, Exe: "/usr/sbin/日本", Counts: true, Why: "it executes the wanted file"}, {PID: 3, Why: "it is a zombie"}},
			},
		},
	}
}

func TestTableOfEverything(t *testing.T) {
	for _, width := range []int{0, 40, 80, 120} {
		for _, color := range []bool{false, true} {
			name := fmt.Sprintf("table-%d", width)
			if color {
				name += "-colour"
			}
			t.Run(name, func(t *testing.T) {
				out, stderr := tabulate(Table{Width: width, Color: color, ErrColor: color, Verbose: width == 0}, nightmare())
				golden.File(t, "testdata/"+name+".want", out+"\n-- stderr --\n"+stderr)
			})
		}
	}
}

func tabulate(face Table, r Report) (out, stderr string) {
	var o, e bytes.Buffer
	face.Out, face.Err = &o, &e
	if face.Now.IsZero() {
		face.Now = tableNow
	}
	face.Write(r)
	return o.String(), e.String()
}

var sgr = regexp.MustCompile("\x1b\\[[0-9]+m")

// At any width no line is wider (a word that is longer than a line is broken), none
// ends in a space, and colour is only paint.
func TestTableFitsItsWidth(t *testing.T) {
	for seed := range uint64(700) {
		random := rand.New(rand.NewPCG(seed, 4))
		width, r := 40+random.IntN(161), randomReport(random)
		plain, _ := tabulate(Table{Width: width, Verbose: true}, r)
		painted, _ := tabulate(Table{Width: width, Verbose: true, Color: true}, r)
		if got := sgr.ReplaceAllString(painted, ""); got != plain {
			t.Fatalf("seed %d: in colour, without the colours:\n%s\nwithout:\n%s", seed, got, plain)
		}
		for _, line := range strings.Split(plain, "\n") {
			if strings.HasSuffix(line, " ") || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
				t.Fatalf("seed %d: line %q", seed, line)
			}
			if terminal.Breadth(line) > width {
				t.Fatalf("seed %d: a line of %d columns, and there are %d: %q\n%s", seed, terminal.Breadth(line), width, line, plain)
			}
		}
	}
}

// Whatever is left out or moved, these stand on the row, or right below it.
func TestTableKeepsWhatMatters(t *testing.T) {
	for width := 40; width <= 200; width++ {
		out, _ := tabulate(Table{Width: width}, nightmare())
		flat := strings.Join(strings.Fields(out), "")
		for _, want := range []string{
			"connections", "3 processes, and at most 2 may be", "another run is at work", "mount /proc", "(kill -CONT 7)", "service dovecot is stopped (failed)", "since 2026-11-20 18:00:00", "2 deaths in 30 d, last Tue 04:12, out of memory", "exit status 4",
			"down:", "not running", "/opt/vendor/product-2026.4/sbin/a-daemon-with-a-name-that-takes-more-than-its-share",
		} {
			if !strings.Contains(flat, strings.ReplaceAll(want, " ", "")) {
				t.Errorf("at %d columns %q is lost:\n%s", width, want, out)
			}
		}
	}
}

func randomReport(random *rand.Rand) Report {
	var r Report
	for range random.IntN(3) {
		r.Mistakes = append(r.Mistakes, Mistake{Text: randomText(random), Hint: randomText(random)})
	}
	for range random.IntN(14) {
		d := Daemon{
			Name: randomText(random), Rule: random.IntN(4) == 0, Result: Result(random.IntN(8)), Count: words.Count{Min: random.IntN(3), Max: random.IntN(1000) - 1},
			Trouble: randomText(random), Reason: randomText(random), Hint: randomText(random), Took: randomTime(random), Blame: words.Blame{Cause: randomText(random)},
		}
		if random.IntN(3) == 0 {
			d.LastDeath = &Death{randomTime(random), randomTime(random), randomText(random)}
		}
		for range random.IntN(4) {
			d.Notices = append(d.Notices, randomText(random))
			d.Services = append(d.Services, Service{Name: randomText(random), State: randomText(random), Word: randomText(random), Err: randomText(random)})
			d.Details = append(d.Details, Detail{PID: random.Int(), Exe: randomText(random), Why: randomText(random)})
		}
		for range random.IntN(5) {
			p := Process{PID: random.Int() >> random.IntN(63), User: randomText(random), CPU: randomTime(random), RSS: random.Uint64() >> random.IntN(65)}
			if random.IntN(3) > 0 {
				p.Started = tableNow.Add(-randomTime(random))
			}
			d.Processes = append(d.Processes, p)
		}
		r.Daemons = append(r.Daemons, d)
	}
	return r
}

func randomTime(random *rand.Rand) time.Duration {
	return time.Duration(random.Int64() >> random.IntN(63))
}

// randomText is mostly harmless, sometimes long, and sometimes meant to do harm.
func randomText(random *rand.Rand) string {
	pieces := []string{
		"clamd", "sshd", "/usr/local/sbin/named", "a", " ", "  ", "\n", "\x1b[31m", "\x1b[0m", "\r", "\xff", "\u202e", "ü", "日本", "デ", "e\u0301", "\u0301",
		"🙂", "ﾃ", strings.Repeat("x", 90), "\t", "1", "\u200b", "\u3000", "\ufffd", ".", "-", "", "", "",
	}
	var b strings.Builder
	for range random.IntN(1 + random.IntN(12)) {
		b.WriteString(pieces[random.IntN(len(pieces))])
	}
	return b.String()
}

func TestTableOfLittle(t *testing.T) {
	mistake := []Mistake{{Text: "cannot read x.yaml", Hint: "chmod a+r x.yaml"}}
	texts := golden.Open(t, "table_of_little.txtar")
	for _, tc := range []struct {
		name   string
		report Report
	}{
		{"nothing", Report{}},
		{"mistakes only", Report{Mistakes: mistake}},
		{"a rule only", of(kept)},
		{
			"a restart in passing", of(well),
		},
		{
			"one that is only looked at", of(Daemon{Name: "a", Result: StillDown, Count: words.Count{Min: 1, Max: words.NoLimit}}),
		},
		{
			"left alone, nobody says why", of(Daemon{Name: "a", Result: Held, Count: words.Count{Min: 0, Max: words.NoLimit}}),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, stderr := tabulate(Table{Width: 80}, tc.report)
			texts.Check(t, tc.name, out+"on stderr:\n"+stderr)
		})
	}
}

// A thousand that are down are not all named twice.
func TestTableSummaryIsShort(t *testing.T) {
	var r Report
	for i := range 1000 {
		r.Daemons = append(r.Daemons, Daemon{Name: fmt.Sprintf("d%d", i), Result: StillDown})
	}
	out, _ := tabulate(Table{Width: 80}, r)
	if want := "\n\n1000 down: d0, d1, d2, d3, d4, d5, d6, d7 and 992 more\n"; !strings.HasSuffix(out, want) {
		t.Errorf("it ends with %q", out[len(out)-100:])
	}
}

// Who wants less sees the rows of what is not well, and the whole summary.
func TestQuietTable(t *testing.T) {
	var b bytes.Buffer
	Table{Out: &b, Err: &b, Now: time.Now(), Quiet: true}.Write(of(Daemon{Name: "calm", Result: Up}, unwell, kept))
	if got := b.String(); strings.Contains(got, "calm") || !strings.Contains(got, "\nsshd ") || !strings.Contains(got, "1 down: sshd; 2 well") {
		t.Errorf("got:\n%s", got)
	}
	b.Reset()
	Table{Out: &b, Err: &b, Now: time.Now(), Quiet: true}.Write(of(Daemon{Result: Up}, kept))
	if got := b.String(); got != "2 well\n" {
		t.Errorf("got:\n%s", got)
	}
}

// A worker may be as old as its master, and stand first.
func TestMainOf(t *testing.T) {
	now := time.Now()
	at := func(pid, parent, seconds int) Process {
		return Process{PID: pid, Parent: parent, Started: now.Add(time.Duration(seconds) * time.Second)}
	}
	for name, tc := range map[string]struct {
		list []Process
		want int
	}{
		"one":                     {[]Process{at(5, 1, 0)}, 5},
		"a worker first":          {[]Process{at(7, 5, 0), at(5, 1, 0), at(8, 5, 0)}, 5},
		"a stray beside a master": {[]Process{at(3, 1, -9), at(5, 1, 0), at(8, 5, 0)}, 5},
		"two masters":             {[]Process{at(9, 1, 5), at(10, 9, 5), at(5, 1, 0), at(8, 5, 0)}, 5},
		"only workers":            {[]Process{at(9, 1, 5), at(8, 1, 4)}, 8},
		"nothing known":           {[]Process{{PID: 9}, {PID: 8}}, 9},
		"its own parent":          {[]Process{at(9, 9, 0)}, 9},
	} {
		if got := mainOf(tc.list).PID; got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

// A table tells why a daemon is down, and of what one that is up again has died lately.
func TestTableTellsOfDeaths(t *testing.T) {
	up := Daemon{Name: "a", Result: Up, Count: words.Count{Min: 1, Max: 1}, Processes: []Process{{PID: 7}}}
	fresh, old, dark := up, up, up
	fresh.LastDeath = &Death{3*time.Hour + 2*time.Minute, 14 * time.Second, "killed by SIGTERM; SIGTERM was sent by kill(7) (certain, signal trace)"}
	old.LastDeath, dark.LastDeath = &Death{25 * time.Hour, time.Second, "x"}, &Death{time.Minute, time.Second, ""}
	for _, tc := range []struct {
		d    Daemon
		want string // below its row
	}{
		{Daemon{Name: "a", Result: StillDown, Reason: "not running", Blame: words.Blame{Cause: "killed by SIGKILL"}}, "    not running\n    cause: killed by SIGKILL\n"},
		{fresh, "    died 3h 2m ago, was down for 14.0s: killed by SIGTERM; SIGTERM was sent by kill(7) (certain, signal trace)\n"},
		{old, ""},
		{dark, "    died 1m ago, was down for 1.0s: the cause is not known\n"},
	} {
		out, _ := tabulate(Table{}, of(tc.d))
		_, below, _ := strings.Cut(out, "\na ")
		_, below, _ = strings.Cut(below, "\n")
		if i := strings.Index("\n"+below, "\n\n"); i >= 0 { // the empty line before the summary
			below = below[:i]
		}
		if below != tc.want {
			t.Errorf("got %q, want %q", below, tc.want)
		}
		if code := "\x1b[32mup"; tc.d.Result == Up {
			if out, _ := tabulate(Table{Color: true}, of(tc.d)); !strings.Contains(out, code) {
				t.Errorf("it is not well: %q", out)
			}
		}
	}
}
