package keeper

import (
	"context"
	"fmt"
	"strings"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/rcd"
)

// BootLimit is how long a boot may take, and WorkLimit how long work on a service may take
// that has no limit of its own, unless the configuration of a daemon says otherwise.
const (
	BootLimit = 10 * time.Minute
	WorkLimit = time.Hour
)

// booting returns why a daemon is left alone while the machine boots; "" once the boot has
// exceeded its limit. One job that never ends must not keep all daemons down.
func (t *task) booting() string {
	if t.stuck || t.daemon.BootLimit == 0 {
		return ""
	}
	b, over := t.bootIsOver(t.daemon.BootLimit)
	if !over {
		return "the machine is still booting" + seeBoot(b)
	}
	t.stuck = true
	jobs := "no job of it is running"
	if names := jobNames(b.Jobs); names != "" {
		jobs = names + " never ends"
	}
	text := fmt.Sprintf("the machine has been booting for %s: %s%s", inSeconds(b.For), jobs, seeBoot(b))
	t.report.Notices = append(t.report.Notices, text)
	if t.news("the boot does not end: " + jobs) {
		t.logOnce(report.Warning, "%s; daemons are restarted all the same", text)
	}
	t.report.Known = false
	return ""
}

func seeBoot(b rcd.Boot) string {
	if b.See == "" {
		return ""
	}
	return " (see: " + b.See + ")"
}

// bootIsOver reports whether a boot has exceeded its limit. If its age is unknown, it has
// not.
func (p *pass) bootIsOver(limit time.Duration) (rcd.Boot, bool) {
	b, err := p.boot()
	if err != nil {
		p.logOnce(report.Warning, "cannot tell how long the machine has been booting: %v", err)
	}
	return b, b.For > limit
}

// isWorking reports whether the machine is neither booting nor shutting down.
func (p *pass) isWorking(bootLimit time.Duration) bool {
	switch phase, _ := p.phase(); phase {
	case rcd.Booting:
		_, over := p.bootIsOver(bootLimit)
		return over
	case rcd.ShuttingDown:
		return false
	}
	return true
}

// jobNames lists the oldest jobs. Later ones may only be waiting for them.
func jobNames(jobs []rcd.Job) string {
	const most = 3
	var list []string
	for _, j := range jobs[:min(len(jobs), most)] {
		list = append(list, fmt.Sprintf("job %d of %s", j.ID, j.Unit))
	}
	return strings.Join(list, ", ")
}

// askBoot asks the manager about the boot, once per run. A run that only looks has no
// manager.
func (k *Keeper) askBoot(ctx context.Context) func() (rcd.Boot, error) {
	return func() (rcd.Boot, error) {
		if k.Manager == nil {
			return rcd.Boot{}, nil
		}
		return k.Manager.Boot(ctx)
	}
}
