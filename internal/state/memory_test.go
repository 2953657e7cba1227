package state

import (
	"math"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

// full has each field set: one that gets lost on the way is seen.
func full(t *testing.T) past.Daemon {
	stamp := past.Stamp{Time: time.Date(2026, 11, 21, 20, 49, 0, 7, time.UTC), Boot: "b", Up: 7}
	exit := 1
	d := past.Daemon{
		Known: stamp, LastUp: stamp, UpSince: stamp, Ran: past.Span{From: stamp, To: stamp}, Held: "pause", HeldWhy: "by <root>", HeldSince: stamp, Reminded: stamp, Totals: past.Totals{Incidents: 1, Restarts: 2, Downtime: 3}, Told: "it comes after x", Deaths: map[words.Cause]int{"signal": 1},
		Processes: []past.Process{{
			PID: 26199, Start: math.MaxUint64, Threads: []int{26199, 26200}, Parent: 1, Children: []int{26201},
			Unit: "x.service", Exe: "/usr/sbin/x", File: past.File{Dev: 1, Ino: math.MaxUint64}, Script: past.File{Dev: 2, Ino: 3},
		}},
		Left:     []past.Process{{PID: 26198, Start: 5}},
		OldImage: "process 26199 runs an old image",
		Tally:    past.Tally{Tries: 3, Last: stamp, Told: 2},
		Stops:    map[string]past.Span{"a": {From: stamp, To: stamp}},
		Starts:   []time.Time{stamp.Time},
		Died:     &past.Died{Found: stamp, Up: stamp, Seconds: 1.5, Cause: "killed by SIGTERM"},
		Incident: &past.Incident{
			Daemon: "x", LastUp: stamp.Time, Down: stamp.Time, Up: stamp.Time, Seconds: 1.5, Held: 2.5, Reason: "not running",
			Kind: "signal", Blame: words.Blame{Cause: "signal 9"}, Tries: 1, Outcome: "held", Began: stamp, Death: aDeath(), Steps: []words.Step{{Verb: "stop", Service: "a", Seconds: 0.5, Exit: &exit, Error: "exit status 1"}, {Verb: "start", Service: "a"}},
		},
	}
	for _, v := range []reflect.Value{reflect.ValueOf(d), reflect.ValueOf(d.Processes[0])} {
		for n := range v.NumField() {
			if v.Field(n).IsZero() {
				t.Fatalf("%s is not set", v.Type().Field(n).Name)
			}
		}
	}
	return d
}

func TestMemory(t *testing.T) {
	s := openStore(t)
	want := map[string]past.Daemon{"/usr/sbin/x": full(t), "": {}}
	for _, key := range []string{"", "/usr/sbin/x"} {
		if m, err := s.Read(key); m == nil || len(m) > 0 || err != nil {
			t.Errorf("nothing was remembered, got %v, %v", m, err)
		}
		ok(t, s.Update(key, key == "", func(m map[string]past.Daemon) { m["/usr/sbin/x"], m[""] = full(t), past.Daemon{} }))
		if got, err := s.Read(key); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		ok(t, s.Update(key, false, func(m map[string]past.Daemon) { delete(m, "") }))
		if got, err := s.Read(key); err != nil || len(got) != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if got := strings.Join(files(t, s), " "); got != "memory-%2Fusr%2Fsbin%2Fx.json memory.json" {
		t.Errorf("the folder has %s", got)
	}
}

// A power failure may leave a file that was not synced without what was in it.
func TestMemoryOfAMachineThatWentDown(t *testing.T) {
	for _, content := range []string{"", strings.Repeat("\x00", 400)} {
		s := openStore(t)
		plant(t, s, "memory.json", content)
		if _, err := s.Read(""); err == nil || !strings.Contains(err.Error(), "it is empty: the machine went down") {
			t.Errorf("got %v", err)
		}
	}
}

func TestImpossibleMemory(t *testing.T) {
	for _, file := range []string{`{"daemons":{"x":{"tally":{"tries":-1}}}}`, `{"daemons":{"x":{"tally":{"told":-1}}}}`, `{"daemons":{"x":{"incident":[]}}}`} {
		if m, err := parseMemory([]byte(file)); err == nil {
			t.Errorf("%s: %+v", file, m)
		}
	}
}

// Runs that write at the same time lose nothing of each other's.
func TestMemoryOfManyWriters(t *testing.T) {
	path := openStore(t).Path()
	const writers, times = 8, 20
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			s, err := OpenStore(path)
			if err != nil {
				t.Error(err)
				return
			}
			s.patience = time.Minute
			for range times {
				err := s.Update("", false, func(m map[string]past.Daemon) { d := m["x"]; d.Tally.Tries++; m["x"] = d })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	s, err := OpenStore(path)
	ok(t, err)
	if m, err := s.Read(""); err != nil || m["x"].Tally.Tries != writers*times {
		t.Errorf("counted %d, %v", m["x"].Tally.Tries, err)
	}
	if got := files(t, s); len(got) != 1 {
		t.Errorf("the folder has %v", got)
	}
}

// However much a service prints, or however long a daemon is down, its memory stays
// small, and what the caller holds stays as it was.
func TestMemoryIsBounded(t *testing.T) {
	s := openStore(t)
	d := past.Daemon{Held: words.Hold(strings.Repeat("x", 1<<20)), Incident: &past.Incident{Blame: words.Blame{Cause: strings.Repeat("x", 1<<20)}, Seconds: math.NaN(), Held: math.Inf(1)}}
	d.Processes = []past.Process{{PID: 1, Threads: make([]int, 1000), Children: make([]int, 1000)}}
	for n := range 100 {
		d.Incident.Steps = append(d.Incident.Steps, words.Step{Verb: "stop", Seconds: float64(n), Error: strings.Repeat("x", 1<<16)})
	}
	ok(t, s.Update("", false, func(m map[string]past.Daemon) { m["x"] = d }))
	m, err := s.Read("")
	ok(t, err)
	got := m["x"]
	if steps := got.Incident.Steps; len(steps) != past.MostSteps || steps[past.MostSteps-1].Seconds != 99 ||
		len(got.Processes[0].Threads) != 64 || len(got.Processes[0].Children) != 64 {
		t.Errorf("%d steps, %d threads, %d children", len(steps), len(got.Processes[0].Threads), len(got.Processes[0].Children))
	}
	if info, _ := os.Stat(s.file("memory.json")); info.Size() > 1<<18 {
		t.Errorf("it has %d bytes", info.Size())
	}
	if len(d.Incident.Steps) != 100 || len(d.Incident.Steps[99].Error) != 1<<16 || len(d.Processes[0].Threads) != 1000 {
		t.Error("the caller's was changed")
	}
	err = s.Update("", false, func(m map[string]past.Daemon) { m[strings.Repeat("x", largestMemory)] = past.Daemon{} })
	if err == nil || !strings.Contains(err.Error(), "it would be larger than 8388608 bytes") {
		t.Errorf("got %v", err)
	}
	if m, err := s.Read(""); len(m) != 1 || err != nil {
		t.Errorf("the old file has %d, %v", len(m), err)
	}
}

// Whoever changes what was read changes nothing that is remembered, and an update
// starts from what is there, not from what was read before.
func TestReadIsACopy(t *testing.T) {
	s, other := openStore(t), &Store{}
	other.path, other.patience = s.path, s.patience
	ok(t, s.Update("", false, func(m map[string]past.Daemon) { m["x"] = full(t) }))
	spoil := func() {
		m, err := s.Read("")
		ok(t, err)
		d := m["x"]
		d.Processes[0].PID, d.Processes[0].Threads[0], d.Processes[0].Children[0] = 7, 7, 7
		d.Stops["b"], *d.Incident.Steps[0].Exit = past.Span{}, 7
		d.Incident.Steps[0].Verb, d.Incident.Daemon = "spoilt", "spoilt"
		delete(m, "x")
	}
	spoil()
	ok(t, s.Update("", false, func(m map[string]past.Daemon) {
		if !reflect.DeepEqual(m, map[string]past.Daemon{"x": full(t)}) {
			t.Errorf("got %+v", m)
		}
	}))
	spoil()
	ok(t, other.Update("", false, func(m map[string]past.Daemon) { m["y"] = past.Daemon{} }))
	ok(t, s.Update("k", false, func(m map[string]past.Daemon) {
		if len(m) > 0 {
			t.Errorf("of another key: %+v", m)
		}
	}))
	ok(t, s.Update("", false, func(m map[string]past.Daemon) {
		if len(m) != 2 {
			t.Errorf("the other's change is lost: %+v", m)
		}
	}))
}
