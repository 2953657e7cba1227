package state

import (
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

// The next holder learns which command was begun last, and who comes after it does not.
func TestBegun(t *testing.T) {
	dir := openDir(t)
	services := []string{"a", strings.Repeat("x", 240)}
	lock := func() *Locks {
		locks, err := dir.Lock(services, time.Now())
		ok(t, err)
		return locks
	}
	die := func(l *Locks) {
		for _, f := range l.Files() {
			ok(t, f.Close())
		}
	}
	at := func(verb words.Verb, service string) Intent {
		return Intent{Marks: []Mark{{Verb: verb, Service: service}}}
	}
	first := lock()
	if first.Begun(at("start", "a")) || first.Begun(at("", "")) {
		t.Error("begun by nobody")
	}
	for _, f := range first.Files() {
		NoteBegun(int(f.Fd()), "start", services[1])
		NoteBegun(int(f.Fd()), "start", "a")
	}
	if holder := heldBy(first.Files()[0], "a"); !strings.HasPrefix(holder.Holder, "pid ") || strings.Contains(holder.Holder, "start") {
		t.Errorf("held by %q", holder.Holder)
	}
	die(first)
	second := lock()
	if !second.Begun(at("start", "a")) || second.Begun(at("stop", "a")) || second.Begun(at("start", services[1])) {
		t.Errorf("begun: %q", second.begun)
	}
	die(second)
	third := lock()
	if third.Begun(at("start", "a")) {
		t.Errorf("it was begun before the last holder: %q", third.begun)
	}
	third.Release()
}
