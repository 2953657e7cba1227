package rcd

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Condition is what a manager knows of a service at this moment. A field that the
// manager does not tell has its zero value.
type Condition struct {
	State State  // what the manager itself says
	Main  int    // process id of its main process, in our PID namespace; 0: none, or not known
	Group string // Linux: the path of its control group, such as /system.slice/nginx.service
	Work  *Work  // what is being done with it right now; nil: nothing
}

// Work is something that is being done with a service by its manager, or by somebody
// who has told it to: it must not be disturbed while its own limits last.
type Work struct {
	Service string
	What    string        // for people: "auto-restart in 21 s", "start (start-pre)"
	For     time.Duration // how long it has been under way
	Limit   time.Duration // how long it may take by the manager's own limits
}

// Over reports whether the work has taken longer than its limits allow.
func (w *Work) Over() bool { return w.For > w.Limit }

// conditioner is a dialect whose manager can say more than running or not.
type conditioner interface {
	condition(ctx context.Context, run runner, service string) (Condition, error)
}

// Condition asks the manager what it knows of a service now. It starts a process, so a
// healthy run does not ask.
func (m *Manager) Condition(ctx context.Context, service string) (Condition, error) {
	if d, ok := m.dialect.(conditioner); ok {
		return d.condition(ctx, m.run, service)
	}
	state, err := m.Status(ctx, service)
	return Condition{State: state}, err
}

const conditionProps = "LoadState,ActiveState,SubState,MainPID,ControlGroup"

func (s systemd) condition(ctx context.Context, run runner, service string) (Condition, error) {
	argv := []string{s.systemctl, "show", "-p", conditionProps, unitName(service)}
	r, err := run.query(ctx, argv)
	if err != nil {
		return Condition{}, err
	}
	p := properties(r.output)
	if r.status != 0 || p["LoadState"] == "" {
		return Condition{}, fmt.Errorf("cannot ask systemd about service %s: %s", service, r.failure(argv))
	}
	return conditionOf(p), nil
}

// conditionOf reads the properties of a unit, org.freedesktop.systemd1(5).
func conditionOf(p map[string]string) Condition {
	main, err := strconv.Atoi(p["MainPID"])
	if err != nil || main < 0 {
		main = 0
	}
	return Condition{State: activeState(p), Main: main, Group: p["ControlGroup"]}
}
