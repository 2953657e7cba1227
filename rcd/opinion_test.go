package rcd

import (
	"errors"
	"testing"
)

// systemd has more words than we: those that say more are passed on.
func TestOpinion(t *testing.T) {
	const ask = "/bin/systemctl show -p LoadState,ActiveState x.service"
	for _, tc := range []struct {
		name, answer string
		status       int
		want         Opinion
		fails        bool
	}{
		{"running", "LoadState=loaded\nActiveState=active\n", 0, Opinion{State: Running}, false},
		{"stopped", "LoadState=loaded\nActiveState=inactive\n", 0, Opinion{State: Stopped}, false},
		{"failed", "LoadState=loaded\nActiveState=failed\n", 0, Opinion{State: Stopped, Word: "failed"}, false},
		{"starting", "LoadState=loaded\nActiveState=activating\n", 0, Opinion{State: Unknown, Word: "activating"}, false},
		{"reloading", "LoadState=loaded\nActiveState=reloading\n", 0, Opinion{State: Running, Word: "reloading"}, false},
		{"masked", "LoadState=masked\nActiveState=inactive\n", 0, Opinion{State: Stopped, Word: "masked"}, false},
		{"masked while it runs", "LoadState=masked\nActiveState=active\n", 0, Opinion{State: Running, Word: "masked"}, false},
		{"gone", "LoadState=not-found\nActiveState=inactive\n", 0, Opinion{State: Stopped, Word: "not-found"}, false},
		{"no answer", "Failed to connect to bus\n", 1, Opinion{}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &fakeRunner{t: t, answers: map[string]result{ask: {output: tc.answer, status: tc.status}}}
			m := on(systemd{systemctl: "/bin/systemctl"}, f)
			got, err := m.Opinion(t.Context(), "x")
			if got != tc.want || (err != nil) != tc.fails {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// Other managers have no words of their own.
func TestOpinionWithoutWords(t *testing.T) {
	f := &fakeRunner{t: t, answers: map[string]result{"/svc x status": {status: 3}}}
	m := on(program{path: "/svc"}, f)
	if got, err := m.Opinion(t.Context(), "x"); err != nil || got != (Opinion{State: Stopped}) {
		t.Errorf("%+v, %v", got, err)
	}
	f.queryErr = errors.New("it hangs")
	if got, err := m.Opinion(t.Context(), "x"); err == nil || got.State != Unknown {
		t.Errorf("%+v, %v", got, err)
	}
}
