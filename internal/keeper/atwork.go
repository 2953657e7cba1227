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
func (t *task) worked(ctx context.Context) (kind words.Hold, why string) {
	if !t.acts() || t.locked || !t.turns.busy(t.lockNames(t.daemon.Services)) { // else it is this run itself, and is asked again under the lock
		for _, w := range t.works(ctx) {
			if !t.locked && t.isOthers() { // another run, of which its lock tells more
				return "", ""
			}
			if slices.Contains(t.overdues, workKey(w)) {
				continue
			}
			if reason := t.overdueWork(w); reason != "" {
				t.tellOverdue(w, reason)
				continue
			}
			return words.AtWork, workText(w)
		}
	}
	return "", ""
}

// workedMeanwhile is worked once the locks are ours, immediately before the first stop:
// somebody may have begun since.
func (t *task) workedMeanwhile(ctx context.Context) bool {
	kind, why := t.worked(ctx)
	if kind != "" {
		t.holdFor(kind, why)
	}
	return kind != ""
}

// works is all that is being done with the daemon's services. What cannot be found out
// is nothing: a daemon that is down is not left down for it.
func (t *task) works(ctx context.Context) []*rcd.Work {
	o := t.observer()
	if o == nil {
		return nil
	}
	if t.Watching {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, longestAnswer)
		defer cancel()
	}
	var list []*rcd.Work
	for _, service := range t.daemon.Services {
		w, err := o.Work(ctx, service)
		if err != nil {
			t.logOnce(report.Info, "cannot tell whether anybody is at work on service '%s': %v", service, err)
		}
		if w != nil {
			list = append(list, w)
		}
	}
	return append(list, t.commandsAtWork(ctx, o)...)
}

// commandsAtWork are the processes that stop or start one of the services, where the
// manager knows nothing of them.
func (t *task) commandsAtWork(ctx context.Context, o Observer) []*rcd.Work {
	step := o.Commands(t.daemon.Services)
	if step == nil || t.Commands == nil || len(t.daemon.Services) == 0 {
		return nil
	}
	found, err := t.Commands(ctx, func(args []string) bool {
		_, _, ok := step(args)
		return ok
	})
	if err != nil {
		t.logOnce(report.Info, "cannot tell whether somebody stops or starts services: %v", err)
	}
	slices.SortFunc(found, func(a, b proctable.Command) int { return cmp.Compare(b.Age, a.Age) })
	var list []*rcd.Work
	for _, c := range found {
		if service, verb, ok := step(c.Args); ok {
			list = append(list, &rcd.Work{
				Service: service, By: fmt.Sprintf("process %d", c.PID), What: verb,
				Aged: true, For: c.Age, Limit: t.limitOf(words.Verb(verb)),
			})
		}
	}
	return list
}

// limitOf is how long a command may take: as long as one of ours. A restart is both.
func (t *task) limitOf(v words.Verb) time.Duration {
	switch v {
	case words.Stop:
		return t.daemon.StopTimeout
	case words.Start:
		return t.daemon.StartTimeout
	}
	return t.daemon.StopTimeout + t.daemon.StartTimeout
}

// overdueWork is why work is no longer a reason to leave the daemon alone; "" if it is one.
func (t *task) overdueWork(w *rcd.Work) string {
	held := time.Duration(0)
	if t.past.Held == words.AtWork {
		held = t.memory.now().Since(t.past.HeldSince)
	}
	for _, over := range []func(*rcd.Work, time.Duration) string{t.behindBoot, t.overLimit, t.overOwnLimit, t.goesRound} {
		if why := over(w, held); why != "" {
			return why
		}
	}
	return ""
}

// behindBoot: what waits for a job that never ends will wait for ever.
func (t *task) behindBoot(w *rcd.Work, _ time.Duration) string {
	if w.Queued && t.stuck {
		return "while the boot does not end"
	}
	return ""
}

func (t *task) overLimit(w *rcd.Work, _ time.Duration) string {
	if w.Over() {
		return "for longer than its own limit of " + terminal.Limit(w.Limit.Round(time.Second))
	}
	return ""
}

// overOwnLimit is for work without a limit of its own, and for work of which nobody can
// tell how long it has been under way but we, who have seen it.
func (t *task) overOwnLimit(w *rcd.Work, held time.Duration) string {
	age := w.For
	if !w.Aged {
		age = held
	}
	limit := w.Limit
	if limit == 0 {
		limit = t.daemon.WorkLimit
	}
	if (w.Limit == 0 || !w.Aged) && age >= limit {
		return "for longer than the limit of " + terminal.Limit(limit)
	}
	return ""
}

// goesRound: a daemon that dies again and again is restarted by its manager for ever, if
// the manager's own start limit is never reached. One round is the manager's; one that
// begins after a start of our own is not.
func (t *task) goesRound(w *rcd.Work, held time.Duration) string {
	i := t.past.Incident
	if w.Waits && i != nil && i.Tries > 0 || w.Again && held > w.Round && w.RoundFor < held {
		return "again and again, and the daemon has died once more"
	}
	return ""
}

// tellOverdue says so once.
func (t *task) tellOverdue(w *rcd.Work, reason string) {
	text := fmt.Sprintf("%s has been at work on service %s (%s) %s", w.By, w.Service, workWords(w, false), reason)
	t.report.Notices = append(t.report.Notices, text)
	key := workKey(w)
	t.overdues = append(t.overdues, key)
	if t.past.Held == "" && t.past.HeldWhy == key && t.store() != nil {
		return
	}
	if t.past.Held == words.AtWork {
		t.release(t.memory.now())
	}
	if t.past.Held == "" {
		t.past.HeldWhy, t.transition = key, true
	}
	t.Log.Log(report.Warning, "%s: '%s' is no longer left to it", text, t.report.Name)
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
