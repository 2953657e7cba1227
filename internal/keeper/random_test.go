package keeper

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// randomWorld has up to fifteen daemons of all kinds, which share services and
// come after each other.
func randomWorld(t *testing.T, rnd *rand.Rand) (*world, []Daemon) {
	w := newWorld(t)
	w.keeper.AtOnce = 1 + rnd.IntN(5)
	w.lookTakes = time.Duration(rnd.IntN(3)) * 40 * time.Millisecond
	w.probeTakes = time.Duration(rnd.IntN(4)) * time.Second
	w.obstacles = map[string]*rcd.Obstacle{"s3": {Service: "s3", Word: "masked", Enable: "-"}}
	var daemons []Daemon
	for i, n := range names(1 + rnd.IntN(15)) {
		var services []string
		for s := range 8 {
			if rnd.IntN(4) == 0 {
				services = append(services, fmt.Sprintf("s%d", s))
			}
		}
		rnd.Shuffle(len(services), func(a, b int) { services[a], services[b] = services[b], services[a] })
		d := w.add(n, services...)
		d.Recheck = time.Duration(rnd.IntN(4)) * time.Second
		for j := range i {
			if rnd.IntN(6) == 0 {
				d.After = append(d.After, fmt.Sprintf("d%02d", j))
			}
		}
		switch toy := w.toy(n); rnd.IntN(8) {
		case 0:
			toy.up = true
		case 1:
			toy.verdict = &check.Verdict{Err: errors.New("clouded")}
			toy.ill = true
		case 2:
			toy.up, toy.sick, toy.ill = true, true, rnd.IntN(2) == 0
			d.Spec.Listen = []check.Listen{{}}
		case 3:
			d.BootGrace = 2 * time.Hour
		case 4:
			toy.upAt = time.Now().Add(time.Duration(rnd.IntN(4000)) * time.Millisecond)
		}
		daemons = append(daemons, d)
	}
	for _, name := range services(w) {
		s := w.services[name]
		s.stopTakes, s.startIs, s.after = time.Duration(rnd.IntN(3000))*time.Millisecond, time.Duration(rnd.IntN(20000))*time.Millisecond, time.Duration(rnd.IntN(9000))*time.Millisecond
		s.hangs = rnd.IntN(6) == 0
		if rnd.IntN(5) == 0 {
			s.brings = nil
		}
		if rnd.IntN(8) == 0 {
			s.err = errors.New("cannot start")
		}
	}
	rnd.Shuffle(len(daemons), func(a, b int) { daemons[a], daemons[b] = daemons[b], daemons[a] })
	return w, daemons
}

// services have an order, so that a seed makes the same world each time.
func services(w *world) []string {
	var list []string
	for name := range w.services {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// Whatever the machine is like, each report is true, and nothing is touched that
// should not be.
func TestRunsAtRandom(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 2))
			w, daemons := randomWorld(t, rnd)
			reports := w.run(t, t.Context(), daemons...)
			for _, d := range daemons {
				isTrue(t, w, d, reports)
			}
			if t.Failed() {
				t.Fatalf("seed %d: %s\n%s", seed, w.did(), strings.Join(w.log, "\n"))
			}
		})
	}
}

func TestInterruptedRunsAtRandom(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 3))
			w, daemons := randomWorld(t, rnd)
			at := time.Duration(rnd.IntN(60000)) * time.Millisecond
			interruptedAt(t, w, at, daemons...)
			// A stop, a start, a look, and the hurried wait.
			if took := time.Since(w.began); took > at+2*time.Minute+5*time.Second {
				t.Errorf("went on for %v", took-at)
			}
			if t.Failed() {
				t.Fatalf("seed %d: at %v: %s\n%s", seed, at, w.did(), strings.Join(w.log, "\n"))
			}
		})
	}
}

// isTrue holds the report on one daemon against the machine.
func isTrue(t *testing.T, w *world, d Daemon, reports map[string]report.Daemon) {
	t.Helper()
	r := reports[d.Name]
	ran := make(map[string]bool)
	var order []int
	for _, s := range r.Steps {
		if s.Skipped {
			continue
		}
		ran[s.Service] = true
		order = append(order, slices.Index(d.Services, s.Service))
	}
	if !slices.IsSorted(order) || slices.Contains(order, -1) {
		t.Errorf("'%s': services %v, steps %+v", d.Name, d.Services, r.Steps)
	}
	if ran["s3"] {
		t.Errorf("'%s': restarted a masked service", d.Name)
	}
	toy := w.toy(d.Name)
	switch r.Result {
	case report.BroughtBack, report.StillDown:
	default:
		if len(ran) > 0 {
			t.Errorf("'%s' has result %d, and %v were restarted", d.Name, r.Result, ran)
		}
	}
	if r.Result == report.BroughtBack && !slices.Equal(r.PIDs(), []int{toy.pid}) && !restartedLater(w, toy, r) {
		t.Errorf("'%s' is said to have %v, and has %d", d.Name, r.PIDs(), toy.pid)
	}
	if d.BootGrace > time.Hour && len(ran) > 0 {
		t.Errorf("'%s' was restarted within its boot grace", d.Name)
	}
	if len(ran) == 0 {
		return
	}
	for _, other := range d.After {
		switch o := reports[other]; o.Result {
		case report.Up, report.Clear, report.Wrong, report.BroughtBack:
		default:
			t.Errorf("'%s' was restarted, and '%s' before it has result %d", d.Name, other, o.Result)
		}
	}
}

// restartedLater reports whether another daemon's restart has restarted this one,
// too, after it had been reported.
func restartedLater(w *world, toy *toy, r report.Daemon) bool {
	n := 0
	for name, s := range w.services {
		if slices.Contains(s.brings, toy) && slices.ContainsFunc(w.steps, func(s *step) bool { return s.String() == "start "+name }) {
			n++
		}
	}
	return n > 1
}
