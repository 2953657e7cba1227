package keeper

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

// web comes after db. Each row is what becomes of db, and so of web.
func TestAfter(t *testing.T) {
	tooMany := up(9)
	tooMany.Faults = []check.Fault{{Aspect: check.TooMany, Severity: check.Alarm, Text: "2 processes, and at most 1 may be"}}
	blocked := "it comes after 'db', which is down"
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, w *world, db *Daemon)
		db     report.Result
		web    report.Result
		reason string
		did    string
	}{
		{"up", func(_ *testing.T, w *world, _ *Daemon) { w.toy("db").up = true }, report.Up, report.BroughtBack, "", "stop web,start web"},
		{"brought back", nil, report.BroughtBack, report.BroughtBack, "", "stop db,start db,stop web,start web"},
		{"back by itself", func(_ *testing.T, w *world, _ *Daemon) { w.toy("db").upAt = time.Now().Add(time.Second) }, report.Up, report.BroughtBack, "", "stop web,start web"},
		{"stays down", func(_ *testing.T, w *world, _ *Daemon) { w.barren("db") }, report.StillDown, report.StillDown, blocked, "stop db,start db"},
		{"only watched, and down", func(_ *testing.T, _ *world, db *Daemon) { db.Services = nil }, report.StillDown, report.StillDown, blocked, ""},
		{"unknown", func(_ *testing.T, w *world, _ *Daemon) {
			v := unclear(errors.New("clouded"))
			w.toy("db").verdict = &v
		}, report.CannotTell, report.StillDown, "it comes after 'db'", ""},
		{"a service that nobody knows", func(_ *testing.T, w *world, db *Daemon) {
			db.Services, w.unknown = []string{"nosuch"}, "nosuch"
		}, report.CannotTell, report.StillDown, "it comes after 'db'", ""},
		{"held", func(_ *testing.T, _ *world, db *Daemon) { db.BootGrace = 2 * time.Hour }, report.Held, report.Held, "it comes after 'db', which is left alone", ""},
		{"another run is at work on it", func(t *testing.T, w *world, _ *Daemon) {
			dir, err := state.OpenDir(w.keeper.RunDir)
			if err != nil {
				t.Fatal(err)
			}
			locks, err := dir.Lock([]string{"db"}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(locks.Release)
		}, report.Held, report.Held, "it comes after 'db', which another run is working on", ""},
		{"too many, but up", func(_ *testing.T, w *world, _ *Daemon) { w.toy("db").verdict = &tooMany }, report.Wrong, report.BroughtBack, "", "stop web,start web"},
		{"must not run", func(_ *testing.T, w *world, _ *Daemon) {
			w.toy("db").verdict = &check.Verdict{State: check.Up}
		}, report.Clear, report.BroughtBack, "", "stop web,start web"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				db, web := w.add("db", "db"), w.add("web", "web")
				web.After = []string{"db"}
				if tc.change != nil {
					tc.change(t, w, &db)
				}
				reports := w.run(t, t.Context(), web, db) // the order of the file does not count
				wantResult(t, reports["db"], tc.db, "")
				wantResult(t, reports["web"], tc.web, tc.reason)
				if got := w.did(); got != tc.did {
					t.Errorf("did %q, want %q", got, tc.did)
				}
				told := "ERROR 'web' is not restarted: it comes after 'db'"
				if tc.web == report.Held { // no reason to alarm anybody
					told = "INFO 'web' is left alone: it comes after 'db'"
				}
				if tc.reason != "" {
					wantInOrder(t, w.log, []string{"WARNING 'web' is not running", told})
				}
			})
		})
	}
}

// It is not enough that the other's start has ended: it must be up to stay.
func TestAfterWaitsUntilTheOtherHasSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		db, web := w.add("db", "db"), w.add("web", "web")
		web.After = []string{"db"}
		w.services["db"].after = 10 * time.Second
		w.run(t, t.Context(), db, web)
		if from, up := w.at(t, "stop web").from, w.said(t, "'db' is running again"); from < up {
			t.Errorf("web was stopped at %v, db was up at %v", from, up)
		}
	})
}

