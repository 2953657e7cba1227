package keeper

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/packages"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// holding is a world with a memory, in which one is down that has every reason
// respected.
func holding(t *testing.T) (*world, Daemon) {
	w := newWorld(t)
	w.remembers(t)
	w.keeper.Packages = func() (*packages.Work, error) { return nil, nil }
	w.wishes = make(map[string]*rcd.Wish)
	d := w.add("a", "s", "t")
	d.Policy, d.Respect = policy(), words.Wishes()
	return w, d
}

func (w *world) pause(t *testing.T, p past.Pause) {
	t.Helper()
	p.From = w.now()
	must(t, openStore(t, w.keeper.Store.Path()).Pause(p))
}

func (w *world) upgrade() {
	w.keeper.Packages = func() (*packages.Work, error) {
		return &packages.Work{Manager: "apt", Lock: "/var/lib/dpkg/lock-frontend", PID: 77}, nil
	}
}

func wish(service string, kind rcd.WishKind) *rcd.Wish {
	return &rcd.Wish{Service: service, Kind: kind, Why: "it was stopped by hand", Undo: "svc start " + service}
}

// Each reason to leave a daemon alone: what is said of it, that it is said once, and
// that nobody is told; that it ends; and that it can be overridden.
var holds = []struct {
	name  string
	kind  words.Hold
	why   string
	begin func(t *testing.T, w *world)
	end   func(t *testing.T, w *world)
}{
	{"paused", "pause", "it is paused by eve since ", func(t *testing.T, w *world) {
		w.pause(t, past.Pause{Name: "a", By: "eve", For: time.Hour, Reason: "disk"})
	}, resumed},
	{"all are paused", "pause", "it is paused since ", func(t *testing.T, w *world) { w.pause(t, past.Pause{Name: past.AllPaused}) }, resumed},
	{"stopped", "stopped", "service s: it was stopped by hand; to have it kept again: svc start s", func(_ *testing.T, w *world) {
		w.wishes["s"] = wish("s", rcd.WishStopped)
	}, unwished},
	{"disabled", "disabled", "service s: it was stopped by hand", func(_ *testing.T, w *world) { w.wishes["s"] = wish("s", rcd.WishDisabled) }, unwished},
	{"masked", "disabled", "service s: ", func(_ *testing.T, w *world) { w.wishes["s"] = wish("s", rcd.WishMasked) }, unwished},
	{"its supervisor is to leave it down", "disabled", "service s: ", func(_ *testing.T, w *world) { w.wishes["s"] = wish("s", rcd.WishDown) }, unwished},
	{
		"an upgrade", "packages", "apt is at work (process 77 holds /var/lib/dpkg/lock-frontend), and may start it itself",
		func(_ *testing.T, w *world) { w.upgrade() },
		func(_ *testing.T, w *world) {
			w.keeper.Packages = func() (*packages.Work, error) { return nil, nil }
		},
	},
}

func resumed(t *testing.T, w *world) {
	_, err := openStore(t, w.keeper.Store.Path()).Resume(past.AllPaused, w.now())
	must(t, err)
}

func unwished(_ *testing.T, w *world) { w.wishes = nil }

func TestHolds(t *testing.T) {
	for _, tc := range holds {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d := holding(t)
				told := 0
				w.keeper.Tell, w.keeper.Remind = telling(&told), time.Minute
				tc.begin(t, w)
				for minute := range 10 {
					w.untilMinute(minute)
					r := w.again(t, d)["a"]
					wantResult(t, r, report.Held, tc.why)
					if r.Status() != report.OK || r.Hold != tc.kind || r.Busy || r.Known != (minute > 0) {
						t.Errorf("%+v", r)
					}
					want := ""
					if minute == 0 {
						want = "WARNING 'a' is not running\nINFO 'a' is left alone: " + r.Reason
					}
					if w.logged() != want {
						t.Errorf("minute %d: the log says\n%s", minute, w.logged())
					}
					w.untouched(t)
				}
				held := w.now()
				if m := w.known(t, "a"); m.Held != tc.kind || !strings.Contains(m.HeldWhy, tc.why) || m.Tally.Tries != 0 || !about(m.HeldSince.Since(m.Incident.Began), 0) {
					t.Errorf("%+v", m)
				}
				if told > 0 {
					t.Errorf("told %d times", told)
				}
				tc.end(t, w)
				w.untilMinute(10)
				wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
				i := w.ledger(t)[0]
				if i.Outcome != "brought_back" || !about(time.Duration(i.Held*1e9), 10*time.Minute) || i.Seconds <= i.Held || told != 2 {
					t.Errorf("held until %v, told %d times: %+v", held, told, i)
				}
				if m := w.known(t, "a"); m.Held != "" || m.HeldWhy != "" || !m.HeldSince.IsZero() || m.Totals.Downtime != i.Seconds-i.Held {
					t.Errorf("%+v", m)
				}
			})
		})
	}
}

