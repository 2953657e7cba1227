package rcd

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// unit is a systemd with one unit; each start takes the next of its answers.
type unit struct {
	started int // how often it was really executed
	refuses bool
	broken  bool
	did     []string
}

func (u *unit) query(_ context.Context, argv []string) (result, error) {
	if argv[1] == "reset-failed" {
		u.did = append(u.did, "reset-failed")
		u.refuses = false
		return result{}, nil
	}
	return result{output: "ActiveState=failed\nExecMainStartTimestampMonotonic=" + strings.Repeat("1", u.started+1) + "\n"}, nil
}

func (u *unit) step(_ context.Context, verb Verb, service string, argv []string, _ With) error {
	u.did = append(u.did, string(verb))
	if !u.refuses {
		u.started++
	}
	if u.refuses || u.broken {
		return &CommandError{Verb: verb, Service: service, Argv: argv, Status: 1, Cause: errors.New("exit status 1")}
	}
	return nil
}

// What systemd has given up is started after its refusal was lifted, once; what
// was really started and failed is not started again.
func TestStartLimitIsLiftedOnce(t *testing.T) {
	for _, tc := range []struct {
		name string
		unit unit
		want []string
		fail bool
	}{
		{"plain", unit{}, []string{"start"}, false},
		{"at its start limit", unit{refuses: true}, []string{"start", "reset-failed", "start"}, false},
		{"broken", unit{broken: true}, []string{"start"}, true},
		{"at its start limit, and broken", unit{refuses: true, broken: true}, []string{"start", "reset-failed", "start"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := on(systemd{systemctl: "/bin/systemctl"}, &tc.unit)
			if err := m.Start(t.Context(), "toy", With{}); (err != nil) != tc.fail {
				t.Errorf("error %v", err)
			}
			if !slices.Equal(tc.unit.did, tc.want) {
				t.Errorf("did %q, want %q", tc.unit.did, tc.want)
			}
		})
	}
}
