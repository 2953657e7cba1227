package state

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

func intent(daemon string, services ...string) Intent {
	began := past.Stamp{Time: time.Date(2026, 11, 21, 20, 49, 0, 0, time.UTC), Boot: "b", Up: time.Hour}
	return Intent{Daemon: daemon, PID: 75509, Began: began, Manager: "rc.d", Services: services, StopTimeout: time.Minute, StartTimeout: time.Minute}
}

// What was stopped and not started again is what another run must start.
func TestStopped(t *testing.T) {
	for _, tc := range []struct {
		marks string // as +verb service, ended: -
		want  string
	}{
		{"", ""},
		{"+stop a", "a"},
		{"+stop a -stop a", "a"},
		{"+stop a -stop a +start a", "a"},
		{"+stop a -stop a +start a -start a", ""},
		{"+stop a -stop a +start a -start a +stop b", "b"},
		{"+stop b -stop b +stop a", "a b"},
		{"+stop a -stop a +start a -start a +stop a", "a"}, // a second try
		{"+stop a -stop a +start a -start a +stop a -stop a +start a", "a"},
		{"+stop a -stop a +start a -start a +stop a -stop a +start a -start a", ""},
		{"+start a -start a", ""},
		{"+start a", ""}, // it was never stopped
	} {
		i := intent("x", "a", "b")
		list := strings.Fields(tc.marks)
		for n := 0; n < len(list); n += 2 {
			i.mark(Mark{Verb: words.Verb(list[n][1:]), Service: list[n+1], Ended: list[n][0] == '-'})
		}
		if len(i.Marks) > 4 { // a stop and a start of each, however often they were tried
			t.Errorf("%s: %v", tc.marks, i.Marks)
		}
		if got := strings.Join(i.Stopped(), " "); got != tc.want {
			t.Errorf("%s: stopped %q, want %q", tc.marks, got, tc.want)
		}
	}
}

// Each step is on the disk when it was written down, and nothing is left at the end.
func TestJournal(t *testing.T) {
	s := openStore(t)
	want := intent("/usr/sbin/x", "a", "b")
	j, err := s.Begin(want)
	ok(t, err)
	want.Version = formatVersion
	finds := func(stopped string, marks ...Mark) {
		t.Helper()
		left, errs := s.Unfinished()
		if len(errs) > 0 || len(left) != 1 {
			t.Fatal(left, errs)
		}
		got := left[0]
		want.Marks, want.file = marks, got.file
		if !reflect.DeepEqual(got, want) || strings.Join(got.Stopped(), " ") != stopped {
			t.Errorf("got %+v, want %+v; stopped %v", got, want, got.Stopped())
		}
	}
	finds("")
	ok(t, j.Begin("stop", "a"))
	finds("a", Mark{Verb: "stop", Service: "a", Ended: false})
	ok(t, j.End("stop", "a"))
	finds("a", Mark{Verb: "stop", Service: "a", Ended: true})
	ok(t, j.Begin("start", "a"))
	ok(t, j.End("start", "a"))
	finds("", Mark{Verb: "stop", Service: "a", Ended: true}, Mark{Verb: "start", Service: "a", Ended: true})
	ok(t, j.Begin("stop", "b"))
	finds("b", Mark{Verb: "stop", Service: "a", Ended: true}, Mark{Verb: "start", Service: "a", Ended: true}, Mark{Verb: "stop", Service: "b", Ended: false})
	ok(t, j.Close())
	if got := files(t, s); len(got) > 0 {
		t.Errorf("left: %v", got)
	}
	ok(t, j.Close()) // as another run may have forgotten it
}