// One that waits for another does not keep a third from its turn.
func TestAfterWaitsWithoutATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.keeper.AtOnce = 2
		db := w.add("db", "db")
		w.services["db"].startIs = 30 * time.Second
		var daemons []Daemon
		for _, n := range names(5) {
			d := w.add(n, n)
			d.After = []string{"db"}
			daemons = append(daemons, d)
		}
		daemons = append(daemons, db, w.add("free", "free"))
		for _, r := range w.run(t, t.Context(), daemons...) {
			wantResult(t, r, report.BroughtBack, "")
		}
		if got := w.at(t, "stop free").from; !about(got, 2*time.Second) {
			t.Errorf("the independent one was restarted at %v only", got)
		}
	})
}

// One that comes after another and shares its service does not wait for ever.
func TestAfterAndASharedService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		db, web := w.add("db", "s", "db"), w.add("web", "web", "s")
		web.After = []string{"db"}
		for _, r := range w.run(t, t.Context(), web, db) {
			wantResult(t, r, report.BroughtBack, "")
		}
		if got := w.did(); got != "stop s,start s,stop db,start db,stop web,start web" {
			t.Errorf("did %s", got)
		}
	})
}

func TestAfterInAChain(t *testing.T) {
	for _, tc := range []struct {
		name    string
		barren  string // the one that does not come back
		did     string
		reasons map[string]string
	}{
		{"all come back", "", "stop a,start a,stop b,start b,stop c,start c", nil},
		{"the first stays down", "a", "stop a,start a", map[string]string{"a": "did not appear", "b": "comes after 'a'", "c": "comes after 'b'"}},
		{"the second stays down", "b", "stop a,start a,stop b,start b", map[string]string{"b": "did not appear", "c": "comes after 'b'"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				a, b, c := w.add("a", "a"), w.add("b", "b"), w.add("c", "c")
				b.After, c.After = []string{"a"}, []string{"b"}
				if tc.barren != "" {
					w.barren(tc.barren)
				}
				for n, r := range w.run(t, t.Context(), c, a, b) {
					want := report.BroughtBack
					if tc.reasons[n] != "" {
						want = report.StillDown
					}
					wantResult(t, r, want, tc.reasons[n])
				}
				if got := w.did(); got != tc.did {
					t.Errorf("did %q, want %q", got, tc.did)
				}
			})
		})
	}
}

// All of several must be up.
func TestAfterSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.add("c", "c")
		c.After = []string{"a", "b"}
		w.add("b", "b")
		w.barren("b")
		b := w.add("b", "b")
		w.barren("b")
		reports := w.run(t, t.Context(), w.isUp("a", "a"), b, c)
		wantResult(t, reports["c"], report.StillDown, "it comes after 'b'")
	})
}

// The file of the other was refused, which is reported elsewhere: that is no
// reason to leave this one down.
func TestAfterOneThatIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.add("a", "a")
		d.After = []string{"nowhere"}
		wantResult(t, w.run(t, t.Context(), d)["a"], report.BroughtBack, "")
	})
}

// One that is up needs nobody.
func TestAfterDoesNotConcernOneThatIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		web := w.isUp("web", "web")
		web.After = []string{"db"}
		db := w.add("db", "db")
		w.barren("db")
		wantResult(t, w.run(t, t.Context(), db, web)["web"], report.Up, "")
	})
}

// Only web was asked for: db, which it comes after, is looked at and no more.
func TestDependencyThatIsOnlyLookedAt(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *world, db *Daemon)
		web    report.Result
		did    string
	}{
		{"up", func(w *world, _ *Daemon) { w.toy("db").up = true }, report.BroughtBack, "stop web,start web"},
		{"down", func(*world, *Daemon) {}, report.StillDown, ""},
		{"unknown", func(w *world, _ *Daemon) { v := unclear(errors.New("clouded")); w.toy("db").verdict = &v }, report.StillDown, ""},
		{"up, with a service that is not known here", func(w *world, db *Daemon) {
			w.toy("db").up = true
			db.Services, w.unknown = []string{"nosuch"}, "nosuch"
		}, report.BroughtBack, "stop web,start web"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				db, web := w.add("db", "db"), w.add("web", "web")
				db.LookOnly, web.After = true, []string{"db"}
				tc.change(w, &db)
				reports := w.run(t, t.Context(), db, web)
				if len(reports) != 1 {
					t.Errorf("reported %+v", reports)
				}
				wantResult(t, reports["web"], tc.web, "")
				if strings.Contains(strings.Join(w.log, "\n"), "'db' is not running") {
					t.Errorf("the log tells of db: %q", w.log)
				}
				if got := w.did(); got != tc.did {
					t.Errorf("did %q, want %q", got, tc.did)
				}
			})
		})
	}
}