// One that comes up while it is held was held until then, and nobody is told of its end.
func TestHeldUntilItCameBack(t *testing.T) {
	for _, tc := range holds {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d := holding(t)
				told := 0
				w.keeper.Tell = telling(&told)
				tc.begin(t, w)
				w.again(t, d)
				time.Sleep(10 * time.Minute)
				w.comesUp("a")
				w.again(t, d)
				i := w.ledger(t)[0]
				if i.Seconds != i.Held || i.Held < 600 || i.Outcome != "held" || told != 0 {
					t.Errorf("told %d times: %+v", told, i)
				}
				if m := w.known(t, "a"); m.Held != "" || m.Incident != nil {
					t.Errorf("%+v", m)
				}
				time.Sleep(10 * time.Minute)
				w.dies("a")
				w.again(t, d)
				if !strings.Contains(w.logged(), "'a' is left alone") {
					t.Errorf("the log says\n%s", w.logged())
				}
			})
		})
	}
}

// What a configuration does not respect, and nothing at all with --ignore-intent.
func TestHoldsThatAreNotRespected(t *testing.T) {
	for _, tc := range holds {
		t.Run(tc.name, func(t *testing.T) {
			for _, change := range []func(w *world, d *Daemon){
				func(w *world, _ *Daemon) { w.keeper.IgnoreIntent = true },
				func(_ *world, d *Daemon) { d.Respect = nil },
				func(_ *world, d *Daemon) {
					d.Respect = slices.DeleteFunc(words.Wishes(), func(kind words.Hold) bool { return kind == tc.kind })
				},
			} {
				synctest.Test(t, func(t *testing.T) {
					w, d := holding(t)
					tc.begin(t, w)
					change(w, &d)
					wantResult(t, w.again(t, d)["a"], report.BroughtBack, "")
					if got := w.did(); got != "stop s,start s,stop t,start t" {
						t.Errorf("did %s", got)
					}
				})
			}
			synctest.Test(t, func(t *testing.T) {
				w, d := holding(t)
				tc.begin(t, w)
				d.Respect = []words.Hold{tc.kind}
				wantResult(t, w.again(t, d)["a"], report.Held, tc.why)
			})
		})
	}
}

// One that was held before goes on where it was, with --ignore-intent.
func TestHeldThenIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.barren("s")
		w.pause(t, past.Pause{Name: "a"})
		w.again(t, d)
		time.Sleep(5 * time.Minute)
		w.keeper.IgnoreIntent = true
		wantResult(t, w.again(t, d)["a"], report.StillDown, "did not appear")
		if m := w.known(t, "a"); m.Held != "" || m.Incident.Held < 300 || m.Incident.Held > 303 {
			t.Errorf("%+v, %+v", m, m.Incident)
		}
	})
}

// One that is held no longer, and must wait for its next try, is down and not held.
func TestHeldThenWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		d.Policy.Delays = []time.Duration{0, time.Hour}
		w.barren("s")
		w.again(t, d)
		w.pause(t, past.Pause{Name: "a", For: 10 * time.Minute})
		w.again(t, d)
		time.Sleep(10 * time.Minute)
		r := w.again(t, d)["a"]
		wantResult(t, r, report.StillDown, "it was tried once")
		if m := w.known(t, "a"); r.Hold != "" || m.Held != "" || m.Incident.Held < 600 || m.Incident.Held > 605 {
			t.Errorf("%+v, %+v, %+v", r, m, m.Incident)
		}
	})
}

// One that was tried, and came back while it was held, was not down on purpose.
func TestTriedThenHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.barren("s")
		w.again(t, d)
		w.pause(t, past.Pause{Name: "a"})
		w.again(t, d)
		time.Sleep(time.Hour)
		w.comesUp("a")
		w.again(t, d)
		if i := w.ledger(t)[0]; i.Outcome != "came_back" || i.Held < 3600 || i.Seconds <= i.Held {
			t.Errorf("%+v", i)
		}
	})
}

