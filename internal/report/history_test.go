package report

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

var dusk = time.Date(2026, 11, 21, 20, 49, 0, 0, time.UTC)

// before is so long before dusk.
func before(d time.Duration) time.Time { return dusk.Add(-d) }

func chronicle(h History, pasts []Past) string {
	var b bytes.Buffer
	h.Out = &b
	if h.Now.IsZero() {
		h.Now = dusk
	}
	h.Write(pasts)
	return b.String()
}

// death is an incident that a restart has ended.
func death(ago, took time.Duration) Incident {
	return Incident{LastUp: before(ago + time.Minute), Down: before(ago), Up: before(ago - took), Took: took, Reason: "not running", Outcome: words.BroughtBack, Tries: 1}
}

// pasts has something of each kind.
func pasts() []Past {
	long := death(20*terminal.Day, 7*time.Minute)
	long.Cause, long.Tries = "killed by signal 9 (SIGKILL), which the kernel sent because the machine had run out of memory", 3
	long.Steps = []words.Step{{Verb: "stop", Service: "clamav-clamd", Seconds: 0.3, Exit: new(0)}, {Verb: "start", Service: "clamav-clamd", Seconds: 180, Error: "it ran out of time"}}
	pkg := death(3*terminal.Day, 40*time.Minute)
	pkg.Held, pkg.Reason = 30*time.Minute, "refuses connections"
	paused := Incident{Down: before(9 * terminal.Day), Up: before(7 * terminal.Day), Took: 48 * time.Hour, Held: 48 * time.Hour, Reason: "not running", Outcome: words.LeftAlone}
	alone := death(12*time.Hour, 50*time.Second)
	alone.Outcome, alone.Tries = words.CameBack, 0
	return []Past{
		{Name: "clamd", Known: before(90 * terminal.Day), Seen: dusk, Incidents: []Incident{death(40*terminal.Day, time.Hour), long, death(10*terminal.Day, 45*time.Second), pkg}},
		{Name: "sshd", Known: before(25 * terminal.Day), Seen: before(30 * time.Second)},
		{Name: "named", Known: before(90 * terminal.Day), Seen: dusk, Incidents: []Incident{
			paused, {LastUp: before(26 * time.Hour), Down: before(26*time.Hour - time.Minute), UnderWay: true, Reason: "not running", Outcome: words.StillDown, Tries: 31},
		}},
		{Name: "cron", Known: before(29*terminal.Day + 12*time.Hour), Seen: before(12 * terminal.Day), Incidents: []Incident{death(29*terminal.Day, 0)}},
		{Name: "ntpd"},
		{Name: "/opt/vendor/product-2026.4/sbin/a-daemon-with-a-name-that-takes-more-than-its-share", Known: before(60 * terminal.Day), Seen: dusk, Incidents: []Incident{alone}},
		{Name: "\x1b[2Jevil\nname", Known: before(60 * terminal.Day), Seen: dusk, Incidents: []Incident{
			{Down: before(time.Hour), Up: before(2 * time.Hour), Took: 90 * time.Second, Cause: "\x1b]0;owned\x07 \u202e\xff " + strings.Repeat("x", 130), Outcome: "\r\x1b[1A", Tries: 2},
		}},
		{Name: "日本語デーモン", Known: before(60 * terminal.Day), Seen: dusk, Incidents: flapping()},
	}
}

func flapping() []Incident {
	var list []Incident
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
				tableGolden(t, "testdata/"+name+".want", chronicle(History{Width: width, Color: color, Blocks: width == 120, Since: 30 * terminal.Day, Broken: 2}, pasts()))
			})
		}
	}
}

// The bar of ten hours in ten columns.
func TestBars(t *testing.T) {
	const h = time.Hour
	up := func(list ...Incident) Past {
		return Past{Known: before(90 * terminal.Day), Seen: dusk, Incidents: list}
	}
	held := func(i Incident, d time.Duration, outcome words.Outcome) Incident {
		i.Held, i.Outcome = d, outcome
		return i
	}
	for _, tc := range []struct {
		name, want string
		past       Past
	}{
		{"nothing is known", "[          ]", Past{}},
		{"up", "[==========]", up()},
		{"known for a part of a column", "[        ==]", Past{Known: before(h + time.Minute), Seen: dusk}},
		{"known until a part of a column", "[==        ]", Past{Known: before(11 * h), Seen: before(8*h + time.Minute)}},
		{"known long ago", "[          ]", Past{Known: before(90 * terminal.Day), Seen: before(10 * h)}},
		{"a second", "[====X=====]", up(death(6*h, time.Second))},
		{"no time at all", "[====X=====]", up(death(6*h, 0))},
		{"no time at all, now", "[=========X]", up(death(0, 0))},
		{"an hour", "[====X=====]", up(death(6*h, h))},
		{"a bit more", "[====XX====]", up(death(6*h, h+1))},
		{"at the beginning", "[X=========]", up(death(12*h, 2*h+time.Second))},
		{"before the beginning", "[==========]", up(death(12*h, 2*h))},
		{"until the end", "[========XX]", up(death(2*h, 2*h))},
		{"held", "[====..====]", up(held(death(6*h, 2*h), 2*h, words.LeftAlone))},
		{"held first", "[====.X====]", up(held(death(6*h, 2*h), h, words.BroughtBack))},
		{"held in the end", "[====X.====]", up(held(death(6*h, 2*h), h, words.LeftAlone))},
		{"held where it died", "[====X.====]", up(death(6*h, time.Second), held(death(6*h, 2*h), 2*h, words.LeftAlone))},
		{"died while held", "[====X.====]", up(held(death(6*h, 2*h), 2*h, words.LeftAlone), death(6*h, time.Second))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			period := span{before(10 * h), dusk}
			var got strings.Builder
			for _, w := range pieces(tc.past.tally(period).bar(period, 10), signs) {
				got.WriteString(w.Text)
			}
			if got.String() != tc.want {
				t.Errorf("got %s, want %s", got.String(), tc.want)
			}
		})
	}
}

