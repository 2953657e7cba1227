package keeper

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

// A stop that signals and returns, a daemon that takes 3 s to end, and a start that does
// nothing while it runs: "already running", and then nothing ran until the next try.
func TestStopThatReturnsEarly(t *testing.T) {
	for _, tc := range []struct {
		name   string
		ends   time.Duration // after the stop; 0: never
		result report.Result
		did    string
		line   string
		took   time.Duration
	}{
		{"it ends", 3 * time.Second, report.BroughtBack, "stop x,start x", "INFO the old processes (pid 77) ended 3.1 s after the stop", 7 * time.Second},
		{"it does not", 0, report.StillDown, "stop x,start x", "WARNING the old processes (pid 77) have not ended 1m after the stop; starting all the same", 92 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHerd(t, proc{pid: 77, parent: 1})
				h.sick = true
				h.onStop = func() error {
					if tc.ends > 0 {
						h.find(77).ends = time.Now().Add(tc.ends)
					}
					return nil
				}
				r := h.run(t, t.Context(), roots(ReportLeftovers, "x"))
				wantResult(t, r, tc.result, "")
				if got := strings.Join(h.calls, ","); got != tc.did || len(h.signals) > 0 {
					t.Errorf("did %s, sent %q", got, h.signals)
				}
				if !strings.Contains(h.logged(), tc.line) {
					t.Errorf("the log does not say %q:\n%s", tc.line, h.logged())
				}
				if took := time.Since(h.began); took > tc.took+time.Second || took < tc.took-time.Second {
					t.Errorf("took %v, want %v", took, tc.took)
				}
			})
		})
	}
}

// Of several services that one is waited for whose stop ends the daemon.
func TestOwnService(t *testing.T) {
	for _, tc := range []struct {
		services   []string
		executable string
		want       string
	}{
		{[]string{"clamav-clamd", "dovecot"}, "/usr/local/sbin/clamd", "clamav-clamd"},
		{[]string{"redis", "app"}, "/opt/app/app", "app"},
		{[]string{"ssh"}, "/usr/sbin/sshd", "ssh"},
		{[]string{"a", "b"}, "/usr/sbin/other", "a"},
		{[]string{"nginx-debug", "nginx"}, "/usr/sbin/nginx", "nginx"},
		{nil, "/usr/sbin/nginx", ""},
	} {
		if got := ownService(tc.services, check.Spec{Executable: tc.executable}); got != tc.want {
			t.Errorf("%q of %s: %q, want %q", tc.services, tc.executable, got, tc.want)
		}
	}
}

// What a main process has left that was killed: workers of another user hold the port,
// the stop finds nothing, the start fails.
func orphans(t *testing.T) *herd {
	h := newHerd(t, proc{pid: 81, parent: 80, user: wwwData, holds: true}, proc{pid: 82, parent: 80, user: wwwData, holds: true})
	h.remembers(t, past.Process{PID: 80, Start: 1080, Parent: 1, Children: []int{81, 82}})
	return h
}

// inOrder sorts the lines with this beginning, which stand together: processes are signalled in
// any order.
func inOrder(text, beginning string) string {
	lines := strings.Split(text, "\n")
	var at []int
	for i, line := range lines {
		if strings.HasPrefix(line, beginning) {
			at = append(at, i)
		}
	}
	if len(at) > 0 {
		slices.Sort(lines[at[0] : at[len(at)-1]+1])
	}
	return strings.Join(lines, "\n")
}

func TestLeftovers(t *testing.T) {
	texts := golden.Open(t, "leftovers.txtar")
	const (
		never = report.StillDown
		back  = report.BroughtBack
		start = 2 * time.Second // of the first signal, after the second look
	)
	for _, tc := range []struct {
		name      string
		leftovers string
		change    func(h *herd, d *Daemon)
		result    report.Result
		signals   string
	}{
		{
			"are reported", ReportLeftovers, nil, never, "",
		},
		{
			"are ended", EndLeftovers, nil, back, "TERM 81 after 2s, TERM 82 after 2s",
		},
		{
			"are killed if they do not end", EndLeftovers, func(h *herd, _ *Daemon) { h.find(82).stubborn = true }, back,
			"KILL 82 after 12s, TERM 81 after 2s, TERM 82 after 2s",
		},
		{
			"have another's number by now", EndLeftovers, func(h *herd, _ *Daemon) { h.find(81).reused = true }, never, "TERM 82 after 2s",
		},
		{
			"are not known, for nothing is remembered", EndLeftovers, func(h *herd, _ *Daemon) { h.keeper.Store = nil }, never, "",
		},
		{
			"are of another boot", EndLeftovers, func(h *herd, _ *Daemon) { h.boot = "c" }, never, "",
		},
		{
			"have been started since", EndLeftovers, func(h *herd, _ *Daemon) { h.find(81).at, h.find(82).at = h.began, h.began }, never, "",
		},
		{
			"are of another unit", EndLeftovers, func(h *herd, _ *Daemon) {
				h.find(81).group, h.find(82).group = "/system.slice/y.service", "/system.slice/y.service"
			}, never, "",
		},
		{
			"are in its unit, though nothing is remembered", EndLeftovers, func(h *herd, _ *Daemon) {
				h.keeper.Store, h.groups["x"] = nil, "/system.slice/x.service"
				h.find(81).group, h.find(82).group = h.groups["x"], h.groups["x"]
			}, back, "TERM 81 after 2s, TERM 82 after 2s",
		},
		{
			"are not ended where the stop may still be at it", EndLeftovers, func(h *herd, _ *Daemon) {
				h.onStop = func() error { return fmt.Errorf("cannot stop service x: %w", context.DeadlineExceeded) }
			}, never, "",
		},
		{
			"end by themselves before they are looked at", EndLeftovers, func(h *herd, _ *Daemon) {
				h.onStop = func() error { h.find(81).ends, h.find(82).ends = time.Now(), time.Now(); return nil }
			}, back, "",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := orphans(t)
				d := roots(tc.leftovers, "x")
				if tc.change != nil {
					tc.change(h, &d)
				}
				r := h.run(t, t.Context(), d)
				wantResult(t, r, tc.result, "")
				if h.did() != tc.signals {
					t.Errorf("sent %q, want %q", h.did(), tc.signals)
				}
				texts.Check(t, tc.name, fmt.Sprintf("reason: %s\nhint: %s\nnotices: %s\n%s", r.Reason, r.Hint, strings.Join(r.Notices, "; "), inOrder(h.logged(), "INFO sent TERM")))
			})
		})
	}
}

