package history

import (
	"testing"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

var dusk = time.Date(2026, 11, 21, 20, 49, 0, 0, time.UTC)

// before is so long before dusk.
func before(d time.Duration) time.Time { return dusk.Add(-d) }

// death is an incident that a restart has ended.
func death(ago, took time.Duration) Incident {
	return Incident{Incident: past.Incident{LastUp: before(ago + time.Minute), Down: before(ago), Up: before(ago - took), Seconds: took.Seconds(), Reason: "not running", Outcome: words.BroughtBack, Tries: 1}}
}

// The period of the tests is the last ten hours. What is expected is in minutes.
func TestTally(t *testing.T) {
	const m, h = time.Minute, time.Hour
	always := Past{Known: before(90 * terminal.Day), Seen: dusk}
	of := func(list ...Incident) Past {
		p := always
		p.Incidents = list
		return p
	}
	with := func(i Incident, change func(*Incident)) Incident {
		change(&i)
		return i
	}
	underWay := func(i *Incident) { i.Up, i.Seconds, i.UnderWay, i.Outcome = time.Time{}, 0, true, words.StillDown }
	held := func(d time.Duration, outcome words.Outcome) func(*Incident) {
		return func(i *Incident) { i.Held, i.Outcome = d.Seconds(), outcome }
	}
	for _, tc := range []struct {
		name                               string
		past                               Past
		known, down, held                  int // minutes
		incidents, deaths, recovered, mttr int
		percent                            float64 // -1: none
	}{
		{"nothing is known", Past{}, 0, 0, 0, 0, 0, 0, 0, -1},
		{"always up", always, 600, 0, 0, 0, 0, 0, 0, 100},
		{"watched for an hour", Past{Known: before(h), Seen: dusk}, 60, 0, 0, 0, 0, 0, 0, 100},
		{"not watched any more", Past{Known: before(90 * terminal.Day), Seen: before(9 * h)}, 60, 0, 0, 0, 0, 0, 0, 100},
		{"not watched in the period", Past{Known: before(90 * terminal.Day), Seen: before(11 * h)}, 0, 0, 0, 0, 0, 0, 0, -1},
		{"seen once", Past{Known: before(h), Seen: before(h)}, 0, 0, 0, 0, 0, 0, 0, -1},
		{"a clock that was ahead", Past{Known: before(h), Seen: before(-h)}, 60, 0, 0, 0, 0, 0, 0, 100},
		{"the ends the wrong way round", Past{Known: dusk, Seen: before(h)}, 60, 0, 0, 0, 0, 0, 0, 100},
		{"a death", of(death(5*h, 6*m)), 600, 6, 0, 1, 1, 1, 6, 99},
		{"deaths", of(death(5*h, 6*m), death(2*h, 12*m)), 600, 18, 0, 2, 2, 2, 9, 97},
		{"known by its incidents only", Past{Incidents: []Incident{death(5*h, 6*m), death(2*h, 12*m)}}, 193, 18, 0, 2, 2, 2, 9, 90.673},
		{"last up when the clock was ahead", Past{Incidents: []Incident{with(death(5*h, 6*m), func(i *Incident) { i.LastUp = before(h) })}}, 6, 6, 0, 1, 1, 1, 6, 0},
		{"before the period", of(death(20*h, 6*m)), 600, 0, 0, 0, 0, 0, 0, 100},
		{"until the period", of(death(11*h, h)), 600, 0, 0, 0, 0, 0, 0, 100},
		{"into the period", of(death(11*h, 90*m)), 600, 30, 0, 1, 0, 1, 90, 95},
		{"at its beginning", of(death(10*h, 6*m)), 600, 6, 0, 1, 1, 1, 6, 99},
		{"of no length at its beginning", of(death(10*h, 0)), 600, 0, 0, 1, 1, 1, 0, 100},
		{"all the time and before", of(death(20*h, 20*h)), 600, 600, 0, 1, 0, 1, 1200, 0},
		{"just now", of(with(death(0, 0), underWay)), 600, 0, 0, 1, 1, 0, 0, 100},
		{"under way", of(with(death(h, 0), underWay)), 600, 60, 0, 1, 1, 0, 0, 90},
		{"under way since before", of(with(death(20*h, 0), underWay)), 600, 600, 0, 1, 0, 0, 0, 0},
		{"under way, by a clock that was set back", of(with(with(death(-h, 0), underWay), func(i *Incident) { i.Seconds = h.Seconds() })), 600, 60, 0, 1, 1, 0, 0, 90},
		{"under way, and it will have begun", of(with(death(-h, 0), underWay)), 600, 0, 0, 1, 1, 0, 0, 100},
		{"not watched since it is down", Past{Known: before(90 * terminal.Day), Seen: before(h), Incidents: []Incident{with(death(h, 0), underWay)}}, 600, 60, 0, 1, 1, 0, 0, 90},
		{"up before it was down", of(with(death(5*h, 6*m), func(i *Incident) { i.Up = before(6 * h) })), 600, 6, 0, 1, 1, 1, 6, 99},
		{"up before it was down, not measured", of(with(death(5*h, 6*m), func(i *Incident) { i.Up, i.Seconds = before(6*h), 0 })), 600, 0, 0, 1, 1, 1, 0, 100},
		{"not measured", of(with(death(5*h, 6*m), func(i *Incident) { i.Seconds = 0 })), 600, 6, 0, 1, 1, 1, 6, 99},
		{"the clock was set ahead meanwhile", of(with(death(5*h, 6*m), func(i *Incident) { i.Up = before(h) })), 600, 6, 0, 1, 1, 1, 6, 99},
		{"nobody looks any more", of(with(death(5*h, 6*m), func(i *Incident) { i.Up, i.Outcome = time.Time{}, words.StillDown })), 600, 6, 0, 1, 1, 0, 0, 99},
		{"one lies over another", Past{Known: before(5 * h), Seen: before(4 * h), Incidents: []Incident{death(5*h, h), death(5*h, h)}}, 61, 61, 0, 2, 2, 2, 60, 0},
		{"stopped on purpose", of(with(death(5*h, h), held(h, words.LeftAlone))), 600, 0, 60, 1, 0, 0, 0, 100},
		{"stopped on purpose, seen a moment later", of(with(death(5*h, h), held(h-time.Millisecond, words.LeftAlone))), 600, 0, 60, 1, 0, 0, 0, 99.999},
		{"stopped on purpose, not measured", of(with(death(5*h, h), held(0, words.LeftAlone))), 600, 0, 60, 1, 0, 0, 0, 100},
		{"held, then brought back", of(with(death(5*h, 40*m), held(30*m, words.BroughtBack))), 600, 10, 30, 1, 1, 1, 10, 98.245},
		{"tried, then held", of(with(death(5*h, 40*m), held(30*m, words.LeftAlone))), 600, 10, 30, 1, 1, 1, 10, 98.245},
		{"held into the period", of(with(death(11*h, 90*m), held(h, words.BroughtBack))), 600, 30, 0, 1, 0, 1, 30, 95},
		{"held at the end of the period", of(with(with(death(h, h), underWay), held(30*m, words.LeftAlone))), 600, 30, 30, 1, 1, 0, 0, 94.736},
		{"held for longer than down", of(with(death(5*h, h), held(2*h, words.BroughtBack))), 600, 0, 60, 1, 0, 0, 0, 100},
		{"less than no time", of(with(death(5*h, 6*m), func(i *Incident) { i.Held, i.Seconds = -1, -1 })), 600, 6, 0, 1, 1, 1, 6, 99},
		{"held all the time", of(with(with(death(20*h, 0), underWay), held(0, words.LeftAlone))), 600, 0, 600, 1, 0, 0, 0, -1},
		{"short", of(death(5*h, 1)), 600, 0, 0, 1, 1, 1, 0, 99.999},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.past.Tally(Span{before(10 * h), dusk})
			percent, ok := got.Availability()
			if !ok {
				percent = -1
			}
			minutes := func(d time.Duration) int { return int(d.Round(m) / m) }
			recovery, _ := got.ToRecovery()
			if minutes(got.Known.Length()) != tc.known || minutes(got.Down) != tc.down || minutes(got.Held) != tc.held ||
				len(got.Episodes) != tc.incidents || got.Deaths != tc.deaths || got.recovered != tc.recovered || minutes(recovery) != tc.mttr || percent != tc.percent {
				t.Errorf("known %v, down %v, held %v; %d incidents, %d deaths, %d recovered, mttr %v, %v %%",
					got.Known.Length(), got.Down, got.Held, len(got.Episodes), got.Deaths, got.recovered, recovery, percent)
			}
			if between, ok := got.Between(); ok != (tc.deaths > 0) || ok && minutes(between*time.Duration(tc.deaths)) != tc.known-tc.down-tc.held {
				t.Errorf("between: %v, %v", between, ok)
			}
		})
	}
}

