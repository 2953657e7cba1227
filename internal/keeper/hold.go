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

// longestUpgrade is how long a package manager may be at work before it is no longer waited
// for.
const longestUpgrade = 30 * time.Minute

func (t *task) respects(kind words.Hold) bool {
	return !t.IgnoreIntent && slices.Contains(t.daemon.Respect, kind)
}

// leftAlone reports whether somebody wants the daemon to be left alone, and holds it then.
func (t *task) leftAlone(ctx context.Context) bool {
	for _, ask := range []func(context.Context) (kind words.Hold, why string){t.paused, t.upgraded, t.wished} {
		if kind, why := ask(ctx); kind != "" {
			t.holdFor(kind, why)
			return true
		}
	}
	if t.isFlapping(ctx) {
		if t.flaps {
			t.release(t.memory.now())
		}
		return true
	}
	if kind, why := t.worked(ctx); kind != "" {
		t.holdFor(kind, why)
		return true
	}
	t.release(t.memory.now())
	return false
}

// holdFor is hold for a reason that may last. People are told once.
func (t *task) holdFor(kind words.Hold, why string) {
	t.report.Hold = kind
	known := t.past.Held == kind
	if !known {
		now := t.memory.now()
		t.release(now)
		t.past.Held, t.past.HeldSince, t.transition = kind, now, true
	}
	t.past.HeldWhy = why
	if known && t.store() != nil {
		t.report.Result, t.report.Reason, t.report.Known = report.Held, why, !t.DryRun
		return
	}
	t.hold(report.Notice, why)
}

func (t *task) paused(context.Context) (kind words.Hold, why string) {
	if why := t.pauseText(); why != "" {
		return words.Paused, why
	}
	return "", ""
}

// pauseText says who has paused the daemon; "" if nobody has, or if pauses are not respected.
func (t *task) pauseText() string {
	if !t.respects(words.Paused) {
		return ""
	}
	for _, p := range t.memory.pauses {
		if p.Name == past.AllPaused || p.Name == t.daemon.Name {
			return PauseText(p)
		}
	}
	return ""
}

// notePause marks a daemon that is up and paused: nothing will restart it if it dies.
func (t *task) notePause() {
	if t.report.Result != report.Up || len(t.daemon.Services) == 0 {
		return
	}
	t.report.Paused = t.pauseText()
}

// pausedMeanwhile is leftAlone for a pause that was set while the daemon waited for its turn.
func (t *task) pausedMeanwhile() bool {
	if t.store() == nil || t.DryRun {
		return false
	}
	pauses, err := t.store().Pauses(t.memory.now())
	if err != nil {
		return false // it was reported at the beginning of the run
	}
	for _, p := range pauses {
		if t.respects(words.Paused) && (p.Name == past.AllPaused || p.Name == t.daemon.Name) {
			t.holdFor(words.Paused, PauseText(p))
			return true
		}
	}
	return false
}

// PauseText says who has paused a daemon, since when, until when and why.
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

// upgraded leaves the daemon alone while a package manager is at work, which may be about to
// start what it has stopped.
func (t *task) upgraded(context.Context) (kind words.Hold, why string) {
	if !t.respects(words.Packages) {
		return "", ""
	}
	work, err := t.packages()
	switch {
	case err != nil:
		t.logOnce(report.Info, "cannot tell whether a package manager is at work: %v", err)
		return "", ""
	case work == nil:
		return "", ""
	}
	why = fmt.Sprintf("%v, and may start it itself", work)
	switch now := t.memory.now(); {
	case t.past.Held == "" && t.past.HeldWhy == why: // its time is over, and people have been told
		return "", ""
	case t.past.Held == words.Packages && now.Since(t.past.HeldSince) > longestUpgrade:
		t.Log.Log(report.Warning, "%s has been at work for more than %s: '%s' is restarted all the same", work.Manager, terminal.Limit(longestUpgrade), t.report.Name)
		t.release(now)
		t.past.HeldWhy = why
		return "", ""
	}
	return words.Packages, why
}
