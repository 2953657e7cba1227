package state

import (
	"testing"
	"time"

	"daemon-keeper/internal/past"
)

// What is remembered by any way of being called is told, the latest of each daemon.
func TestReadAll(t *testing.T) {
	s := openStore(t)
	if all, err := s.ReadAll(); len(all) > 0 || err != nil {
		t.Errorf("got %v, %v", all, err)
	}
	at := func(hour int) past.Stamp { return past.Stamp{Time: time.Date(2026, 11, 21, hour, 0, 0, 0, time.UTC)} }
	ok(t, s.Update("", false, func(m map[string]past.Daemon) {
		m["a"], m["b"] = past.Daemon{LastUp: at(1)}, past.Daemon{LastUp: at(9)}
	}))
	ok(t, s.Update("/etc/other.yaml", false, func(m map[string]past.Daemon) {
		m["a"], m["b"] = past.Daemon{LastUp: at(2)}, past.Daemon{LastUp: at(3)}
	}))
	ok(t, s.Update("/usr/sbin/x", false, func(m map[string]past.Daemon) { m["/usr/sbin/x"] = past.Daemon{LastUp: at(4)} }))
	all, err := s.ReadAll()
	if err != nil || len(all) != 3 || all["a"].LastUp != at(2) || all["b"].LastUp != at(9) || all["/usr/sbin/x"].LastUp != at(4) {
		t.Errorf("got %v, %v", all, err)
	}
	plant(t, s, "memory-%2Fbad.json", "garbage")
	if all, err := s.ReadAll(); err == nil || len(all) != 3 {
		t.Errorf("got %v, %v", all, err)
	}
}
