package state

import (
	"bufio"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

// killFolder names the store in which a child works until it is killed.
const killFolder = "DAEMON_KEEPER_TEST_KILL"

// Whenever a run is killed, what it leaves is one of the states that it has written,
// and the next run refuses nothing.
func TestKilledRuns(t *testing.T) {
	if path := os.Getenv(killFolder); path != "" {
		workForEver(t, path)
		return
	}
	s := openStore(t)
	const kills = 200
	memories, journals := map[int]bool{}, map[string]bool{}
	last := 0
	various := func() bool { return len(memories) >= 10 && len(journals) >= 4 }
	// On a machine that is busy a child gets nowhere in so short a time: then it gets
	// longer, and there are more of them.
	deadline := time.Now().Add(5 * time.Minute)
	for n := 0; n < kills || !various() && time.Now().Before(deadline); n++ {
		killOne(t, s.Path(), time.Duration(1+n/kills)*8*time.Millisecond)
		left, errs := s.Unfinished()
		m, err := s.Read("")
		_, pauses := s.Pauses(Now())
		if len(errs) > 0 || err != nil || pauses != nil || len(left) > 1 {
			t.Fatalf("the next run: %v, %v, %v, %+v", errs, err, pauses, left)
		}
		if n := tries(t, m); n < last {
			t.Fatalf("the memory went back from %d to %d", last, n)
		} else {
			last, memories[n] = n, true
		}
		state := "none"
		if len(left) == 1 {
			state = step(left[0])
			ok(t, s.Forget(left[0]))
		}
		if strings.HasPrefix(state, "?") {
			t.Fatalf("nobody wrote %s", state)
		}
		journals[state] = true
	}
	if !various() {
		t.Errorf("killed always at the same moment: %d memories, %v", len(memories), journals)
	}
	t.Logf("%d memories, journals %v, %d files left", len(memories), journals, len(files(t, s)))
}

// killOne starts a run, lets it work for a moment, which is shorter than most, and
// kills it.
func killOne(t *testing.T, path string, most time.Duration) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledRuns$")
	cmd.Env = append(os.Environ(), killFolder+"="+path)
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "working\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	time.Sleep(time.Duration(rand.Int64N(int64(most)))) // a moment of chance, nothing is waited for
}

func workForEver(t *testing.T, path string) {
	s, err := OpenStore(path)
	ok(t, err)
	_, _ = os.Stdout.WriteString("working\n")
	for n := 0; ; n++ {
		ok(t, s.Update("", n%8 == 0, func(m map[string]past.Daemon) {
			n := m["a"].Tally.Tries + 1
			m["a"], m["b"] = past.Daemon{Tally: past.Tally{Tries: n}, Held: words.Hold(strings.Repeat("x", n%4000))}, past.Daemon{Tally: past.Tally{Tries: n}}
		}))
		j, err := s.Begin(intent("x", "a"))
		ok(t, err)
		for _, verb := range []words.Verb{words.Stop, words.Start} {
			ok(t, j.Begin(verb, "a"))
			ok(t, j.End(verb, "a"))
		}
		ok(t, j.Close())
		ok(t, s.Pause(past.Pause{Name: "x", From: Now()}))
	}
}

// tries is the number that stands in all daemons alike, if the memory is one that was
// written.
func tries(t *testing.T, m map[string]past.Daemon) int {
	n := m["a"].Tally.Tries
	if m["b"].Tally.Tries != n || m["a"].Held != words.Hold(strings.Repeat("x", n%4000)) {
		t.Fatalf("nobody wrote %+v", m)
	}
	return n
}

// step is how far a journal has come, and ? if its run was never there.
func step(i Intent) string {
	got, all := "", ""
	for _, m := range i.Marks {
		got += "+" + string(m.Verb)
		if m.Ended {
			got += "-"
		}
	}
	for _, next := range []string{"", "+stop", "-", "+start", "-"} {
		if all += next; got == all && i.Daemon == "x" {
			return "journal" + got
		}
	}
	return "?" + got
}