// A dry run and a look send nothing.
func TestLeftoversAreNotEndedByLooking(t *testing.T) {
	for _, change := range []func(*Keeper){func(k *Keeper) { k.DryRun = true }, func(k *Keeper) { k.Watching = true }} {
		synctest.Test(t, func(t *testing.T) {
			h := orphans(t)
			change(h.keeper)
			r := h.run(t, t.Context(), roots(EndLeftovers, "x"))
			if len(h.signals) > 0 || len(h.calls) > 0 || r.Result != report.StillDown {
				t.Errorf("sent %q, did %q: %+v", h.signals, h.calls, r)
			}
		})
	}
}

// A run that is told to end kills nothing more, and starts what it has stopped.
func TestInterruptedWhileLeftoversEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := orphans(t)
		h.find(81).stubborn = true
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		h.run(t, ctx, roots(EndLeftovers, "x"))
		if want := "TERM 81 after 2s, TERM 82 after 2s"; h.did() != want || !slices.Equal(h.calls, []string{"stop x", "start x"}) {
			t.Errorf("sent %q, want %q; did %q", h.did(), want, h.calls)
		}
	})
}

// A second instance of the program is not ended, whoever outlives the stop: neither one
// that counts for another daemon, nor one that the Spec does not tell from the first.
func TestSecondInstanceIsNotEnded(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(h *herd, d *Daemon) (others []Daemon)
	}{
		{"not told from it", func(h *herd, d *Daemon) []Daemon { return nil }},
		{"another daemon's", func(h *herd, d *Daemon) []Daemon {
			other := daemon("y")
			other.Name = "y"
			return []Daemon{other}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHerd(t, proc{pid: 70, parent: 1}, proc{pid: 90, parent: 1, holds: true}, proc{pid: 91, parent: 90, user: wwwData})
				h.remembers(t, past.Process{PID: 70, Start: 1070, Parent: 1}, past.Process{PID: 90, Start: 1090, Parent: 1, Children: []int{91}})
				h.sick = true
				h.onStop = func() error { h.find(70).ends = time.Now(); return nil }
				d := roots(EndLeftovers, "x")
				others := tc.change(h, &d)
				h.run(t, t.Context(), d, others...)
				if len(h.signals) > 0 || !h.find(90).alive() {
					t.Errorf("sent %q", h.signals)
				}
			})
		})
	}
}

// A run that has died behind its stop is finished: what was told to end is waited for,
// and nothing is ended for it.
func TestFinishWaitsAndEndsNothing(t *testing.T) {
	for _, sick := range []bool{true, false} { // it may be found up while it ends
		synctest.Test(t, func(t *testing.T) {
			h := newHerd(t, proc{pid: 77, parent: 1}, proc{pid: 78, parent: 77, user: wwwData, stubborn: true})
			h.remembers(t, past.Process{PID: 77, Start: 1077, Parent: 1, Children: []int{78}})
			h.sick = sick
			j, err := h.keeper.Store.Begin(state.Intent{Daemon: "/sbin/x", PID: 4000, Began: h.keeper.Clock(), Manager: "fake", Services: []string{"x"}, StopTimeout: time.Minute})
			must(t, err)
			must(t, j.Begin("stop", "x"))
			h.find(77).ends = time.Now().Add(3 * time.Second)
			r := h.run(t, t.Context(), roots(EndLeftovers, "x"))
			wantResult(t, r, report.BroughtBack, "")
			if len(h.signals) > 0 || !slices.Equal(h.calls, []string{"start x"}) {
				t.Errorf("sent %q, did %q", h.signals, h.calls)
			}
			if !strings.Contains(h.logged(), "the old processes (pid 77) ended 3.1 s after the stop") {
				t.Error(h.logged())
			}
		})
	}
}

// The texts name some of many.
func TestLeftText(t *testing.T) {
	r := &task{pass: &pass{Keeper: &Keeper{Senses: Senses{Kin: &herd{}, UserName: func(uint32) string { return "u" }}}}}
	var list []check.Kin
	for pid := range 30 {
		list = append(list, check.Kin{PID: pid + 1, User: uint32(pid)})
	}
	if got, want := r.leftText(list, "one", "are left"), "30 are left (pid 1, 2, 3, 4, 5 and 25 more of u)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := killText(list[:2])+psText(list[:3]), "kill 1 2ps -o pid,stat,args -p 1,2,3"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
