package rcd

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	journaldUp = systemctl + " show -p ActiveState systemd-journald.service"
	userspace  = systemctl + " show -p UserspaceTimestampMonotonic"
)

// recordedWish are the answers that a systemd gave after something was done to a unit.
func recordedWish(t *testing.T, name string, others ...string) (fake *fakeRunner, unit string) {
	t.Helper()
	fake = &fakeRunner{t: t, answers: map[string]result{
		journaldUp: {output: "ActiveState=active\n"},
		userspace:  recorded(t, "wish/userspace"),
	}}
	for _, n := range append([]string{name}, others...) {
		show := recorded(t, "wish/"+n+"-show")
		id := properties(show.output)["Id"]
		fake.answers[systemctl+" show -p "+wishProps+" "+id] = show
		fake.answers[journalOf(id)] = recorded(t, "wish/"+n+"-journal")
		if n == name {
			unit = id
		}
	}
	for _, n := range []string{"stopping", "restarting"} {
		if n == name {
			fake.answers[systemctl+" list-jobs --no-legend --plain "+unit] = recorded(t, "wish/"+n+"-jobs")
		}
	}
	return fake, unit
}

func journalOf(unit string) string {
	return "/usr/bin/journalctl -b -r -q -o json --no-pager -n 20 --output-fields=JOB_TYPE,JOB_RESULT,JOB_ID,MESSAGE_ID _PID=1 UNIT=" + unit +
		" JOB_TYPE=start JOB_TYPE=stop JOB_TYPE=restart JOB_TYPE=try-restart"
}

// TestSystemdWish: what people do to a unit, and what it says of their wish.
func TestSystemdWish(t *testing.T) {
	for _, tt := range []struct {
		name   string
		wasUp  bool
		want   WishKind // "": none
		others []string
	}{
		{"stopped", true, WishStopped, nil},
		{"stopped", false, WishStopped, nil},
		{"stopped-disabled", true, WishStopped, nil},
		{"stopped-by-service", true, WishStopped, nil}, // service X stop
		{"auto-restart-stopped", true, WishStopped, nil},
		{"by-dependency", true, WishStopped, nil},
		{"conflict", true, WishStopped, nil},
		{"stopping", true, WishStopped, nil},
		{"bound-stopped", true, WishStopped, []string{"bound-stopped-base"}},
		{"masked", true, WishMasked, nil},
		{"disabled-never", false, WishDisabled, nil},

		{"disabled-never", true, "", nil},
		{"disabled-killed", false, "", nil}, // somebody has started it
		{"disabled-up", false, "", nil},
		{"killed-term", true, "", nil}, // after a stop and a start
		{"killed-9", true, "", nil},
		{"systemctl-kill", true, "", nil},
		{"stopped-after-death", true, "", nil}, // it leaves no trace
		{"restart-failed", true, "", nil},
		{"restarting", true, "", nil},
		{"start-failed", true, "", nil},
		{"start-limit", true, "", nil},
		{"auto-restart", true, "", nil},
		{"bound-died", true, "", []string{"bound-died-base"}},
	} {
		fake, unit := recordedWish(t, tt.name, tt.others...)
		w, err := on(sd, fake).Wish(t.Context(), strings.TrimSuffix(unit, ".service"), Past{WasUp: tt.wasUp})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		got := WishKind("")
		if w != nil {
			got = w.Kind
			if w.Service+".service" != unit || w.Why == "" || w.Undo == "" || w.Bars != (w.Kind == WishMasked) {
				t.Errorf("%s: %+v", tt.name, *w)
			}
		}
		if got != tt.want {
			t.Errorf("%s, was up %v: wish %q, want %q", tt.name, tt.wasUp, got, tt.want)
		}
	}
}

func TestSystemdWishWords(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	defer func() { time.Local = local }()
	for name, want := range map[string]Wish{
		"stopped": {
			Service: "u1", Kind: WishStopped, Why: "it was stopped at 2026-11-21 12:15:22 (by job 1526 of systemd)",
			Undo: "systemctl start u1.service",
		},
		"stopping": {
			Service: "u14", Kind: WishStopped, Why: "it has been stopping since 2026-11-21 12:15:26 (job 2540 of systemd)",
			Undo: "systemctl start u14.service",
		},
		"masked":         {Service: "u18", Kind: WishMasked, Why: "it is masked", Undo: "systemctl unmask u18.service", Bars: true},
		"disabled-never": {Service: "u16", Kind: WishDisabled, Why: "it is disabled, and nothing has started it since the boot", Undo: "systemctl enable --now u16.service"},
	} {
		fake, _ := recordedWish(t, name)
		w, err := on(sd, fake).Wish(t.Context(), want.Service, Past{})
		if err != nil || w == nil {
			t.Errorf("%s: %v, %v", name, w, err)
			continue
		}
		if w.At.IsZero() != (want.Kind != WishStopped) {
			t.Errorf("%s: at %v", name, w.At)
		}
		w.At = time.Time{}
		if *w != want {
			t.Errorf("%s:\n%+v, want\n%+v", name, *w, want)
		}
	}
}

