package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/history"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

var dusk = time.Date(2026, 11, 21, 20, 49, 0, 0, time.UTC)

// before is so long before dusk.
func before(d time.Duration) time.Time { return dusk.Add(-d) }

func chronicle(h History, pasts []history.Past) string {
	var b bytes.Buffer
	h.Out = &b
	if h.Now.IsZero() {
		h.Now = dusk
	}
	for i, p := range pasts {
		pasts[i].Incidents = slices.Clone(p.Incidents)
		for k := range p.Incidents {
			pasts[i].Incidents[k].Daemon = p.Name
		}
	}
	h.Write(pasts)
	return b.String()
}

// death is an incident that a restart has ended.
func death(ago, took time.Duration) history.Incident {
	return history.Incident{Incident: past.Incident{LastUp: before(ago + time.Minute), Down: before(ago), Up: before(ago - took), Seconds: took.Seconds(), Reason: "not running", Outcome: words.BroughtBack, Tries: 1}}
}

// pasts has something of each kind.
func pasts() []history.Past {
	long := death(20*terminal.Day, 7*time.Minute)
	long.Cause, long.Tries = "killed by signal 9 (SIGKILL), which the kernel sent because the machine had run out of memory", 3
	long.Steps = []words.Step{{Verb: "stop", Service: "clamav-clamd", Seconds: 0.3, Exit: new(0)}, {Verb: "start", Service: "clamav-clamd", Seconds: 180, Error: "it ran out of time"}}
	pkg := death(3*terminal.Day, 40*time.Minute)
	pkg.Held, pkg.Reason = 30*60, "refuses connections"
	paused := history.Incident{Incident: past.Incident{Down: before(9 * terminal.Day), Up: before(7 * terminal.Day), Seconds: 48 * 60 * 60, Held: 48 * 60 * 60, Reason: "not running", Outcome: words.LeftAlone}}
	alone := death(12*time.Hour, 50*time.Second)
	alone.Outcome, alone.Tries = words.CameBack, 0
	return []history.Past{
		{Name: "clamd", Known: before(90 * terminal.Day), Seen: dusk, Incidents: []history.Incident{death(40*terminal.Day, time.Hour), long, death(10*terminal.Day, 45*time.Second), pkg}},
		{Name: "sshd", Known: before(25 * terminal.Day), Seen: before(30 * time.Second)},
		{Name: "named", Known: before(90 * terminal.Day), Seen: dusk, Incidents: []history.Incident{
			paused, {Incident: past.Incident{LastUp: before(26 * time.Hour), Down: before(26*time.Hour - time.Minute), Reason: "not running", Outcome: words.StillDown, Tries: 31}, UnderWay: true},
		}},
		{Name: "cron", Known: before(29*terminal.Day + 12*time.Hour), Seen: before(12 * terminal.Day), Incidents: []history.Incident{death(29*terminal.Day, 0)}},
		{Name: "ntpd"},
		{Name: "/opt/vendor/product-2026.4/sbin/a-daemon-with-a-name-that-takes-more-than-its-share", Known: before(60 * terminal.Day), Seen: dusk, Incidents: []history.Incident{alone}},
		{Name: "\x1b[2Jevil\nname", Known: before(60 * terminal.Day), Seen: dusk, Incidents: []history.Incident{
			{Incident: past.Incident{Down: before(time.Hour), Up: before(2 * time.Hour), Seconds: 90, Blame: words.Blame{Cause: "\x1b]0;owned\x07 \u202e\xff " + strings.Repeat("x", 130)}, Outcome: "\r\x1b[1A", Tries: 2}},
		}},
		{Name: "日本語デーモン", Known: before(60 * terminal.Day), Seen: dusk, Incidents: flapping()},
	}
}

func flapping() []history.Incident {
	var list []history.Incident
	for n := range 6 {
		list = append(list, death(14*terminal.Day-time.Duration(n)*time.Hour, time.Minute))
	}
	return list
}

