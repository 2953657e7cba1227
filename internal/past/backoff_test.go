package past

import (
	"math"
	"testing"
	"time"
)

// aPolicy is the default one.
func aPolicy() Policy {
	p := Policy{Acceptable: 5 * time.Minute}
	for _, m := range []time.Duration{0, 1, 2, 5, 15, 30, 60} {
		p.Delays = append(p.Delays, m*time.Minute)
	}
	return p
}

func TestDelays(t *testing.T) {
	for tries, want := range map[int]time.Duration{
		math.MinInt: 0, -1: 0, 0: 0, 1: 1, 2: 2, 3: 5, 4: 15, 5: 30, 6: 60, 7: 60, 1000: 60, math.MaxInt: 60,
	} {
		if got, _ := (Tally{Tries: tries, Last: at(0, bootA, 0)}).Wait(aPolicy(), at(0, bootA, 0)); got != want*time.Minute {
			t.Errorf("after %d tries: %v, want %dm", tries, got, want)
		}
	}
	for name, p := range map[string]Policy{"no delays": {}, "negative ones": {Delays: []time.Duration{-1, math.MinInt64}}} {
		before := Tally{Tries: 3, Last: at(0, bootA, 0)}
		if got, after := before.Wait(p, at(0, bootA, 0)); got != 0 || after != before {
			t.Errorf("%s: %v, %+v", name, got, after)
		}
	}
}

func TestWait(t *testing.T) {
	last := at(0, bootA, 10) // six tries, so an hour is to be waited
	for name, tc := range map[string]struct {
		last, now Stamp
		want      int
		kept      Stamp
	}{
		"at once":                        {last, last, 60, last},
		"half an hour later":             {last, at(30, bootA, 40), 30, last},
		"an hour later":                  {last, at(60, bootA, 70), 0, last},
		"long after":                     {last, at(9999, bootA, 9999), 0, last},
		"clock put back by years":        {last, at(-9999999, bootA, 40), 30, last},
		"clock put on by years":          {last, at(9999999, bootA, 40), 30, last},
		"a restored snapshot":            {last, at(0, bootA, 5), 60, at(0, bootA, 5)},
		"a reboot":                       {last, at(30, bootB, 2), 30, at(0, bootB, -28)},
		"a reboot long after":            {last, at(9999, bootB, 2), 0, at(0, bootB, -58)},
		"a reboot, clock put back":       {last, at(-9999, bootB, 2), 60, at(-9999, bootB, 2)},
		"after a reboot":                 {at(0, bootB, -28), at(-9999, bootB, 12), 20, at(0, bootB, -28)},
		"no boot known":                  {at(0, "", 0), at(30, "", 0), 30, at(0, "", 0)},
		"no boot known, clock put back":  {at(0, "", 0), at(-30, "", 0), 60, at(-30, "", 0)},
		"boot known by now":              {at(0, "", 0), at(30, bootA, 40), 30, at(0, bootA, 10)},
		"boot not known any more":        {last, at(30, "", 0), 30, last},
		"no last try":                    {Stamp{}, at(30, bootA, 40), 60, at(30, bootA, 40)},
		"a last try in the year 9999":    {Stamp{Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, at(0, bootA, 10), 60, at(0, bootA, 10)},
		"a last try in the year 1":       {Stamp{Time: time.Date(1, 2, 1, 0, 0, 0, 0, time.UTC)}, at(0, "", 0), 0, Stamp{Time: time.Date(1, 2, 1, 0, 0, 0, 0, time.UTC)}},
		"a last try before all boots":    {Stamp{Boot: bootA, Up: math.MinInt64}, at(0, bootA, 10), 0, Stamp{Boot: bootA, Up: math.MinInt64}},
		"a last try behind all boots":    {Stamp{Boot: bootA, Up: math.MaxInt64}, at(0, bootA, 10), 60, at(0, bootA, 10)},
		"a last try, negative by a boot": {Stamp{Time: last.Time, Boot: bootB, Up: math.MinInt64}, at(30, bootA, 40), 30, last},
	} {
		before := Tally{Tries: 6, Last: tc.last, Told: 3}
		got, after := before.Wait(aPolicy(), tc.now)
		if want := time.Duration(tc.want) * time.Minute; got != want || after != (Tally{6, tc.kept, 3}) {
			t.Errorf("%s: %v, %+v\nwant %v, last %+v", name, got, after, want, tc.kept)
		}
	}
}

// Where even the first try has to wait, it waits from when it was first asked for.
func TestWaitBeforeTheFirstTry(t *testing.T) {
	p := Policy{Delays: []time.Duration{2 * time.Minute, 4 * time.Minute}}
	var tally Tally
	for minute, want := range []time.Duration{2, 1, 0, 0} {
		var got time.Duration
		if got, tally = tally.Wait(p, at(minute, bootA, minute)); got != want*time.Minute {
			t.Errorf("minute %d: %v, want %dm", minute, got, want)
		}
	}
	tally = tally.Tried(at(3, bootA, 3))
	if got, _ := tally.Wait(p, at(3, bootA, 3)); tally.Tries != 1 || got != 4*time.Minute {
		t.Errorf("after it: %+v waits %v", tally, got)
	}
}

func TestTried(t *testing.T) {
	now := at(0, bootA, 10)
	for before, want := range map[int]int{0: 1, 5: 6, -7: 1, math.MinInt: 1, math.MaxInt: math.MaxInt} {
		if got := (Tally{Tries: before, Told: 2}).Tried(now); got != (Tally{want, now, 2}) {
			t.Errorf("%d: %+v", before, got)
		}
	}
}

func TestUpForgives(t *testing.T) {
	for name, tc := range map[string]struct {
		since, now Stamp
		want       bool
	}{
		"long enough":                     {at(0, bootA, 10), at(0, bootA, 15), true},
		"not yet":                         {at(0, bootA, 10), at(9999, bootA, 14), false},
		"not up":                          {Stamp{}, at(9999, bootA, 9999), false},
		"in the future":                   {at(9, bootA, 20), at(9, bootA, 10), false},
		"another boot, clock then put on": {at(0, bootA, 10), at(99999, bootB, 1), false},
		"another boot, long ago":          {at(0, bootA, 10), at(99999, bootB, 5), true},
		"no boot known":                   {at(0, "", 0), at(5, "", 0), true},
		"no boot known, not yet":          {at(0, "", 0), at(4, "", 0), false},
	} {
		before := Tally{Tries: 6, Last: at(-1, bootA, 9), Told: 3}
		got := before.Up(aPolicy(), tc.since, tc.now)
		if want := map[bool]Tally{true: {}, false: before}[tc.want]; got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
