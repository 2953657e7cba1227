package rcd

import (
	"slices"
	"strings"
	"testing"
)

// TestState reads what the status command of each manager has answered.
func TestState(t *testing.T) {
	dialects := map[string]dialect{
		"freebsd": freebsd{}, "sysv": sysv{}, "systemd": systemd{}, "program": program{}, "openrc": openrc{},
	}
	for _, tt := range []struct {
		answer string
		want   State
	}{
		{"freebsd/onestatus-running", Running},
		{"freebsd/onestatus-stopped", Stopped},
		{"freebsd/onestatus-unknown-directive", Unknown},
		{"freebsd/onestatus-old-style", Unknown},
		{"freebsd/onestatus-no-script", Unknown},

		{"sysv/running", Running},
		{"sysv/silent", Running},
		{"sysv/killed", Stopped},
		{"sysv/dead-with-lock", Stopped},
		{"sysv/stopped", Stopped},
		{"sysv/unknown", Unknown},
		{"sysv/usage-1", Unknown},
		{"sysv/usage-2", Unknown},
		{"sysv/usage-3", Unknown},
		{"sysv/not-executable", Unknown},

		{"systemd/show-active", Running},
		{"systemd/show-reloading", Running},
		{"systemd/show-refreshing", Running},
		{"systemd/show-masked-active", Running},
		{"systemd/show-not-found-active", Running}, // its file was removed
		{"systemd/show-inactive", Stopped},
		{"systemd/show-failed", Stopped},
		{"systemd/show-masked", Stopped},
		{"systemd/show-not-found", Stopped},
		{"systemd/show-activating", Unknown},
		{"systemd/show-deactivating", Unknown},
		{"systemd/show-maintenance", Unknown},
		{"systemd/show-template", Unknown},
		{"systemd/show-no-bus", Unknown},

		{"program/not-known", Unknown},

		{"openrc/started", Running},
		{"openrc/stopped", Stopped},
		{"openrc/stopping", Unknown},
		{"openrc/starting", Unknown},
		{"openrc/inactive", Unknown},
		{"openrc/crashed", Stopped},
		{"openrc/nosuch", Unknown},
	} {
		manager, _, _ := strings.Cut(tt.answer, "/")
		if got := dialects[manager].state(recorded(t, tt.answer)); got != tt.want {
			t.Errorf("%s: state %d, want %d", tt.answer, got, tt.want)
		}
	}
}

// TestUnknownServiceIsNotStopped: service(8) and rc-service exit 1 for a name
// that they do not know, like an init script whose daemon is dead. Taken for
// "stopped", it made a failed stop of a mistyped name a success.
func TestUnknownServiceIsNotStopped(t *testing.T) {
	if got := (sysv{}).state(recorded(t, "sysv/unrecognized")); got != Unknown {
		t.Errorf("System V: state %d, want Unknown", got)
	}
	if got := (program{}).state(recorded(t, "openrc/nosuch")); got != Unknown {
		t.Errorf("OpenRC: state %d, want Unknown", got)
	}
}

// FuzzState: whatever a manager prints, nothing panics, and a status that is no
// success never means that the service runs.
func FuzzState(f *testing.F) {
	for _, name := range []string{"freebsd/onestatus-running", "freebsd/onestatus-stopped", "sysv/usage-1", "systemd/show-active"} {
		data := recorded(f, name)
		f.Add(data.status, data.output)
	}
	f.Fuzz(func(t *testing.T, status int, output string) {
		r := result{status: status & 0xff, output: output}
		for _, d := range []dialect{freebsd{}, sysv{}, program{}} {
			state := d.state(r)
			if (state == Running) != (r.status == 0) {
				t.Errorf("%T: state %d for exit status %d", d, state, r.status)
			}
		}
		if !slices.Contains([]State{Unknown, Running, Stopped}, systemd{}.state(r)) {
			t.Error("systemd: no state")
		}
	})
}