// Procedures of one daemon with different services are two: their runs hold different
// locks, and neither may overwrite the other's journal.
func TestJournalsOldestFirst(t *testing.T) {
	s := openStore(t)
	old, recent, other := intent("x", "a"), intent("x", "b"), intent("w", "a")
	recent.Began.Time, other.Began.Time = old.Began.Time.Add(time.Hour), old.Began.Time.Add(time.Minute)
	for _, i := range []Intent{recent, old, other} {
		_, err := s.Begin(i)
		ok(t, err)
	}
	left, errs := s.Unfinished()
	if len(left) != 3 || len(errs) > 0 || left[0].Services[0] != "a" || left[1].Daemon != "w" || left[2].Services[0] != "b" {
		t.Errorf("got %+v, %v", left, errs)
	}
}

// Another run goes on in the journal of one that has died.
func TestContinueAndForget(t *testing.T) {
	s := openStore(t)
	j, err := s.Begin(intent("x", "a", "b"))
	ok(t, err)
	ok(t, j.Begin("stop", "a"))
	left, _ := s.Unfinished()
	i, err := s.Reread(left[0])
	if err != nil || !slices.Equal(i.Stopped(), []string{"a"}) {
		t.Fatal(i, err)
	}
	again, err := s.Continue(i, past.Process{PID: 5, Start: 6})
	ok(t, err)
	ok(t, again.Begin("start", "a"))
	ok(t, again.End("start", "a"))
	if i, err = s.Reread(i); err != nil || len(i.Stopped()) > 0 {
		t.Error(i, err)
	}
	if pid, start := i.Run(); pid != 5 || start != 6 || i.PID == 5 {
		t.Errorf("%+v is of %d, %d", i, pid, start)
	}
	ok(t, s.Forget(i))
	if _, err := s.Reread(i); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is over: %v", err)
	}
	ok(t, s.Forget(i))
}

// A journal that was renamed can be forgotten too, or it would be finished for ever.
func TestRenamedJournal(t *testing.T) {
	s := openStore(t)
	plant(t, s, "journal-renamed.json", kinds()[2].good)
	left, errs := s.Unfinished()
	if len(left) != 1 || len(errs) > 0 {
		t.Fatal(left, errs)
	}
	ok(t, s.Forget(left[0]))
	if got := files(t, s); len(got) > 0 {
		t.Errorf("left: %v", got)
	}
}

// What no run can have written is not acted on.
func TestJournalsThatNobodyWrote(t *testing.T) {
	good := kinds()[2].good
	if _, err := parseJournal([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"x"`, `""`},
		{`["a"]`, `[]`},
		{`["a"]`, `null`},
		{`["a"]`, `[""]`},
		{`["a"]`, `["-f"]`},
		{`["a"]`, `["../a"]`},
		{`["a"]`, `["a b"]`},
		{`["a"]`, `["a\u0000"]`},
		{`["a"]`, `["a"],"pid":-1`},
		{`["a"]`, `["a"],"stop_timeout":-1`},
		{`["a"]`, `["a"],"start_timeout":-1`},
		{`["a"]`, `["a"],"marks":[{"verb":"stop","service":"b"}]`},
		{`["a"]`, `["a"],"marks":[{"verb":"kill","service":"a"}]`},
	} {
		if got, err := parseJournal([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s: %+v", change[1], got)
		}
	}
}

// A journal that would be refused is not written, and one that is damaged says to
// look for what it can no longer tell.
func TestJournalErrors(t *testing.T) {
	s := openStore(t)
	if _, err := s.Begin(intent("x", strings.Repeat("a", largestJournal))); err == nil || !strings.Contains(err.Error(), "larger than 65536 bytes") {
		t.Errorf("got %v", err)
	}
	plant(t, s, "journal-x.json", "garbage")
	_, errs := s.Unfinished()
	if len(errs) != 1 || !strings.HasSuffix(hint(errs[0]), "; see that no service was left stopped") {
		t.Errorf("got %v, hint %q", errs, hint(errors.Join(errs...)))
	}
	ok(t, os.RemoveAll(s.Path()))
	if _, errs := s.Unfinished(); len(errs) != 1 {
		t.Errorf("no folder: %v", errs)
	}
}
