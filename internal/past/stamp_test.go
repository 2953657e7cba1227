package past

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

const (
	bootA = "11111111-aaaa-4bbb-8ccc-111111111111"
	bootB = "22222222-aaaa-4bbb-8ccc-222222222222"
)

// at is a stamp: minutes of the clock of the day, minutes since the boot.
func at(clock int, boot string, up int) Stamp {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	return Stamp{noon.Add(time.Duration(clock) * time.Minute), boot, time.Duration(up) * time.Minute}
}

func TestSince(t *testing.T) {
	early := Stamp{Time: time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)}
	late := Stamp{Time: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
	for name, tc := range map[string]struct {
		now, earlier Stamp
		want         time.Duration
	}{
		"one boot":                      {at(5, bootA, 15), at(0, bootA, 10), 5 * time.Minute},
		"one boot, clock put back":      {at(-9999, bootA, 15), at(0, bootA, 10), 5 * time.Minute},
		"one boot, clock put on":        {at(9999, bootA, 15), at(0, bootA, 10), 5 * time.Minute},
		"one boot, from before it":      {at(0, bootA, 5), at(0, bootA, -5), 10 * time.Minute},
		"a restored snapshot":           {at(5, bootA, 5), at(0, bootA, 10), 0},
		"another boot":                  {at(5, bootB, 1), at(0, bootA, 10), 5 * time.Minute},
		"another boot, clock put back":  {at(-5, bootB, 1), at(0, bootA, 10), 0},
		"no boot known":                 {at(5, "", 0), at(0, "", 0), 5 * time.Minute},
		"no boot known, clock put back": {at(-5, "", 0), at(0, "", 0), 0},
		"boot not known any more":       {at(5, "", 0), at(0, bootA, 10), 5 * time.Minute},
		"the ends of time":              {late, early, math.MaxInt64},
		"the ends of time, turned":      {early, late, 0},
		"the ends of a boot":            {Stamp{Boot: bootA, Up: math.MaxInt64}, Stamp{Boot: bootA, Up: math.MinInt64}, math.MaxInt64},
		"the ends of a boot, turned":    {Stamp{Boot: bootA, Up: math.MinInt64}, Stamp{Boot: bootA, Up: math.MaxInt64}, 0},
	} {
		if got := tc.now.Since(tc.earlier); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// Within a boot the boot's own clock says when it was, however the clock was set; of another
// boot, or where none is known, nothing can be said.
func TestRetell(t *testing.T) {
	years := 20 * 365 * 24 * 60 // in minutes
	for name, tc := range map[string]struct {
		now, earlier, want Stamp
	}{
		"the clock is right":       {at(5, bootA, 15), at(0, bootA, 10), at(0, bootA, 10)},
		"it was put on by years":   {at(years, bootA, 15), at(0, bootA, 10), at(years-5, bootA, 10)},
		"it was put back by years": {at(-years, bootA, 15), at(0, bootA, 10), at(-years-5, bootA, 10)},
		"it drifts":                {Stamp{at(5, "", 0).Time.Add(50 * time.Second), bootA, 15 * time.Minute}, at(0, bootA, 10), at(0, bootA, 10)},
		"another boot":             {at(years, bootB, 1), at(0, bootA, 10), at(0, bootA, 10)},
		"no boot known":            {at(years, "", 0), at(0, "", 0), at(0, "", 0)},
	} {
		if got := tc.now.Retell(tc.earlier); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
		i := Incident{Began: tc.earlier, Down: tc.earlier.Time, LastUp: tc.earlier.Time.Add(-time.Hour), Died: tc.earlier.Time.Add(-time.Minute)}
		if got := i.Retold(tc.now); got.Down != tc.want.Time || got.LastUp != tc.want.Time.Add(-time.Hour) || got.Died != tc.want.Time.Add(-time.Minute) || got.Began != i.Began {
			t.Errorf("%s: incident %+v", name, got)
		}
	}
}

// A clock that was far off made the stamp impossible to write, and so all memory.
func TestNowCanBeWritten(t *testing.T) {
	for _, far := range []time.Time{
		time.Unix(-1<<50, 0),
		{},
		time.Unix(1<<50, 0),
		time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200)),
	} {
		stamp := Stamp{Time: Writable(far)}
		if _, err := json.Marshal(stamp); err != nil || stamp.IsZero() {
			t.Errorf("%v: %v, zero %v", far, err, stamp.IsZero())
		}
	}
}

func TestZeroStamp(t *testing.T) {
	for text, want := range map[string]bool{
		`"0001-01-01T00:00:00Z 0"`:      true,
		`"0001-01-01T00:00:00+00:00 0"`: true,
		`"0001-01-01T00:00:00Z 1"`:      false,
		`"0001-01-01T00:00:00Z 0 a"`:    false,
		`"2026-11-21T12:00:00Z 0"`:      false,
	} {
		var s Stamp
		if err := json.Unmarshal([]byte(text), &s); err != nil || s.IsZero() != want {
			t.Errorf("%s: %v, %v", text, s.IsZero(), err)
		}
	}
}

// FuzzStamp: what was read can be written, and means the same.
func FuzzStamp(f *testing.F) {
	f.Add(`"2026-11-21T12:00:00Z 60000000000 ` + bootA + `"`)
	f.Add(`"9999-12-31T23:59:59.999999999-23:59 -9223372036854775808"`)
	f.Add(`"0000-01-01T00:00:00+23:59 9223372036854775807"`)
	f.Add(`"2026-11-21T12:00:00Z 1 <&>\u2028\"\\"`) // package json escapes these
	f.Add(`"2026-11-21T12:00:00Z 1  \""`)
	f.Add(`{"time":"2026-11-21T12:00:00Z","up":1}`)
	f.Add("\"2026-11-21T12:00:00Z 1 a\xf0b\"")
	f.Fuzz(func(t *testing.T, text string) {
		var s, again Stamp
		if json.Unmarshal([]byte(text), &s) != nil {
			return
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("read, but cannot be written: %+v: %v", s, err)
		}
		if err := json.Unmarshal(written, &again); err != nil || !again.Time.Equal(s.Time) || again.Boot != s.Boot || again.Up != s.Up {
			t.Fatalf("%s: %+v became %+v: %v", text, s, again, err)
		}
		now := at(0, bootA, 10)
		if now.Since(s) < 0 || s.Since(now) < 0 || s.Since(s) != 0 {
			t.Fatalf("negative: %v, %v, %v", now.Since(s), s.Since(now), s.Since(s))
		}
	})
}
