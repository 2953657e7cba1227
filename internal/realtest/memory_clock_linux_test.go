package realtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const year = 365 * 24 * time.Hour

// clockDelay is the second delay of the back-off.
const clockDelay = 6 * time.Second

// keepSlowly is a run that tries again after clockDelay.
func keepSlowly(t *testing.T, m *Machine) answer {
	t.Helper()
	return begin(t, m, program, "-e", toy, "-s", "toy", "--boot-grace", "0", "--recheck", "0", "--verify", "3s", "--settle", "50ms",
		"--backoff", "0s,"+clockDelay.String())()
}

// A daemon that dies again is not tried again too early or never, whatever is done to
// the clock of the day between runs, and people are told once.
func TestMemoryClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		steps []time.Duration // of the clock, one before each of the runs that follow the first
	}{
		{"true", nil},
		{"ahead", []time.Duration{10 * year}},
		{"back", []time.Duration{-10 * year}},
		{"a bit ahead", []time.Duration{clockDelay}},
		{"a bit back", []time.Duration{-clockDelay}},
		{"to and fro", []time.Duration{5 * year, -10 * year, time.Hour, 10 * year, -time.Hour, -20 * year}},
		{"further and further ahead", slices.Repeat([]time.Duration{time.Hour}, 10)},
		{"further and further back", slices.Repeat([]time.Duration{-time.Hour}, 10)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := sysvMachine(t)
			heldBack(t, m, func(run int) {
				if run < len(c.steps) {
					stepClock(t, m, c.steps[run])
				}
			}, clockDelay)
		})
	}
}

// heldBack fails the test unless the second restart comes clockDelay after the first,
// and not later than atMost allows, with something done to the memory before each run.
func heldBack(t *testing.T, m *Machine, before func(run int), atMost time.Duration) {
	t.Helper()
	began := time.Now()
	expect(t, keepSlowly(t, m), 1, "is up again")
	ended := time.Now()
	kill(t, m, toy)
	said, runs := 0, 0
	for {
		before(runs)
		runs++
		a := keepSlowly(t, m)
		if a.status == 1 {
			break
		}
		expect(t, a, 2)
		time.Sleep(pollInterval)
		if lines := linesWith(a.stderr, "waits for its next try: it was brought back once lately, and is down again; the next try is in "); len(lines) > 0 {
			said++
		}
		if time.Since(ended) > atMost+20*time.Second {
			t.Fatalf("after %v it still waits: %v", time.Since(ended), a)
		}
	}
	if took := time.Since(began); took < clockDelay {
		t.Errorf("the second try came after %v", took)
	}
	if said != 1 || runs < 5 {
		t.Errorf("it was said %d times in %d runs that it waits", said, runs)
	}
	onlyPid(t, m, toy)
}

// stepClock does to the memory what a step of the clock of the day does: all that was
// written down before lies so much earlier by it. (The kernel has no clock of the day
// for namespaces, and Go's programs do not ask the C library, so that faketime does not
// reach them.)
func stepClock(t *testing.T, m *Machine, step time.Duration) {
	t.Helper()
	stamp := regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`)
	dir := m.Path("/var/lib/daemon-keeper")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := stamp.ReplaceAllFunc(text, func(old []byte) []byte {
			at, err := time.Parse(time.RFC3339Nano, string(old))
			if err != nil {
				t.Fatal(err)
			}
			if !at.IsZero() {
				found++
				at = at.Add(-step)
			}
			return []byte(at.Format(time.RFC3339Nano))
		})
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found == 0 {
		t.Error("nothing was remembered")
	}
}

// Behind a reboot the clock of the day has to be believed, once: if it is right, the
// wait goes on; if it has been set back, the wait begins anew; and then it cannot be
// frozen or skipped any more.
func TestMemoryReboot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		step   time.Duration
		atMost time.Duration
	}{
		{"true", 0, clockDelay},
		{"back", -10 * year, 2 * clockDelay},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := sysvMachine(t)
			heldBack(t, m, func(run int) {
				switch run {
				case 2:
					reboot(t, m, run)
					stepClock(t, m, c.step)
				case 3:
					stepClock(t, m, 10*year)
				}
			}, c.atMost)
		})
	}
	t.Run("ahead", func(t *testing.T) {
		t.Parallel()
		m := sysvMachine(t)
		expect(t, keepSlowly(t, m), 1, "is up again")
		kill(t, m, toy)
		expect(t, keepSlowly(t, m), 2)
		reboot(t, m, 1)
		stepClock(t, m, 10*year)
		expect(t, keepSlowly(t, m), 1, "is up again")
	})
}

// reboot gives the machine the id of another boot.
func reboot(t *testing.T, m *Machine, number int) {
	t.Helper()
	m.Must(t, "sh", "-e", "-c", fmt.Sprintf(`
		rm -rf /run/daemon-keeper
		echo 01234567-89ab-4def-8123-%012x >/run/boot_id.%d
		mount --bind /run/boot_id.%d /proc/sys/kernel/random/boot_id`, number, number, number))
}

// A snapshot of the machine that is restored brings back an older memory: its tries
// are those of then, and nothing is frozen.
func TestMemorySnapshot(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	const copies = "cp -a /var/lib/daemon-keeper /run/snapshot"
	expect(t, keepSlowly(t, m), 1, "is up again")
	kill(t, m, toy)
	expect(t, keepSlowly(t, m), 2)
	m.Must(t, "sh", "-c", copies)
	began := time.Now()
	Until(t, "it is tried again", func() bool { return keepSlowly(t, m).status == 1 })
	kill(t, m, toy)
	expect(t, keepSlowly(t, m), 2)
	m.Must(t, "sh", "-c", "rm -rf /var/lib/daemon-keeper; mv /run/snapshot /var/lib/daemon-keeper")
	Until(t, "it is tried again", func() bool { return keepSlowly(t, m).status == 1 })
	if took := time.Since(began); took > 10*clockDelay {
		t.Errorf("it took %v", took)
	}
}

// Up for long enough forgives, by the true time and not by the clock of the day.
func TestMemoryForgives(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	keepFor := func(acceptable string) answer {
		return begin(t, m, program, "-e", toy, "-s", "toy", "--boot-grace", "0", "--recheck", "0", "--verify", "3s", "--settle", "50ms",
			"--backoff", "0s,1h", "--acceptable", acceptable)()
	}
	expect(t, keepFor("1s"), 1, "is up again")
	stepClock(t, m, 10*year)
	if a := keepFor("1h"); a.status != 0 {
		t.Error(a)
	}
	kill(t, m, toy)
	expect(t, keepFor("1h"), 2, "it was brought back once lately, and is down again")
	stepClock(t, m, -10*year)
	expect(t, keepFor("1h"), 2)
	m.Must(t, "/etc/init.d/toy", "start") // by somebody else
	Until(t, "it has been up for a second", func() bool {
		if a := keepFor("1s"); a.status != 0 {
			t.Fatal(a)
		}
		return !strings.Contains(read(t, m, "/var/lib/daemon-keeper/memory-%2Fusr%2Flocal%2Fsbin%2Ftoy.json"), `"tries":1`)
	})
	kill(t, m, toy)
	expect(t, keepFor("1s"), 1, "is up again")
}
