package rcd

import (
	"errors"
	"strings"
	"testing"
)

func TestProgramArgv(t *testing.T) {
	m := Program("/sbin/rc-service", &Outputs{})
	for _, verb := range []Verb{Stop, Start, Status} {
		if got, want := strings.Join(m.Argv(verb, "cron"), " "), "/sbin/rc-service cron "+string(verb); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if m.Name() != "OpenRC" {
		t.Errorf("name %q", m.Name())
	}
}

// TestProgramObstacle: the program is not asked by find, which a healthy run
// calls, but before anything is touched.
func TestProgramObstacle(t *testing.T) {
	p := program{path: "/sbin/rc-service"}
	if err := on(p, &fakeRunner{t: t}).Find(t.Context(), "nosuch"); err != nil {
		t.Errorf("find: %v", err)
	}
	for answer, found := range map[string]bool{
		"openrc/started": true, "openrc/stopped": true, "openrc/crashed": true, "program/not-known": false,
	} {
		fake := &fakeRunner{t: t, answers: map[string]result{"/sbin/rc-service cron status": recorded(t, answer)}}
		o, err := on(p, fake).Obstacle(t.Context(), "cron")
		var unknown *NotFoundError
		if o != nil || found != (err == nil) || !found && !errors.As(err, &unknown) {
			t.Errorf("%s: obstacle %v, %v, want found: %v", answer, o, err, found)
		}
	}
	fake := &fakeRunner{t: t, queryErr: errors.New("cannot ask")}
	if o, err := on(p, fake).Obstacle(t.Context(), "cron"); o != nil || err != fake.queryErr {
		t.Errorf("obstacle %v, %v, want only the error", o, err)
	}
	if phase, err := on(p, fake).Phase(t.Context()); phase != Working || err != nil {
		t.Errorf("phase %d, %v", phase, err)
	}
}