func TestHistoryOfEverything(t *testing.T) {
	for _, width := range []int{0, 40, 80, 120} {
		for _, color := range []bool{false, true} {
			name := fmt.Sprintf("history-%d", width)
			if color {
				name += "-colour"
			}
			t.Run(name, func(t *testing.T) {
				golden.File(t, "testdata/"+name+".want", chronicle(History{Width: width, Color: color, Blocks: width == 120, Since: 30 * terminal.Day, Broken: 2}, pasts()))
			})
		}
	}
}

func TestHistoryOfLittle(t *testing.T) {
	for _, tc := range []struct {
		name  string
		pasts []history.Past
		want  string
	}{
		{"nothing", nil, "nothing is remembered of any daemon\n"},
		{"no incident", []history.Past{{Name: "a", Known: before(time.Hour), Seen: dusk}}, `NAME  2026-11-21 19:49  2026-11-21 20:49
a     [================================]
= up, X down, . held, blank: not known;
  a column is 1m 52s and shows its worst

NAME  INCIDENTS  AVAILABLE  KNOWN
a             0      100 %  1h 0m
KNOWN: of how much of the period
  something is known

No incident is known in this time.
`},
		{"one", []history.Past{{Name: "a", Known: before(time.Hour), Seen: dusk, Incidents: []history.Incident{death(time.Hour, time.Minute)}}}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := chronicle(History{Width: 31, Since: 2 * time.Hour}, tc.pasts)
			if tc.want != "" && got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if tc.want == "" && !strings.HasSuffix(got, "\n1 incident:\nBEGAN             NAME  DOWN FOR\n2026-11-21 19:49  a        1m 0s\n") {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// At any width no line is wider, none ends in a space, colour is only paint, and all
// bars are of one length.
func TestHistoryFitsItsWidth(t *testing.T) {
	for seed := range uint64(700) {
		random := rand.New(rand.NewPCG(seed, 6))
		width, since, list := 40+random.IntN(161), randomTime(random), randomPasts(random)
		face := History{Width: width, Since: since, Broken: random.IntN(2)}
		plain := chronicle(face, list)
		face.Color = true
		if got := sgr.ReplaceAllString(chronicle(face, list), ""); got != plain {
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
		bars := regexp.MustCompile(`(?m)^.*\[[ =.X]+\]$`).FindAllString(plain, -1)
		for _, bar := range bars {
			if terminal.Breadth(bar) != width {
				t.Fatalf("seed %d: a bar ends at column %d of %d:\n%s", seed, terminal.Breadth(bar), width, plain)
			}
		}
		if len(bars) != len(list) {
			t.Fatalf("seed %d: %d bars of %d daemons:\n%s", seed, len(bars), len(list), plain)
		}
	}
}

// The dates are those of the place where the command is run.
func TestHistoryHasLocalDates(t *testing.T) {
	got := chronicle(History{Width: 80, Since: terminal.Day, Now: dusk.In(time.FixedZone("CET", 3600))}, []history.Past{{Name: "a", Incidents: []history.Incident{death(time.Hour, time.Minute)}}})
	if !strings.Contains(got, "2026-11-21 21:49") || !strings.Contains(got, "\n2026-11-21 20:49  a        1m 0s") {
		t.Errorf("got\n%s", got)
	}
}

// What came back with a restart for another daemon did not come back by itself, and its
// table says for whom that was.
func TestCameBackWithAnother(t *testing.T) {
	for _, tc := range []struct{ cause, want string }{
		{"", "came back with a restart for 'web\\x1b'"},
		{"its main process was killed by SIGKILL", "its main process was killed by SIGKILL; came back with a restart for 'web\\x1b'"},
	} {
		i := death(time.Hour, time.Minute)
		i.Cause, i.For, i.Tries = tc.cause, "web\x1b", 0
		list := []history.Past{{Name: "nginx", Known: before(terminal.Day), Seen: dusk, Incidents: []history.Incident{i}}}
		if got := chronicle(History{Width: 0, Since: terminal.Day}, list); !strings.Contains(got, "brought back") || !strings.Contains(got, tc.want) {
			t.Errorf("%s", got)
		}
		if got := chronicle(History{JSON: true, Since: terminal.Day}, list); !strings.Contains(got, `"for": "web\\x1b"`) {
			t.Errorf("%s", got)
		}
	}
}
