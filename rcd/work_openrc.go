package rcd

import (
	"context"
	"path/filepath"
)

// rcService is OpenRC's program, in place of a service manager. It says more than
// another: that it is at work on a service.
type rcService struct{ program }

func isRCService(path string) bool { return filepath.Base(path) == "rc-service" }

// What rc-service NAME status exits with while OpenRC is at work on it, openrc-run(8).
// For an init script of the LSB 4 means that it cannot tell.
const (
	openrcStopping = 4
	openrcStarting = 8
)

// condition asks OpenRC, which keeps no limit of its own for a whole start or stop.
func (p rcService) condition(ctx context.Context, run runner, service string) (Condition, error) {
	r, err := run.query(ctx, p.Argv(Status, service))
	if err != nil {
		return Condition{}, err
	}
	c := Condition{State: p.state(r)}
	switch r.status {
	case openrcStopping:
		c.Work = &Work{Service: service, By: "OpenRC", What: "stop"}
	case openrcStarting:
		c.Work = &Work{Service: service, By: "OpenRC", What: "start"}
	}
	return c, nil
}

// obstacle: that a service is being stopped does not mean that there is none.
func (p rcService) obstacle(ctx context.Context, run runner, service string) (*Obstacle, error) {
	return nil, nil
}

// zap: Debian's OpenRC calls a service started whose daemon has died, fails to stop it, and
// then has nothing to start. A daemon that could not be stopped is still there, and the
// start finds it.
func (p rcService) zap(ctx context.Context, run runner, service string) bool {
	r, err := run.query(ctx, []string{p.path, service, "zap"})
	return err == nil && r.status == 0
}
