package keeper

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// longestAnswer is as long as somebody who only looks waits for the manager.
const longestAnswer = 3 * time.Second

// worked leaves a daemon alone while its service manager, or somebody's command, is at
// work on one of its services, for as long as the limits of that work allow.
func (r *task) worked(ctx context.Context) (kind words.Hold, why string) {
	if !r.acts() || r.locked || !r.turns.busy(r.lockNames(r.daemon.Services)) { // else it is this run itself, and is asked again under the lock
		for _, w := range r.works(ctx) {
			if !r.locked && r.isOthers() { // another run, of which its lock tells more
				return "", ""
			}
			if slices.Contains(r.overdues, workKey(w)) {
				continue
			}
			if reason := r.overdueWork(w); reason != "" {
				r.tellOverdue(w, reason)
				continue
			}
			return words.AtWork, workText(w)
		}
	}
	return "", ""
}

// workedMeanwhile is worked once the locks are ours, immediately before the first stop:
// somebody may have begun since.
func (r *task) workedMeanwhile(ctx context.Context) bool {
	kind, why := r.worked(ctx)
	if kind != "" {
		r.holdFor(kind, why)
	}
	return kind != ""
}

// works is all that is being done with the daemon's services. What cannot be found out
// is nothing: a daemon that is down is not left down for it.
func (r *task) works(ctx context.Context) []*rcd.Work {
	o := r.observer()
	if o == nil {
		return nil
	}
	if r.Watching {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, longestAnswer)
		defer cancel()
	}
	var list []*rcd.Work
	for _, service := range r.daemon.Services {
		w, err := o.Work(ctx, service)
		if err != nil {
			r.logOnce(report.Info, "cannot tell whether anybody is at work on service '%s': %v", service, err)
		}
		if w != nil {
			list = append(list, w)
		}
	}
	return append(list, r.commandsAtWork(ctx, o)...)
}

// commandsAtWork are the processes that stop or start one of the services, where the
// manager knows nothing of them.
func (r *task) commandsAtWork(ctx context.Context, o Observer) []*rcd.Work {
	step := o.Commands(r.daemon.Services)
	if step == nil || r.Commands == nil || len(r.daemon.Services) == 0 {
		return nil
	}
	found, err := r.Commands(ctx, func(args []string) bool {
		_, _, ok := step(args)
		return ok
	})
	if err != nil {
		r.logOnce(report.Info, "cannot tell whether somebody stops or starts services: %v", err)
	}
	slices.SortFunc(found, func(a, b proctable.Command) int { return cmp.Compare(b.Age, a.Age) })
	var list []*rcd.Work
	for _, c := range found {
		if service, verb, ok := step(c.Args); ok {
			list = append(list, &rcd.Work{
				Service: service, By: fmt.Sprintf("process %d", c.PID), What: verb,
				Aged: true, For: c.Age, Limit: r.limitOf(words.Verb(verb)),
			})
		}
	}
	return list
}

// limitOf is how long a command may take: as long as one of ours. A restart is both.
func (r *task) limitOf(v words.Verb) time.Duration {
	switch v {
	case words.Stop:
		return r.daemon.StopTimeout
	case words.Start:
		return r.daemon.StartTimeout
	}
	return r.daemon.StopTimeout + r.daemon.StartTimeout
}

// overdueWork is why work is no longer a reason to leave the daemon alone; "" if it is one.
func (r *task) overdueWork(w *rcd.Work) string {
	held := time.Duration(0)
	if r.past.Held == words.AtWork {
		held = r.memory.now().Since(r.past.HeldSince)
	}
	for _, over := range []func(*rcd.Work, time.Duration) string{r.behindBoot, r.overLimit, r.overOwnLimit, r.goesRound} {
		if why := over(w, held); why != "" {
			return why
		}
	}
	return ""
}

// behindBoot: what waits for a job that never ends will wait for ever.
func (r *task) behindBoot(w *rcd.Work, _ time.Duration) string {
	if w.Queued && r.stuck {
		return "while the boot does not end"
	}
	return ""
}

func (r *task) overLimit(w *rcd.Work, _ time.Duration) string {
	if w.Over() {
		return "for longer than its own limit of " + terminal.Limit(w.Limit.Round(time.Second))
	}
	return ""
}

// overOwnLimit is for work without a limit of its own, and for work of which nobody can
// tell how long it has been under way but we, who have seen it.
func (r *task) overOwnLimit(w *rcd.Work, held time.Duration) string {
	age := w.For
	if !w.Aged {
		age = held
	}
	limit := w.Limit
	if limit == 0 {
		limit = r.daemon.WorkLimit
	}
	if (w.Limit == 0 || !w.Aged) && age >= limit {
		return "for longer than the limit of " + terminal.Limit(limit)
	}
	return ""
}

// goesRound: a daemon that dies again and again is restarted by its manager for ever, if
// the manager's own start limit is never reached. One round is the manager's; one that
// begins after a start of our own is not.
func (r *task) goesRound(w *rcd.Work, held time.Duration) string {
	i := r.past.Incident
	if w.Waits && i != nil && i.Tries > 0 || w.Again && held > w.Round && w.RoundFor < held {
		return "again and again, and the daemon has died once more"
	}
	return ""
}

// tellOverdue says so once.
func (r *task) tellOverdue(w *rcd.Work, reason string) {
	text := fmt.Sprintf("%s has been at work on service %s (%s) %s", w.By, w.Service, workWords(w, false), reason)
	r.report.Notices = append(r.report.Notices, text)
	key := workKey(w)
	r.overdues = append(r.overdues, key)
	if r.past.Held == "" && r.past.HeldWhy == key && r.store() != nil {
		return
	}
	if r.past.Held == words.AtWork {
		r.release(r.memory.now())
	}
	if r.past.Held == "" {
		r.past.HeldWhy, r.transition = key, true
	}
	r.Log.Log(report.Warning, "%s: '%s' is no longer left to it", text, r.report.Name)
}

// workKey is the same for as long as the work is.
func workKey(w *rcd.Work) string {
	return fmt.Sprintf("overdue: service %s, %s of %s", w.Service, w.What, w.By)
}

func workText(w *rcd.Work) string {
	return fmt.Sprintf("%s is at work on service %s (%s)", w.By, w.Service, workWords(w, true))
}

// workWords is what is done, and how long it still may take, or has taken.
func workWords(w *rcd.Work, within bool) string {
	switch {
	case w.Waits && within && w.Aged && w.Left() > 0:
		return fmt.Sprintf("%s in %s", w.What, inSeconds(w.Left()))
	case !w.Aged || w.Waits:
		return w.What
	case within && w.Limit > 0:
		return fmt.Sprintf("%s for %s, at most %s", w.What, inSeconds(w.For), terminal.Limit(w.Limit.Round(time.Second)))
	}
	return fmt.Sprintf("%s for %s", w.What, inSeconds(w.For))
}

// inSeconds is a time without fractions, rounded up: 21 s, 2m5s.
func inSeconds(d time.Duration) string {
	d = (d + time.Second - 1).Truncate(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return terminal.Limit(d)
}
