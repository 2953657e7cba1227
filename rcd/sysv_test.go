package rcd

import (
	"errors"
	"strings"
	"testing"
)

func TestSysvArgv(t *testing.T) {
	for _, verb := range []Verb{Stop, Start, Status} {
		if got, want := strings.Join(sysv{service: "/usr/sbin/service"}.Argv(verb, "cron"), " "), "/usr/sbin/service cron "+string(verb); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got, want := strings.Join(sysv{}.Argv(verb, "cron"), " "), "/etc/init.d/cron "+string(verb); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestSysvFind looks at files only.
func TestSysvFind(t *testing.T) {
	s := sysv{root: tree(t, "etc/init.d/cron*", "etc/init.d/README", "etc/init.d/folder/")}
	for name, found := range map[string]bool{"cron": true, "README": false, "folder": false, "nosuch": false} {
		err := on(s, &fakeRunner{t: t}).Find(t.Context(), name)
		var unknown *NotFoundError
		if found != (err == nil) || !found && !errors.As(err, &unknown) {
			t.Errorf("find %s: %v, want found: %v", name, err, found)
		}
	}
}

func TestSysvAsksNothing(t *testing.T) {
	m := on(sysv{}, &fakeRunner{t: t})
	if o, err := m.Obstacle(t.Context(), "cron"); o != nil || err != nil {
		t.Errorf("obstacle %v, %v", o, err)
	}
	if p, err := m.Phase(t.Context()); p != Working || err != nil {
		t.Errorf("phase %d, %v", p, err)
	}
}
