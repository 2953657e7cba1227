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

// longestAnswer is how long a command that only looks waits for the manager's answer.
const longestAnswer = 3 * time.Second

// worked returns why a daemon is left alone: its service manager, or somebody's command, is
// at work on one of its services, and has not exceeded the time limits of that work.
func (t *task) worked(ctx context.Context) (kind words.Hold, why string) {
	if !t.acts() || t.locked || !t.turns.busy(t.lockNames(t.daemon.Services)) { // otherwise this run itself is at work; the question is asked again under the lock
		for _, w := range t.works(ctx) {
			if !t.locked && t.isOthers() { // another run; its lock tells more about it
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

// workedMeanwhile calls worked again once we hold the locks, immediately before the first
// stop: somebody may have begun in the meantime.
func (t *task) workedMeanwhile(ctx context.Context) bool {
	kind, why := t.worked(ctx)
	if kind != "" {
		t.holdFor(kind, why)
	}
	return kind != ""
}

// works lists everything that is being done with the daemon's services. If this cannot be
// found out, the list is empty: a daemon that is down must not stay down because of that.
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
	if w := t.start(); w != nil {
		list = append(list, w)
	}
	return append(list, t.commandsAtWork(ctx, o)...)
}

// commandsAtWork lists the processes that stop or start one of the services, for managers
// that do not know about them.
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

// limitOf returns how long a command may take: as long as one of ours. A restart is a stop
// and a start.
func (t *task) limitOf(v words.Verb) time.Duration {
	switch v {
	case words.Stop:
		return t.daemon.StopTimeout
	case words.Start:
		return t.daemon.StartTimeout
	}
	return t.daemon.StopTimeout + t.daemon.StartTimeout
}

// overdueWork returns why work is no longer a reason to leave the daemon alone; "" if it
// still is.
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

// behindBoot covers work that is queued behind a boot that does not end: it would wait
// forever.
func (t *task) behindBoot(w *rcd.Work, _ time.Duration) string {
	if w.Queued && t.stuck {
		return "while the boot does not end"
	}
	return ""
}

func (t *task) overLimit(w *rcd.Work, _ time.Duration) string {
	if w.Over() {
		return "for longer than its own limit of " + limitText(w.Limit)
	}
	return ""
}

// overOwnLimit covers work that has no limit of its own, and work whose age only we know,
// because we have seen it begin.
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

// goesRound covers a daemon that dies again and again. Its manager restarts it forever if the
// manager's own start limit is never reached. The first round is left to the manager; one
// that begins after a start of ours is not.
func (t *task) goesRound(w *rcd.Work, held time.Duration) string {
	i := t.past.Incident
	if w.Waits && i != nil && i.Tries > 0 || w.Again && held > w.Round && w.RoundFor < held {
		return "again and again, and the daemon has died once more"
	}
	return ""
}

// tellOverdue logs it once.
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

// workKey identifies a piece of work. It stays the same as long as the work lasts.
func workKey(w *rcd.Work) string {
	return fmt.Sprintf("overdue: service %s, %s of %s", w.Service, w.What, w.By)
}

func workText(w *rcd.Work) string {
	return fmt.Sprintf("%s is at work on service %s (%s)", w.By, w.Service, workWords(w, true))
}

// workWords says what is done, and how long it may still take or has taken.
func workWords(w *rcd.Work, within bool) string {
	switch {
	case w.Waits && within && w.Aged && w.Left() > 0:
		return fmt.Sprintf("%s in %s", w.What, inSeconds(w.Left()))
	case !w.Aged || w.Waits:
		return w.What
	case within && w.Limit > 0:
		return fmt.Sprintf("%s for %s, at most %s", w.What, inSeconds(w.For), limitText(w.Limit))
	}
	return fmt.Sprintf("%s for %s", w.What, inSeconds(w.For))
}

// limitText formats a limit of a manager in whole seconds, if it is that long: RestartSec= is
// 100ms unless a unit sets it.
func limitText(d time.Duration) string {
	if d > time.Second {
		d = d.Round(time.Second)
	}
	return terminal.Limit(d)
}

// inSeconds formats a duration in whole seconds, rounded up: 21 s, 2m5s.
func inSeconds(d time.Duration) string {
	d = (d + time.Second - 1).Truncate(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return terminal.Limit(d)
}