// A pause ends by itself.
func TestPauseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.pause(t, past.Pause{Name: "a", For: 10 * time.Minute})
		for minute := range 11 {
			w.untilMinute(minute)
			r := w.again(t, d)["a"]
			if held := r.Result == report.Held; held != (minute < 10) {
				t.Errorf("minute %d: %+v", minute, r)
			}
		}
	})
}

// Who is not paused is kept.
func TestPauseOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, a := holding(t)
		b := w.add("b", "sb")
		b.Respect = words.Wishes()
		w.pause(t, past.Pause{Name: "b"})
		r := w.again(t, a, b)
		wantResult(t, r["a"], report.BroughtBack, "")
		wantResult(t, r["b"], report.Held, "it is paused")
	})
}

func TestPauseText(t *testing.T) {
	from := past.Stamp{Time: time.Date(2026, 3, 4, 5, 6, 7, 0, time.Local)}
	for _, tc := range []struct {
		pause past.Pause
		want  string
	}{
		{past.Pause{From: from}, "it is paused since 2026-03-04 05:06:07"},
		{past.Pause{From: from, By: "eve"}, "it is paused by eve since 2026-03-04 05:06:07"},
		{past.Pause{From: from, For: 90 * time.Minute}, "it is paused since 2026-03-04 05:06:07, until 2026-03-04 06:36:07"},
		{past.Pause{From: from, Reason: "disk"}, "it is paused since 2026-03-04 05:06:07: disk"},
		{past.Pause{From: from, By: "eve", For: time.Hour, Reason: "disk"}, "it is paused by eve since 2026-03-04 05:06:07, until 2026-03-04 06:06:07: disk"},
	} {
		if got := PauseText(tc.pause); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}

// An upgrade holds for half an hour. Then it is restarted, that is said, and the same
// upgrade does not hold it again.
func TestUpgradeThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.upgrade()
		w.barren("s")
		for minute := range 120 {
			w.untilMinute(minute)
			r := w.again(t, d)["a"]
			switch {
			case minute <= 30:
				wantResult(t, r, report.Held, "apt is at work")
			case r.Result == report.Held:
				t.Fatalf("minute %d: held again", minute)
			case minute == 31:
				wantResult(t, r, report.StillDown, "did not appear")
				wantInOrder(t, w.log, []string{"WARNING apt has been at work for more than 30m: 'a' is restarted all the same", "INFO stopping service 's'"})
			}
		}
		if m := w.known(t, "a"); m.Tally.Tries < 6 || m.Incident.Held != 31*60 {
			t.Errorf("%+v, %+v", m, m.Incident)
		}
	})
}

// One that goes down during an upgrade is left to it from then on, however long that
// has lasted.
func TestUpgradeHoldsEachFromItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.upgrade()
		w.comesUp("a")
		for minute := range 60 {
			w.untilMinute(minute)
			w.again(t, d)
		}
		w.dies("a")
		wantResult(t, w.again(t, d)["a"], report.Held, "apt is at work")
	})
}

// Another upgrade holds, too, and so does the same one what has been up since.
func TestUpgradeAfterAnother(t *testing.T) {
	for name, change := range map[string]func(w *world, d Daemon){
		"another": func(w *world, _ Daemon) {
			w.keeper.Packages = func() (*packages.Work, error) { return &packages.Work{Manager: "apt", PID: 78}, nil }
		},
		"up since": func(w *world, d Daemon) {
			w.comesUp("a")
			w.again(t, d)
			w.dies("a")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d := holding(t)
				w.upgrade()
				w.barren("s")
				w.again(t, d)
				time.Sleep(31 * time.Minute)
				wantResult(t, w.again(t, d)["a"], report.StillDown, "did not appear")
				time.Sleep(10 * time.Minute)
				change(w, d)
				wantResult(t, w.again(t, d)["a"], report.Held, "apt is at work")
			})
		})
	}
}

// Another reason for the same daemon is said, too, and its time counts.
func TestOneReasonAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.upgrade()
		w.again(t, d)
		time.Sleep(5 * time.Minute)
		w.pause(t, past.Pause{Name: "a"})
		r := w.again(t, d)["a"]
		if r.Hold != "pause" || r.Known || !strings.Contains(w.logged(), "'a' is left alone: it is paused") {
			t.Errorf("%+v, the log says\n%s", r, w.logged())
		}
		time.Sleep(5 * time.Minute)
		resumed(t, w)
		w.keeper.Packages = nil
		w.again(t, d)
		if i := w.ledger(t)[0]; i.Held < 600 || i.Held > 605 {
			t.Errorf("%+v", i)
		}
	})
}

