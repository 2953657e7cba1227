package keeper

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// RootError means that only root can stop and start services.
type RootError struct {
	Manager string
	Service string
}

func (e *RootError) Error() string {
	return fmt.Sprintf("cannot stop and start service %s: %s lets only root do that", e.Service, e.Manager)
}

// Hint says what the user can do.
func (e *RootError) Hint() string {
	return "run it as root, or see with --dry-run what it would do"
}

// allowed reports whether a daemon that is down may be restarted now.
func (t *task) allowed(ctx context.Context) bool {
	if why := t.bootOrShutdown(); why != "" {
		t.holdOnce(report.Notice, why)
		return false
	}
	if t.leftAlone(ctx) {
		return false
	}
	if t.NeedsRoot && !t.DryRun && !rcd.IsOwn(t.daemon.Services[0]) {
		t.cannotTell(&RootError{t.managerOf(t.daemon.Services[0]), t.daemon.Services[0]})
		return false
	}
	return true
}

// bootOrShutdown returns why the machine's boot or shutdown keeps the daemon from being
// restarted; "" if neither does. What the machine itself is about to start or stop is left to
// it.
func (t *task) bootOrShutdown() string {
	up, err := t.Uptime()
	switch {
	case err != nil:
		t.logOnce(report.Warning, "cannot tell how long the machine has been up: %v", err)
	case up < t.daemon.BootGrace:
		return fmt.Sprintf("the machine has been up for less than its boot grace of %s", terminal.Limit(t.daemon.BootGrace))
	}
	phase, err := t.phase()
	if err != nil {
		t.logOnce(report.Warning, "cannot tell whether the machine is booting or shutting down: %v", err)
	}
	switch phase {
	case rcd.Booting:
		return t.booting()
	case rcd.ShuttingDown:
		return "the machine is shutting down"
	}
	return ""
}

// startable returns the services that can be started. It leaves out those whose start would
// do nothing, such as a disabled one, and reports each of them. If none remains, ok is false.
func (t *task) startable(ctx context.Context) (services []string, ok bool) {
	for _, service := range t.daemon.Services {
		if w := t.spared[service]; w != nil {
			t.report.Steps = append(t.report.Steps, report.Step{
				Verb: words.Start, Service: service, Err: w.Why, Hint: "to have it kept again: " + w.Undo, Skipped: true,
			})
			continue
		}
		obstacle, err := t.Manager.Obstacle(ctx, service)
		var unknown *rcd.NotFoundError
		switch {
		case errors.As(err, &unknown):
			t.report.Steps = nil
			t.cannotTell(err)
			return nil, false
		case err != nil:
			t.Log.Log(report.Warning, "%v", err)
		case obstacle != nil:
			t.logOnce(report.Error, "%v; %s", obstacle, obstacle.Hint())
			t.report.Steps = append(t.report.Steps, report.Step{
				Verb: words.Start, Service: service, Err: obstacle.Error(), Hint: obstacle.Hint(), Skipped: true,
			})
			continue
		}
		services = append(services, service)
	}
	if len(services) == 0 {
		t.report.Reason = fmt.Sprintf("none of its services can be started (%s)", strings.Join(t.daemon.Services, ", "))
		t.news(t.report.Reason)
		return nil, false
	}
	return services, true
}