func TestHistoryOfLittle(t *testing.T) {
	for _, tc := range []struct {
		name  string
		pasts []Past
		want  string
	}{
		{"nothing", nil, "nothing is remembered of any daemon\n"},
		{"no incident", []Past{{Name: "a", Known: before(time.Hour), Seen: dusk}}, `NAME  2026-11-21 19:49  2026-11-21 20:49
a     [================================]
= up, X down, . held, blank: not known;
  a column is 1m 52s and shows its worst

NAME  INCIDENTS  AVAILABLE  KNOWN
a             0      100 %  1h 0m
KNOWN: of how much of the period
  something is known

No incident is known in this time.
`},
		{"one", []Past{{Name: "a", Known: before(time.Hour), Seen: dusk, Incidents: []Incident{death(time.Hour, time.Minute)}}}, ""},
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
	got := chronicle(History{Width: 80, Since: terminal.Day, Now: dusk.In(time.FixedZone("CET", 3600))}, []Past{{Name: "a", Incidents: []Incident{death(time.Hour, time.Minute)}}})
	if !strings.Contains(got, "2026-11-21 21:49") || !strings.Contains(got, "\n2026-11-21 20:49  a        1m 0s") {
		t.Errorf("got\n%s", got)
	}
}

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 11, 21, 13, 0, 0, 0, time.FixedZone("CET", 3600))
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "12h": 12 * time.Hour, "30d": 30 * terminal.Day, "2w": 14 * terminal.Day, "1d12h": 36 * time.Hour, "1.5d": 36 * time.Hour, "60s": time.Minute, "36500d": longestSince,
		"2026-11-01": 20*terminal.Day + 13*time.Hour, "2026-11-21": 13 * time.Hour,
	} {
		if got, err := ParseSince(text, now); got != want || err != nil {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "it is empty", "30": "the unit is missing", "d": "it is not a duration", "-1d": "it is less than a minute", "1y": "there is no such unit",
		"1d 2h": "there is no number", "59s": "it is less than a minute", "0d": "it is less than a minute", "36501d": "it is more than 100 years", "99999999999999999999w": "it is too long",
		"1w36500d": "it is more than 100 years", "2026-11-22": "it is in the future", "1900-01-01": "it is more than 100 years", "0001-01-01": "it is more than 100 years", "2026-13-01": "there is no such unit", "1\xff": "there is no such unit",
	} {
		got, err := ParseSince(text, now)
		var h interface{ Hint() string }
		if got != 0 || err == nil || !strings.HasSuffix(err.Error(), ": "+want) || !errors.As(err, &h) || h.Hint() == "" {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
	if _, err := ParseSince("\x1b[2J\n", now); err == nil || strings.ContainsAny(err.Error(), "\x1b\n") {
		t.Errorf("the error is %q", err)
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
		past := []Past{{Name: "nginx", Known: before(terminal.Day), Seen: dusk, Incidents: []Incident{i}}}
		if got := chronicle(History{Width: 0, Since: terminal.Day}, past); !strings.Contains(got, "brought back") || !strings.Contains(got, tc.want) {
			t.Errorf("%s", got)
		}
		if got := chronicle(History{JSON: true, Since: terminal.Day}, past); !strings.Contains(got, `"for": "web\\x1b"`) {
			t.Errorf("%s", got)
		}
	}
}

// One that is down since it has been watched was never up, and has no mean time up.
func TestNeverUp(t *testing.T) {
	never := Past{Name: "a", Known: before(time.Hour), Seen: dusk, Incidents: []Incident{{Down: before(time.Hour - 3*time.Second), UnderWay: true, Reason: "not running"}}}
	if d, ok := never.tally(span{before(terminal.Day), dusk}).between(); ok {
		t.Errorf("MTBF %v", d)
	}
	never.Incidents[0].LastUp = before(time.Hour)
	if _, ok := never.tally(span{before(terminal.Day), dusk}).between(); !ok {
		t.Error("it was up")
	}
}

// The bars begin where something is known.
func TestBegun(t *testing.T) {
	month := span{before(30 * terminal.Day), dusk}
	for _, tc := range []struct {
		known time.Time
		want  time.Time
	}{
		{before(2 * terminal.Day), before(2 * terminal.Day)}, {before(60 * terminal.Day), month.from}, {before(time.Second), month.from}, {time.Time{}, month.from},
	} {
		list := []tally{Past{Known: tc.known, Seen: dusk}.tally(month), Past{}.tally(month)}
		if tc.known.IsZero() {
			list = list[1:]
		}
		if got := month.begun(list); !got.from.Equal(tc.want) || got.to != dusk {
			t.Errorf("known from %v: %v", tc.known, got)
		}
	}
}
