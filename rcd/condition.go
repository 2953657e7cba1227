package rcd

import (
	"context"
	"fmt"
	"strconv"
)

// Condition is what a manager knows of a service at this moment. A field that the
// manager does not tell has its zero value.
type Condition struct {
	State  State  // what the manager itself says
	Main   int    // process id of its main process, in our PID namespace; 0: none, or not known
	Group  string // Linux: the path of its control group, such as /system.slice/nginx.service
	Life   Life   // its last one that is over
	Work   *Work  // what is being done with it right now; nil: nothing
	Failed bool   // it has ended, and the manager does not start it again
}

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

const conditionProps = "LoadState,ActiveState,SubState,MainPID,ControlGroup," + workProps + "," + lifeProps

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
	c := conditionOf(p)
	c.Life = lifeOf(p, sinceBoot())
	c.Work, err = s.work(ctx, run, service, p)
	return c, err
}

// conditionOf reads the properties of a unit, org.freedesktop.systemd1(5).
func conditionOf(p map[string]string) Condition {
	main, err := strconv.Atoi(p["MainPID"])
	if err != nil || main < 0 {
		main = 0
	}
	return Condition{State: activeState(p), Main: main, Group: p["ControlGroup"], Failed: p["ActiveState"] == "failed"}
}
