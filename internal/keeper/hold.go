package keeper

import (
	"context"
	"fmt"
	"slices"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// longestUpgrade is how long a package manager may be at work.
const longestUpgrade = 30 * time.Minute

func (r *task) respects(kind words.Hold) bool {
	return !r.IgnoreIntent && slices.Contains(r.daemon.Respect, kind)
}

// leftAlone leaves a daemon alone that somebody wants to be left alone.
func (r *task) leftAlone(ctx context.Context) bool {
	for _, ask := range []func(context.Context) (kind words.Hold, why string){r.paused, r.upgraded, r.wished} {
		if kind, why := ask(ctx); kind != "" {
			r.holdFor(kind, why)
			return true
		}
	}
	if r.isFlapping(ctx) {
		if r.flaps {
			r.release(r.memory.now())
		}
		return true
	}
	if kind, why := r.worked(ctx); kind != "" {
		r.holdFor(kind, why)
		return true
	}
	r.release(r.memory.now())
	return false
}

// holdFor is hold for a reason that may last; people are told once.
func (r *task) holdFor(kind words.Hold, why string) {
	r.report.Hold = kind
	known := r.past.Held == kind
	if !known {
		now := r.memory.now()
		r.release(now)
		r.past.Held, r.past.HeldSince, r.transition = kind, now, true
	}
	r.past.HeldWhy = why
	if known && r.store() != nil {
		r.report.Result, r.report.Reason, r.report.Known = report.Held, why, !r.DryRun
		return
	}
	r.hold(report.Notice, why)
}

func (r *task) paused(context.Context) (kind words.Hold, why string) {
	if why := r.pauseText(); why != "" {
		return words.Paused, why
	}
	return "", ""
}

// pauseText is who has paused the daemon, if somebody has and that is to be respected.
func (r *task) pauseText() string {
	if !r.respects(words.Paused) {
		return ""
	}
	for _, p := range r.memory.pauses {
		if p.Name == past.AllPaused || p.Name == r.daemon.Name {
			return PauseText(p)
		}
	}
	return ""
}

// notePause marks a daemon that is up and paused: nothing will restart it when it dies.
func (r *task) notePause() {
	if r.report.Result != report.Up || len(r.daemon.Services) == 0 {
		return
	}
	r.report.Paused = r.pauseText()
}

// pausedMeanwhile is leftAlone for a pause that was given while the daemon waited for
// its turn.
func (r *task) pausedMeanwhile() bool {
	if r.store() == nil || r.DryRun {
		return false
	}
	pauses, err := r.store().Pauses(r.memory.now())
	if err != nil {
		return false // it was said at the beginning
	}
	for _, p := range pauses {
		if r.respects(words.Paused) && (p.Name == past.AllPaused || p.Name == r.daemon.Name) {
			r.holdFor(words.Paused, PauseText(p))
			return true
		}
	}
	return false
}

// PauseText says who has paused a daemon, when, until when and why.
func PauseText(p past.Pause) string {
	text := "it is paused"
	if p.By != "" {
		text += " by " + p.By
	}
	text += " since " + p.From.Time.Local().Format(time.DateTime)
	if p.For > 0 {
		text += ", until " + p.From.Time.Add(p.For).Local().Format(time.DateTime)
	}
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	return text
}

// upgraded: a package manager at work may be about to start what it has stopped.
func (r *task) upgraded(context.Context) (kind words.Hold, why string) {
	if !r.respects(words.Packages) {
		return "", ""
	}
	work, err := r.packages()
	switch {
	case err != nil:
		r.logOnce(report.Info, "cannot tell whether a package manager is at work: %v", err)
		return "", ""
	case work == nil:
		return "", ""
	}
	why = fmt.Sprintf("%v, and may start it itself", work)
	switch now := r.memory.now(); {
	case r.past.Held == "" && r.past.HeldWhy == why: // its time is over, as people know
		return "", ""
	case r.past.Held == words.Packages && now.Since(r.past.HeldSince) > longestUpgrade:
		r.Log.Log(report.Warning, "%s has been at work for more than %s: '%s' is restarted all the same", work.Manager, terminal.Limit(longestUpgrade), r.report.Name)
		r.release(now)
		r.past.HeldWhy = why
		return "", ""
	}
	return words.Packages, why
}