// What cannot be found out is not a reason to leave a daemon down, and is told once.
func TestIntentThatCannotBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, a := holding(t)
		b := w.add("b", "sb")
		b.Respect = words.Wishes()
		w.wishErr = errors.New("no journal")
		asked := 0
		w.keeper.Packages = func() (*packages.Work, error) {
			asked++
			return nil, errors.New("no right")
		}
		for _, r := range w.again(t, a, b) {
			wantResult(t, r, report.BroughtBack, "")
		}
		if n := strings.Count(w.logged(), "INFO cannot tell whether a package manager is at work: no right"); n != 1 || asked != 1 {
			t.Errorf("asked %d times, told %d times", asked, n)
		}
		for _, service := range []string{"s", "t", "sb"} {
			wantInOrder(t, w.log, []string{"INFO cannot tell whether service '" + service + "' was stopped on purpose: no journal"})
		}
	})
}

// Nobody is asked for intent while all is well.
func TestIntentIsNotAskedWithoutNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := holding(t)
		w.keeper.Packages = func() (*packages.Work, error) {
			t.Error("asked for a package manager")
			return nil, nil
		}
		w.again(t, w.isUp("b", "sb"))
		if len(w.pasts) > 0 {
			t.Error("asked for a wish")
		}
	})
}

// A service that comes later and that somebody wants to be left down is left out.
func TestServiceThatIsNotWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.wishes["t"] = wish("t", rcd.WishStopped)
		r := w.again(t, d)["a"]
		wantResult(t, r, report.BroughtBack, "")
		if got := w.did(); got != "stop s,start s" {
			t.Errorf("did %s", got)
		}
		if s := r.Steps[0]; !s.Skipped || s.Service != "t" || s.Err != "it was stopped by hand" || s.Hint != "to have it kept again: svc start t" {
			t.Errorf("%+v", s)
		}
	})
	synctest.Test(t, func(t *testing.T) { // and one that is not respected is not
		w, d := holding(t)
		d.Respect = []words.Hold{"disabled"}
		w.wishes["t"] = wish("t", rcd.WishStopped)
		w.again(t, d)
		if got := w.did(); got != "stop s,start s,stop t,start t" {
			t.Errorf("did %s", got)
		}
	})
}

// The manager is told of our own stops, and whether the daemon was up in this boot.
func TestWhatWishIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.again(t, d)
		if p := w.pasts[0]; len(w.pasts) != 2 || p != (rcd.Past{}) {
			t.Errorf("%+v", w.pasts)
		}
		stop := w.at(t, "stop t")
		time.Sleep(10 * time.Minute)
		w.again(t, d)
		w.dies("a")
		w.pasts = nil
		w.again(t, d)
		p := w.pasts[1]
		if !p.WasUp || !p.From.Equal(w.began.Add(stop.from)) || !p.To.Equal(w.began.Add(stop.to)) {
			t.Errorf("%+v, want %v to %v", p, w.began.Add(stop.from), w.began.Add(stop.to))
		}
		if !p.UpFrom.After(p.To) || p.UpTo.Before(p.UpFrom) || p.Meanwhile || p.Forgets {
			t.Errorf("%+v: it was up after the stop, and nothing else was stopped since", p)
		}
		w.dies("a")
		w.boot, w.pasts = "c", nil
		w.again(t, d)
		if p := w.pasts[0]; p.WasUp {
			t.Errorf("after a reboot: %+v", p)
		}
	})
}

// Without a memory it is held all the same, for what needs none.
func TestHeldWithoutAMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.keeper.Store = nil
		w.wishes["s"] = wish("s", rcd.WishStopped)
		for range 2 {
			r := w.again(t, d)["a"]
			wantResult(t, r, report.Held, "stopped by hand")
			if r.Known || !strings.Contains(w.logged(), "'a' is left alone") {
				t.Errorf("%+v, the log says\n%s", r, w.logged())
			}
		}
	})
}

// Boot and shutdown come before all that somebody wants.
func TestBootIsNoIntent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.keeper.IgnoreIntent = true
		w.phase = rcd.Booting
		wantResult(t, w.again(t, d)["a"], report.Held, "still booting")
		if m := w.known(t, "a"); m.Held != "" || len(w.pasts) > 0 {
			t.Errorf("%+v", m)
		}
	})
}