// TestSystemdWishOurs: a stop of ours is nobody's wish, even one that the manager has
// ended only after our patience; one long before or after it is somebody's.
func TestSystemdWishOurs(t *testing.T) {
	fake, _ := recordedWish(t, "stopped")
	list := parseJobs(fake.answers[journalOf("u1.service")].output)
	stop, ok := lastStop(list)
	if !ok || !stop.begin.Before(stop.end) {
		t.Fatalf("%+v, %v", stop, ok)
	}
	for _, tt := range []struct {
		name     string
		from, to time.Time
		ours     bool
	}{
		{"none", time.Time{}, time.Time{}, false},
		{"it", stop.begin, stop.end, true},
		{"it came late into the journal", stop.started, stop.started.Add(time.Millisecond), true},
		{"somebody's, behind our start", stop.started.Add(-time.Second), stop.started.Add(-time.Millisecond), false},
		{"its time was over", stop.begin.Add(-time.Minute), stop.begin, true},
		{"it has not ended", stop.begin.Add(-time.Hour), time.Time{}, true},
		{"long before", stop.begin.Add(-time.Hour), stop.begin.Add(-time.Minute), false},
		{"long after", stop.end.Add(time.Minute), stop.end.Add(time.Hour), false},
		{"begun later", stop.end.Add(time.Minute), time.Time{}, false},
	} {
		w, err := on(sd, fake).Wish(t.Context(), "u1", Past{From: tt.from, To: tt.to, WasUp: true})
		if err != nil || (w == nil) != tt.ours {
			t.Errorf("%s: %v, %v, want that it is ours: %v", tt.name, w, err, tt.ours)
		}
	}
}

