package rcd

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"daemon-keeper/internal/osutil"
)

// openrc is a machine of OpenRC, through rc-service(8). An LSB script could also be called
// directly; one of OpenRC's own does nothing then, and exits 0.
type openrc struct{ program }

func (openrc) Name() string { return "OpenRC" }

// openrcScripts are where OpenRC has its services, the system's and those of the site.
var openrcScripts = []string{"/etc/init.d/", "/usr/local/etc/init.d/"}

// script is the path of a service's script; "" if there is none.
func (p openrc) script(service string) string {
	for _, dir := range openrcScripts {
		if isExecutable(p.root + dir + service) {
			return p.root + dir + service
		}
	}
	return ""
}

func (p openrc) Find(_ context.Context, service string) error {
	return findScript(p, service, "rc-service --list")
}

// What rc-service NAME status exits with, openrc-run(8): while OpenRC is at work on it,
// and where it has looked and found that the daemon has ended. For an init script of the
// LSB 4 means that it cannot tell.
const (
	openrcStopping = 4
	openrcStarting = 8
	openrcCrashed  = 32
)

func (openrc) state(r result) State {
	if r.status == openrcCrashed {
		return Stopped
	}
	return lsbState(r)
}

// condition asks OpenRC, which keeps no limit of its own for a whole start or stop.
func (p openrc) condition(ctx context.Context, service string) (Condition, error) {
	r, err := p.query(ctx, p.Argv(Status, service))
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

// Obstacle: the status of a service that is being stopped is 4, which for another program means
// that there is no such service.
func (openrc) Obstacle(context.Context, string) (*Obstacle, error) { return nil, nil }

// zap: Debian's OpenRC calls a service started whose daemon has died, fails to stop it, and
// then has nothing to start; a newer one calls it crashed. A daemon that could not be stopped
// is still there, and the start finds it.
func (p openrc) zap(ctx context.Context, service string, status result) bool {
	if p.state(status) != Running && status.status != openrcCrashed {
		return false
	}
	r, err := p.query(ctx, []string{p.path, service, "zap"})
	return err == nil && r.status == 0
}

// Phase reads what openrc(8) leaves in its state folder: a file while it starts the
// services of a runlevel, and the name of the runlevel that it enters or has entered.
func (p openrc) Phase(context.Context) (Phase, error) {
	const longest = 64
	level, err := osutil.ReadSome(p.root+openrcState+"/softlevel", longest)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Working, err
	}
	if slices.Contains([]string{"shutdown", "reboot"}, strings.TrimSpace(string(level))) {
		return ShuttingDown, nil
	}
	if starting, err := isThere(p.root + openrcState + "/rc.starting"); err != nil || starting {
		return Booting, err
	}
	return Working, nil
}

// Boot: it began with the machine's start.
func (openrc) Boot(context.Context) (Boot, error) {
	return Boot{For: monotonic(), See: "rc-status"}, nil
}
