package keeper

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// Lines of several restarts at the same time stand between each other; each names
// its daemon or its service.
func TestInterleavedLinesCanBeToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add("spare", "shared")
		daemons := []Daemon{w.add("back", "s-back", "masked"), w.add("hangs", "s-hangs"), w.add("fails", "s-fails"), w.add("gone", "s-gone")}
		w.services["s-hangs"].hangs = true
		w.services["s-fails"].err = &rcd.CommandError{
			Verb: words.Start, Service: "s-fails", Output: []string{"line 3"}, Cause: errors.New("exit status 1"),
		}
		w.barren("s-gone")
		w.obstacles = map[string]*rcd.Obstacle{"masked": {Service: "masked", Word: "masked", Enable: "systemctl unmask masked"}}
		w.run(t, t.Context(), daemons...)
		for _, l := range w.log {
			if strings.HasSuffix(l, "daemons and rules were well") {
				continue
			}
			named := 0
			for _, n := range []string{"back", "hangs", "fails", "gone", "masked"} {
				if strings.Contains(l, "'"+n+"'") || strings.Contains(l, "s-"+n) || strings.Contains(l, "service "+n) {
					named++
				}
			}
			if named != 1 {
				t.Errorf("names %d of them: %s", named, l)
			}
		}
		wantInOrder(t, w.log, []string{"WARNING start of service 's-hangs' has not ended after 1m"})
		wantInOrder(t, w.log, []string{"ERROR cannot start service s-fails: exit status 1", "ERROR service 's-fails' said: line 3"})
	})
}

// What is the machine's fault, and not a daemon's, is told once.
func TestFaultsOfTheMachineAreToldOnce(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *world)
		line   string
	}{
		{"no uptime", func(w *world) {
			w.keeper.Uptime = func() (time.Duration, error) { return 0, errors.New("no clock") }
		}, "cannot tell how long the machine has been up"},
		{"no phase", func(w *world) { w.phaseErr = errors.New("no bus") }, "cannot tell whether the machine is booting"},
		{"no locks", func(w *world) { w.keeper.RunDir = "/dev/null/x" }, "no locks"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				tc.change(w)
				var daemons []Daemon
				for _, n := range names(6) {
					daemons = append(daemons, w.add(n, n))
				}
				for _, r := range w.run(t, t.Context(), daemons...) {
					wantResult(t, r, report.BroughtBack, "")
				}
				if n := strings.Count(strings.Join(w.log, "\n"), tc.line); n != 1 {
					t.Errorf("told %d times", n)
				}
			})
		})
	}
}

// A daemon that the log has called down, and that another's restart has brought
// back, is not left so in the log.
func TestBackByAnothersRestartIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, b := w.add("a", "s"), w.add("b", "sb", "s")
		a.Recheck = time.Second
		w.brings("s", "b")
		w.services["s"].after = 5 * time.Second
		wantResult(t, w.run(t, t.Context(), a, b)["b"], report.Up, "")
		if got := w.did(); got != "stop s,start s" {
			t.Errorf("did %s", got)
		}
		wantInOrder(t, w.log, []string{"WARNING 'b' is not running", "INFO 'b' is running"})
		i := slices.IndexFunc(w.lines, func(l line) bool { return strings.HasPrefix(l.text, "'b' is running") })
		if i >= 0 && w.lines[i].level < report.Notice { // a log that has kept the warning must keep it, too
			t.Errorf("told at level %d only", w.lines[i].level)
		}
	})
}

// A healthy run is one line, of many as of one.
func TestDaemonsThatAreUpAreNotToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run(t, t.Context(), w.isUp("a", "a"), w.isUp("b", "b"))
		if got := strings.Join(w.log, "\n"); got != "INFO 2 of 2 daemons and rules were well" {
			t.Errorf("the log says\n%s", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.isUp("a", "a")
		w.run(t, t.Context(), d)
		if got, want := strings.Join(w.log, "\n"), fmt.Sprintf("INFO 'a' is running (pid %d)", w.toy("a").pid); got != want {
			t.Errorf("the log says\n%s", got)
		}
	})
}

// showing is a terminal, on which several things may be under way.
type showing struct {
	mu    sync.Mutex
	tasks map[string]int
	most  int
	seen  []string
}

func (s *showing) Begin(what string) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks[what]++
	s.most = max(s.most, len(s.tasks))
	s.seen = append(s.seen, what)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.tasks[what]--; s.tasks[what] == 0 {
			delete(s.tasks, what)
		}
	}
}

// Each step and each wait is shown by its name, until it has ended.
func TestProgressOfSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := &showing{tasks: make(map[string]int)}
		w.keeper.Progress = s
		w.run(t, t.Context(), w.add("a", "sa"), w.add("b", "sb"), w.add("c", "sc"), w.isUp("d", "sd"))
		if len(s.tasks) > 0 || s.most != 3 {
			t.Errorf("%d at the same time, and at the end still %v", s.most, s.tasks)
		}
		slices.Sort(s.seen)
		want := "starting service sa,starting service sb,starting service sc,stopping service sa,stopping service sb,stopping service sc,waiting for a,waiting for b,waiting for c"
		if got := strings.Join(s.seen, ","); got != want {
			t.Errorf("shown: %s", got)
		}
	})
}