// TestStopIsOurs: a stop is another's if our start lies before it, though it came within
// the time that is allowed for the journal.
func TestStopIsOurs(t *testing.T) {
	at := func(s float64) time.Time { return time.Unix(100, 0).Add(time.Duration(s * float64(time.Second))) }
	past := Past{From: at(0), To: at(1)}
	for _, tt := range []struct {
		name           string
		started, begin time.Time
		past           Past
		ours           bool
	}{
		{"our own", at(-50), at(0.5), past, true},
		{"our own, of which the journal knows late", at(-50), at(1.5), past, true},
		{"nothing is known of a start", time.Time{}, at(1.5), past, true},
		{"after our start", at(1.2), at(1.5), past, false},
		{"after a start during our stop", at(0.2), at(0.5), past, true},
		{"a start after it, by a clock that was set", at(50), at(0.5), past, true},
		{"our own has not ended", at(1.2), at(1.5), Past{From: at(0)}, true},
		{"we have never stopped it", at(-50), at(1.5), Past{}, false},
	} {
		s := stopJob{started: tt.started, begin: tt.begin, end: tt.begin}
		if got := s.isOurs(tt.past); got != tt.ours {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	list := []job{{"3", "stop", "done", at(3), 3}, {"3", "stop", "", at(2.5), 2}, {"2", "start", "done", at(2), 2}, {"2", "start", "", at(1.5), 1}, {"1", "stop", "done", at(1), 1}}
	if s, ok := lastStop(list); !ok || !s.started.Equal(at(2)) || !s.begin.Equal(at(2.5)) {
		t.Errorf("%+v, %v", s, ok)
	}
}

// TestSystemdWishDoubt: what is not sure is not a wish.
func TestSystemdWishDoubt(t *testing.T) {
	const show = systemctl + " show -p " + wishProps + " u1.service"
	change := func(old, by string) func(*fakeRunner) {
		return func(f *fakeRunner) {
			r := f.answers[show]
			text := strings.Replace(r.output, old, by, 1)
			if text == r.output {
				t.Fatalf("%q is not in %q", old, r.output)
			}
			f.answers[show] = result{r.status, text}
		}
	}
	for name, doubt := range map[string]func(*fakeRunner){
		"of an earlier life of this container": func(f *fakeRunner) {
			f.answers[userspace] = result{output: "UserspaceTimestampMonotonic=24509428474\n"}
		},
		"nobody knows when systemd came up": func(f *fakeRunner) { f.answers[userspace] = result{} },
		"started later, and not logged":     change("ActiveEnterTimestampMonotonic=24509420861", "ActiveEnterTimestampMonotonic=24509428474"),
		"stopped when nobody needs it":      change("StopWhenUnneeded=no", "StopWhenUnneeded=yes"),
		"bound to too much":                 change("BindsTo=", "BindsTo="+strings.Repeat("a.device ", 9)),
		"up again":                          change("ActiveState=inactive", "ActiveState=active"),
		"in auto-restart":                   change("ActiveState=inactive", "ActiveState=activating"),
		"not there any more":                change("LoadState=loaded", "LoadState=not-found"),
	} {
		fake, _ := recordedWish(t, "stopped")
		doubt(fake)
		if w, err := on(sd, fake).Wish(t.Context(), "u1", Past{WasUp: true}); w != nil || err != nil {
			t.Errorf("%s: %+v, %v", name, w, err)
		}
	}
}

// TestSystemdWishCannotTell: without a journal, nothing is known, and it is said so.
func TestSystemdWishCannotTell(t *testing.T) {
	broken := result{1, "Failed to open something\n"}
	for question, answer := range map[string]result{
		systemctl + " show -p " + wishProps + " u1.service": broken,
		journaldUp:              {output: "ActiveState=inactive\n"},
		journalOf("u1.service"): broken,
	} {
		fake, _ := recordedWish(t, "stopped")
		fake.answers[question] = answer
		if w, err := on(sd, fake).Wish(t.Context(), "u1", Past{}); w != nil || err == nil || !strings.HasPrefix(err.Error(), "cannot ") {
			t.Errorf("%s: %v, %v", question, w, err)
		}
	}
	fake, _ := recordedWish(t, "stopped")
	fake.answers[journalOf("u1.service")] = result{0, "No journal files were opened due to insufficient permissions.\n"}
	if w, err := on(sd, fake).Wish(t.Context(), "u1", Past{}); w != nil || err == nil {
		t.Errorf("a journal that may not be read: %v, %v", w, err)
	}
	fake, _ = recordedWish(t, "stopped")
	fake.queryErr = errors.New("cannot ask")
	if w, err := on(sd, fake).Wish(t.Context(), "u1", Past{}); w != nil || err != fake.queryErr {
		t.Errorf("%v, %v", w, err)
	}
}

// TestSystemdWishAlias: the journal knows a unit by its own name only.
func TestSystemdWishAlias(t *testing.T) {
	fake, _ := recordedWish(t, "stopped")
	fake.answers[systemctl+" show -p "+wishProps+" other.service"] = fake.answers[systemctl+" show -p "+wishProps+" u1.service"]
	w, err := on(sd, fake).Wish(t.Context(), "other", Past{})
	if err != nil || w == nil || w.Service != "other" || w.Undo != "systemctl start u1.service" {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestLastStop(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	for name, tt := range map[string]struct {
		list  []job
		want  bool
		begin time.Time
	}{
		"nothing":             {nil, false, time.Time{}},
		"stop":                {[]job{{"2", "stop", "done", at(9), 9}, {"1", "start", "done", at(1), 1}}, true, at(9)},
		"slow stop":           {[]job{{"2", "stop", "done", at(9), 9}, {"2", "stop", "", at(4), 4}, {"1", "stop", "", at(1), 1}}, true, at(4)},
		"stop under way":      {[]job{{"2", "stop", "", at(9), 9}}, true, at(9)},
		"stop was cancelled":  {[]job{{"2", "stop", "canceled", at(9), 9}}, false, time.Time{}},
		"start":               {[]job{{"2", "start", "done", at(9), 9}, {"1", "stop", "done", at(1), 1}}, false, time.Time{}},
		"start that failed":   {[]job{{"2", "start", "failed", at(9), 9}, {"1", "stop", "done", at(1), 1}}, false, time.Time{}},
		"restart":             {[]job{{"2", "restart", "done", at(9), 9}, {"2", "stop", "", at(1), 1}}, false, time.Time{}},
		"something yet to be": {[]job{{"2", "freeze", "done", at(9), 9}, {"1", "stop", "done", at(1), 1}}, false, time.Time{}},
	} {
		stop, ok := lastStop(tt.list)
		if ok != tt.want || !stop.begin.Equal(tt.begin) {
			t.Errorf("%s: %+v, %v", name, stop, ok)
		}
	}
}

// TestParseJobs: fields of odd kinds and lines of another tongue are left out.
func TestParseJobs(t *testing.T) {
	const good = `{"JOB_TYPE":"stop","JOB_RESULT":"done","JOB_ID":"7","__REALTIME_TIMESTAMP":"1000000","__MONOTONIC_TIMESTAMP":"5"}`
	if list := parseJobs(good + "\nno JSON\n[]\nnull\n\n"); len(list) != 1 || list[0].at != time.Unix(1, 0) || list[0].up != 5*time.Microsecond {
		t.Errorf("%+v", list)
	}
	for _, bad := range []string{
		strings.Replace(good, `"7"`, `"7; rm"`, 1),
		strings.Replace(good, `"7"`, `["7","8"]`, 1),
		strings.Replace(good, `"stop"`, `null`, 1),
		strings.Replace(good, `"1000000"`, `"99999999999999999999"`, 1),
		strings.Replace(good, `"1000000"`, `""`, 1),
		strings.Replace(good, `"5"`, `"-5"`, 1),
		strings.Replace(good, `"5"`, `[53]`, 1),
		good[:len(good)-1],
	} {
		if list := parseJobs(bad); len(list) != 0 {
			t.Errorf("%s: %+v", bad, list)
		}
	}
}

// FuzzParseJobs: whatever the journal prints, a job has a number, a kind and times,
// and what was found to be the last stop is the first of the list.
func FuzzParseJobs(f *testing.F) {
	files, err := filepath.Glob("../testdata/rcd/wish/*-journal.txt")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		f.Add(recorded(f, "wish/"+name).output)
	}
	f.Add(`{"JOB_TYPE":["stop"],"JOB_ID":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		list := parseJobs(text)
		if slices.ContainsFunc(list, func(j job) bool { return !isNumber(j.id) || j.kind == "" || j.at.IsZero() || j.up <= 0 }) {
			t.Errorf("%+v", list)
		}
		if stop, ok := lastStop(list); ok && (stop.id != list[0].id || list[0].kind != "stop" || stop.begin.After(stop.end)) {
			t.Errorf("%+v of %+v", stop, list)
		}
	})
}

// TestSystemdWishHalf: the first half of a restart is a stop, too, to the journal.
func TestSystemdWishHalf(t *testing.T) {
	for answer, want := range map[string]bool{
		"2540 u14.service stop running\n":    true,
		"2540 u14.service restart running\n": false,
		"2541 u14.service stop waiting\n":    false,
		"":                                   false,
	} {
		fake, _ := recordedWish(t, "stopping")
		fake.answers[systemctl+" list-jobs --no-legend --plain u14.service"] = result{output: answer}
		if w, err := on(sd, fake).Wish(t.Context(), "u14", Past{}); err != nil || (w != nil) != want {
			t.Errorf("%q: %+v, %v", answer, w, err)
		}
	}
}

// TestSystemdWishDisabled: only of a unit that could be enabled, and that systemd does
// not remember to have been up.
func TestSystemdWishDisabled(t *testing.T) {
	const show = systemctl + " show -p " + wishProps + " u16.service"
	for _, word := range []string{"static", "generated", "indirect", "alias", "enabled", "enabled-runtime", "linked", "transient", ""} {
		fake, _ := recordedWish(t, "disabled-never")
		fake.answers[show] = result{output: strings.Replace(fake.answers[show].output, "UnitFileState=disabled", "UnitFileState="+word, 1)}
		if w, err := on(sd, fake).Wish(t.Context(), "u16", Past{}); w != nil || err != nil {
			t.Errorf("%s: %+v, %v", word, w, err)
		}
	}
	fake, _ := recordedWish(t, "disabled-never")
	fake.answers[show] = result{output: strings.Replace(fake.answers[show].output, "Monotonic=0", "Monotonic=1", 1)}
	if w, err := on(sd, fake).Wish(t.Context(), "u16", Past{}); w != nil || err != nil {
		t.Errorf("it was up: %+v, %v", w, err)
	}
	fake, _ = recordedWish(t, "disabled-never")
	a := fake.answers[show]
	fake.answers[show] = result{output: a.output + "TriggeredBy=u16.socket u16.timer\n"}
	const want = "it is not enabled: u16.socket starts it on demand, and has not since the boot"
	if w, err := on(sd, fake).Wish(t.Context(), "u16", Past{}); err != nil || w == nil || w.Why != want {
		t.Errorf("a socket starts it: %+v, %v", w, err)
	}
}