// The one under way need not be the last of the list.
func TestIncidentsAreInOrder(t *testing.T) {
	got := Past{Incidents: []Incident{death(2*time.Hour, 1), death(3*time.Hour, 2), death(time.Hour, 3)}}.Tally(Span{before(terminal.Day), dusk})
	for i, want := range []time.Duration{2, 1, 3} {
		if got.Episodes[i].Seconds != want.Seconds() {
			t.Errorf("number %d is %v", i, got.Episodes[i])
		}
	}
}

// One that is down since it has been watched was never up, and has no mean time up.
func TestNeverUp(t *testing.T) {
	never := Past{Name: "a", Known: before(time.Hour), Seen: dusk, Incidents: []Incident{{Incident: past.Incident{Down: before(time.Hour - 3*time.Second), Reason: "not running"}, UnderWay: true}}}
	if d, ok := never.Tally(Span{before(terminal.Day), dusk}).Between(); ok {
		t.Errorf("MTBF %v", d)
	}
	never.Incidents[0].LastUp = before(time.Hour)
	if _, ok := never.Tally(Span{before(terminal.Day), dusk}).Between(); !ok {
		t.Error("it was up")
	}
}

// The bars begin where something is known.
func TestBegun(t *testing.T) {
	month := Span{before(30 * terminal.Day), dusk}
	for _, tc := range []struct {
		known time.Time
		want  time.Time
	}{
		{before(2 * terminal.Day), before(2 * terminal.Day)}, {before(60 * terminal.Day), month.From}, {before(time.Second), month.From}, {time.Time{}, month.From},
	} {
		list := []Tally{Past{Known: tc.known, Seen: dusk}.Tally(month), Past{}.Tally(month)}
		if tc.known.IsZero() {
			list = list[1:]
		}
		if got := month.Begun(list); !got.From.Equal(tc.want) || got.To != dusk {
			t.Errorf("known from %v: %v", tc.known, got)
		}
	}
}
