package keeper

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"daemon-keeper/internal/report"
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

// allowed tells whether a daemon that is down may be restarted now.
func (r *run) allowed(ctx context.Context) bool {
	if why := r.bootOrShutdown(ctx); why != "" {
		r.hold(report.Notice, why)
		return false
	}
	if r.MayAct != nil && !r.DryRun {
		r.report.Result = report.CannotTell
		r.report.Reason = r.MayAct.Error()
		r.report.Hint = hint(r.MayAct)
		r.Log.Log(report.Error, "%v; nothing was touched", r.MayAct)
		return false
	}
	return true
}

// bootOrShutdown: what the machine itself is about to start or stop is its own.
func (r *run) bootOrShutdown(ctx context.Context) string {
	up, err := r.Uptime()
	switch {
	case err != nil:
		r.Log.Log(report.Warning, "cannot tell how long the machine has been up: %v", err)
	case up < r.BootGrace:
		return fmt.Sprintf("the machine has been up for %s only, less than --boot-grace %s", report.Seconds(up), report.Limit(r.BootGrace))
	}
	phase, err := r.Manager.Phase(ctx)
	if err != nil {
		r.Log.Log(report.Warning, "cannot tell whether the machine is booting or shutting down: %v", err)
	}
	switch phase {
	case rcd.Booting:
		return "the machine is still booting (see: systemctl list-jobs)"
	case rcd.ShuttingDown:
		return "the machine is shutting down"
	}
	return ""
}

// startable leaves out the services whose start would do nothing, such as one
// that is disabled, and reports each as what it is. Without any other there is
// nothing to be done.
func (r *run) startable(ctx context.Context) (services []string, ok bool) {
	for _, service := range r.daemon.Services {
		obstacle, err := r.Manager.Obstacle(ctx, service)
		var unknown *rcd.NotFoundError
		switch {
		case errors.As(err, &unknown):
			r.report.Result = report.CannotTell
			r.report.Reason, r.report.Hint = err.Error(), hint(err)
			r.report.Steps = nil
			r.Log.Log(report.Fatal, "%v; nothing was touched", err)
			return nil, false
		case err != nil:
			r.Log.Log(report.Warning, "%v", err)
		case obstacle != nil:
			r.Log.Log(report.Error, "%v; %s", obstacle, obstacle.Hint())
			r.report.Steps = append(r.report.Steps, report.Step{
				Verb: string(rcd.Start), Service: service, Err: obstacle.Error(), Hint: obstacle.Hint(), Skipped: true,
			})
			continue
		}
		services = append(services, service)
	}
	if len(services) == 0 {
		r.report.Reason = fmt.Sprintf("none of its services can be started (%s)", strings.Join(r.daemon.Services, ", "))
		return nil, false
	}
	return services, true
}
