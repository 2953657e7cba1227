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

// RootError says that services can be stopped and started by root only.
type RootError struct {
	Manager string
	Service string
}

func (e *RootError) Error() string {
	return fmt.Sprintf("cannot stop and start service %s: %s lets only root do that", e.Service, e.Manager)
}

// Hint is the way out.
func (e *RootError) Hint() string {
	return "run it as root, or see with --dry-run what it would do"
}

// allowed reports whether a daemon that is down may be restarted now.
func (r *task) allowed(ctx context.Context) bool {
	if why := r.bootOrShutdown(); why != "" {
		r.holdOnce(report.Notice, why)
		return false
	}
	if r.leftAlone(ctx) {
		return false
	}
	if r.NeedsRoot && !r.DryRun && !rcd.IsOwn(r.daemon.Services[0]) {
		r.cannotTell(&RootError{r.managerOf(r.daemon.Services[0]), r.daemon.Services[0]})
		return false
	}
	return true
}

// bootOrShutdown: what the machine itself is about to start or stop is its own.
func (r *task) bootOrShutdown() string {
	up, err := r.Uptime()
	switch {
	case err != nil:
		r.logOnce(report.Warning, "cannot tell how long the machine has been up: %v", err)
	case up < r.daemon.BootGrace:
		return fmt.Sprintf("the machine has been up for less than its boot grace of %s", terminal.Limit(r.daemon.BootGrace))
	}
	phase, err := r.phase()
	if err != nil {
		r.logOnce(report.Warning, "cannot tell whether the machine is booting or shutting down: %v", err)
	}
	switch phase {
	case rcd.Booting:
		return r.booting()
	case rcd.ShuttingDown:
		return "the machine is shutting down"
	}
	return ""
}

// startable leaves out the services whose start would do nothing, such as one
// that is disabled, and reports each as what it is. Without any other there is
// nothing to be done.
func (r *task) startable(ctx context.Context) (services []string, ok bool) {
	for _, service := range r.daemon.Services {
		if w := r.spared[service]; w != nil {
			r.report.Steps = append(r.report.Steps, report.Step{
				Verb: words.Start, Service: service, Err: w.Why, Hint: "to have it kept again: " + w.Undo, Skipped: true,
			})
			continue
		}
		obstacle, err := r.Manager.Obstacle(ctx, service)
		var unknown *rcd.NotFoundError
		switch {
		case errors.As(err, &unknown):
			r.report.Steps = nil
			r.cannotTell(err)
			return nil, false
		case err != nil:
			r.Log.Log(report.Warning, "%v", err)
		case obstacle != nil:
			r.logOnce(report.Error, "%v; %s", obstacle, obstacle.Hint())
			r.report.Steps = append(r.report.Steps, report.Step{
				Verb: words.Start, Service: service, Err: obstacle.Error(), Hint: obstacle.Hint(), Skipped: true,
			})
			continue
		}
		services = append(services, service)
	}
	if len(services) == 0 {
		r.report.Reason = fmt.Sprintf("none of its services can be started (%s)", strings.Join(r.daemon.Services, ", "))
		r.news(r.report.Reason)
		return nil, false
	}
	return services, true
}
