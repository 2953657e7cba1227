package state

import (
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/past"
)

func moment(day, boot string, up time.Duration) past.Stamp {
	t, err := time.Parse("2006-01-02 15:04", day)
	if err != nil {
		panic(err)
	}
	return past.Stamp{Time: t, Boot: boot, Up: up}
}

// A pause lasts as long as it was meant to, whatever the clock of the day does.
func TestPausesEnd(t *testing.T) {
	const h = time.Hour
	began := moment("2026-11-21 20:00", "b", 5*h)
	for _, tc := range []struct {
		name  string
		forH  time.Duration
		from  past.Stamp
		looks []past.Stamp // one after the other
		last  bool         // whether it holds at the last
	}{
		{"at once", 2, began, []past.Stamp{began}, true},
		{"before the end", 2, began, []past.Stamp{moment("2026-11-21 21:59", "b", 7*h-1)}, true},
		{"at the end", 2, began, []past.Stamp{moment("2026-11-21 22:00", "b", 7*h)}, false},
		{"until resumed", 0, began, []past.Stamp{moment("2036-11-21 22:00", "c", 7*h)}, true},
		{"the clock jumps forward", 2, began, []past.Stamp{moment("2027-11-21 20:00", "b", 6*h)}, true},
		{"the clock is set back", 2, began, []past.Stamp{moment("2020-01-01 00:00", "b", 7*h)}, false},
		{"a reboot", 2, began, []past.Stamp{moment("2026-11-21 21:00", "c", 0)}, true},
		{"a long reboot", 2, began, []past.Stamp{moment("2026-11-21 22:00", "c", 0)}, false},
		{"a reboot, and the clock jumps forward", 2, began, []past.Stamp{moment("2026-11-21 21:00", "c", 0), moment("2027-11-21 20:00", "c", h-1)}, true},
		{"a reboot, and the clock is set back", 2, began, []past.Stamp{moment("2026-11-21 21:00", "c", 0), moment("2020-11-21 20:00", "c", h)}, false},
		{"a reboot with a clock that is behind", 2, began, []past.Stamp{moment("1970-01-01 00:00", "c", 0), moment("1970-01-01 02:00", "c", 2*h)}, false},
		{"no boots, and the clock is set back", 2, moment("2026-11-21 20:00", "", 0), []past.Stamp{moment("2020-01-01 00:00", "", 0), moment("2020-01-01 01:59", "", 0)}, true},
		{"no boots, and the clock was set back", 2, moment("2026-11-21 20:00", "", 0), []past.Stamp{moment("2020-01-01 00:00", "", 0), moment("2020-01-01 02:00", "", 0)}, false},
		{"a restored snapshot of a time before", 2, began, []past.Stamp{moment("2026-11-20 20:00", "b", h), moment("2026-11-20 21:59", "b", 3*h-1)}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := openStore(t)
			ok(t, s.Pause(past.Pause{Name: "x", From: tc.from, For: tc.forH * h, By: "root"}))
			looker, err := LookStore(s.Path())
			ok(t, err)
			for n, now := range tc.looks {
				looked, err := looker.Pauses(now)
				ok(t, err)
				got, err := s.Pauses(now)
				ok(t, err)
				if want := n < len(tc.looks)-1 || tc.last; (len(got) == 1) != want || (len(looked) == 1) != want {
					t.Errorf("look %d: %+v, a looker %+v", n, got, looked)
				}
			}
		})
	}
}

// What is shown of a pause is when it ends by the clock of today.
func TestPauseIsToldByTheClockOfToday(t *testing.T) {
	s := openStore(t)
	ok(t, s.Pause(past.Pause{Name: "x", From: moment("2036-11-21 20:00", "b", time.Hour), For: time.Hour}))
	for range 2 { // what the first look has kept is what the second one sees
		got, err := s.Pauses(moment("2026-11-21 20:30", "b", time.Hour+30*time.Minute))
		if err != nil || len(got) != 1 || got[0].From != moment("2026-11-21 20:00", "b", time.Hour) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	now := moment("2026-11-21 20:00", "b", time.Hour)
	s := openStore(t)
	holds := func(want string) {
		t.Helper()
		pauses, err := s.Pauses(now)
		ok(t, err)
		var got []string
		for _, p := range pauses {
			got = append(got, p.Name+":"+p.Reason)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("hold %v, want %s", got, want)
		}
	}
	holds("")
	for _, name := range []string{"b", "a", past.AllPaused} {
		ok(t, s.Pause(past.Pause{Name: name, From: now, By: "root", Reason: "first"}))
	}
	ok(t, s.Pause(past.Pause{Name: "b", From: now, For: time.Hour, By: "anna", Reason: "second"}))
	holds("*:first a:first b:second")
	ended, err := s.Resume("b", now)
	if err != nil || len(ended) != 1 || ended[0].By != "anna" {
		t.Errorf("ended %+v, %v", ended, err)
	}
	ended, err = s.Resume("b", now)
	if err != nil || len(ended) > 0 {
		t.Errorf("ended %+v, %v", ended, err)
	}
	holds("*:first a:first")
	ended, err = s.Resume(past.AllPaused, now)
	if err != nil || len(ended) != 2 {
		t.Errorf("ended %+v, %v", ended, err)
	}
	holds("")
}

// One that has ended by itself was not ended by who resumes.
func TestResumeAfterTheEnd(t *testing.T) {
	s := openStore(t)
	ok(t, s.Pause(past.Pause{Name: "x", From: moment("2026-11-21 20:00", "b", time.Hour), For: time.Hour}))
	if ended, err := s.Resume("x", moment("2026-11-21 22:00", "b", 3*time.Hour)); err != nil || len(ended) > 0 {
		t.Errorf("ended %+v, %v", ended, err)
	}
}

func TestPausesAreBounded(t *testing.T) {
	s := openStore(t)
	ok(t, s.Pause(past.Pause{Name: "x", From: Now(), Reason: strings.Repeat("x", 1<<20)}))
	if err := s.Pause(past.Pause{Name: strings.Repeat("x", 1<<20), From: Now()}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
	for _, file := range []string{`{"pauses":[{"name":""}]}`, `{"pauses":[{"name":"x","for":-1}]}`} {
		if p, err := parsePauses([]byte(file)); err == nil {
			t.Errorf("%s: %+v", file, p)
		}
	}
}