// Who looks, and who asks what would be done, sees the same reasons. What a manager
// wants is known from the last run.
func TestHoldsAreSeenByWhoLooks(t *testing.T) {
	for _, tc := range holds {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d := holding(t)
				tc.begin(t, w)
				w.again(t, d)
				look := w.another(t)
				look.Watching, look.Manager = true, nil
				before := inJSON(t, w.known(t, "a"))
				r := look.Run(t.Context(), []Daemon{d})[0]
				wantResult(t, r, report.Held, tc.why)
				if r.Hold != tc.kind || r.Status() != report.OK {
					t.Errorf("%+v", r)
				}
				d.Respect = nil
				wantResult(t, look.Run(t.Context(), []Daemon{d})[0], report.StillDown, "not running")
				d.Respect = words.Wishes()
				look.Watching, look.Manager, look.DryRun = false, w, true
				r = look.Run(t.Context(), []Daemon{d})[0]
				wantResult(t, r, report.Held, tc.why)
				if len(r.Plan) > 0 || r.Hold != tc.kind {
					t.Errorf("%+v", r)
				}
				if after := inJSON(t, w.known(t, "a")); after != before {
					t.Errorf("before %s\nafter %s", before, after)
				}
			})
		})
	}
}

// Who may not see the memory is told so where it matters.
func TestLookWithoutTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t)
		w.keeper.Forgetful = errors.New("cannot open it")
		r := w.again(t, w.add("a", "s"), w.isUp("b", "sb"))
		if got := r["a"].Notices; !slices.Equal(got, []string{"it is unknown whether it is left alone on purpose: cannot open it"}) || len(r["b"].Notices) > 0 {
			t.Errorf("notices %q", got)
		}
	})
}

// What we have stopped of another daemon's, before this one was first seen down, may have
// taken its service along; what we have stopped later has not.
func TestStoppedOthers(t *testing.T) {
	at := func(s int) past.Stamp {
		return past.Stamp{Time: time.Unix(int64(s), 0), Boot: "b", Up: time.Duration(s) * time.Second}
	}
	span := func(from, to int) ourStop { return ourStop{past.Span{From: at(from), To: at(to)}, "b"} }
	for _, tt := range []struct {
		what  string
		stops map[string]ourStop
		down  int // 0: it was not seen down before
		want  bool
	}{
		{"none", nil, 0, false},
		{"its own", map[string]ourStop{"a": span(150, 160)}, 0, false},
		{"another", map[string]ourStop{"b": span(150, 160)}, 0, true},
		{"another that has not ended", map[string]ourStop{"b": {Span: past.Span{From: at(150)}}}, 0, true},
		{"one while it was still up", map[string]ourStop{"b": span(50, 60)}, 0, false},
		{"one that ended after it was last seen up", map[string]ourStop{"b": span(90, 110)}, 0, true},
		{"one when it was down", map[string]ourStop{"b": span(150, 160)}, 140, false},
		{"one just before it was seen down", map[string]ourStop{"b": span(130, 135)}, 140, true},
	} {
		r := &task{pass: &pass{memory: &memory{stops: tt.stops, now: func() past.Stamp { return at(200) }}}}
		r.past.LastUp = at(100)
		if tt.down > 0 {
			r.past.Incident = &past.Incident{Began: at(tt.down)}
		}
		if got := r.hasStoppedOthers("a"); got != tt.want {
			t.Errorf("%s: %v", tt.what, got)
		}
	}
}

// A pause of one that is up is reported, for if it dies nothing restarts it.
func TestPausedAndUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := holding(t)
		w.comesUp("a")
		if r := w.again(t, d)["a"]; r.Paused != "" {
			t.Errorf("paused by nobody: %q", r.Paused)
		}
		w.pause(t, past.Pause{Name: "a", By: "eve", For: 10 * time.Minute, Reason: "disk"})
		if r := w.again(t, d)["a"]; r.Result != report.Up || !strings.HasPrefix(r.Paused, "it is paused by eve since ") || !strings.HasSuffix(r.Paused, ": disk") {
			t.Errorf("%+v", r)
		}
		w.keeper.IgnoreIntent = true
		if r := w.again(t, d)["a"]; r.Paused != "" {
			t.Errorf("it would be restarted: %q", r.Paused)
		}
	})
}
