package rcd

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const workProps = "Type,Job,NRestarts,RestartUSec,RestartUSecNext,TimeoutStartUSec,TimeoutStopUSec,TimeoutAbortUSec,TimeoutUSec," +
	"JobTimeoutUSec,JobRunningTimeoutUSec,StateChangeTimestampMonotonic,InactiveExitTimestampMonotonic"

// defaultTimeout is DefaultTimeoutStartSec= as systemd ships it, systemd-system.conf(5).
const defaultTimeout = 90 * time.Second

// workMargin is how long systemd may take to act once a limit of its own is over.
const workMargin = 5 * time.Second

func (s systemd) now() time.Duration {
	if s.clock != nil {
		return s.clock()
	}
	return monotonic()
}

// work is what systemd is doing with the unit that has these properties.
func (s systemd) work(ctx context.Context, service string, p map[string]string) (*Work, error) {
	w := workOf(p, s.now())
	if w == nil {
		return nil, nil
	}
	w.Service = service
	if w.Queued {
		return s.queued(ctx, *w, p["Job"])
	}
	if property := commandsOf(p); property != "" && w.Over() {
		_, r, err := s.ask(ctx, property, unitName(service))
		if err != nil {
			return w, err
		}
		w.Limit *= time.Duration(max(1, strings.Count("\n"+r.output, "\n"+property+"=")))
	}
	return w, nil
}

// commandsOf is the property with the commands of the phase that a unit is in; "" if the
// phase has none. The unit's time limit holds for each of these commands.
func commandsOf(p map[string]string) string {
	switch p["SubState"] {
	case "condition":
		return "ExecCondition"
	case "start-pre":
		return "ExecStartPre"
	case "start": // only Type=oneshot may have more than one
		return "ExecStart"
	case "start-post":
		return "ExecStartPost"
	case "reload":
		return "ExecReload"
	case "stop":
		return "ExecStop"
	case "stop-post":
		return "ExecStopPost"
	}
	return ""
}

// queued finds a job in systemd's queue that has not changed the state of its unit. Mostly
// it waits for jobs of other units; systemd does not say since when. There is no work if the
// job has ended meanwhile.
func (s systemd) queued(ctx context.Context, w Work, id string) (*Work, error) {
	list, err := s.queue(ctx)
	for _, j := range list {
		if strconv.Itoa(j.ID) == id {
			w.What, w.Queued = j.verb+" job "+id, !j.running
			if w.Queued {
				w.What += " is queued behind others"
			}
			return &w, nil
		}
	}
	return nil, err
}

// workOf reads from the properties of a unit what systemd is doing with it; nil: nothing.
// now is the time on CLOCK_MONOTONIC. systemd starts its timer again for each phase of a start
// or a stop, and records when the phase began (unit_notify() in its unit.c).
func workOf(p map[string]string, now time.Duration) *Work {
	w := Work{By: "systemd", Margin: workMargin}
	sub, queued := p["SubState"], p["Job"] != "" && p["Job"] != "0"
	start, stop := limitOf(p, "TimeoutStartUSec"), limitOf(p, "TimeoutStopUSec")
	wait, waits := timespan(p["RestartUSecNext"]) // since systemd 254, see RestartSteps=
	if !waits || wait == 0 {
		wait, _ = timespan(p["RestartUSec"])
	}
	switch p["ActiveState"] {
	case "activating":
		w.What, w.Limit = cmp.Or(sub, "start"), start
		w.Again = p["NRestarts"] != "" && p["NRestarts"] != "0"
		switch {
		case sub == "auto-restart" && !queued:
			w.What, w.Limit, w.Waits, w.Again = "auto-restart", wait, true, true
		case strings.HasPrefix(sub, "auto-restart"): // its time has come, and its job waits for others; since systemd 254 auto-restart-queued
			w.What, w.Limit, w.Again = "auto-restart (queued)", limitOf(p, "JobTimeoutUSec"), true
		}
	case "deactivating":
		w.What, w.Limit = cmp.Or(sub, "stop"), stop
		if strings.HasSuffix(sub, "-watchdog") || strings.HasSuffix(sub, "-abort") {
			w.Limit = cmp.Or(limitOf(p, "TimeoutAbortUSec"), stop)
		}
	case "reloading", "refreshing":
		w.What, w.Limit = cmp.Or(sub, "reload"), start
	case "maintenance":
		w.What = cmp.Or(sub, "maintenance")
	default: // active, inactive, failed
		if !queued {
			return nil
		}
		w.What, w.Queued, w.Limit = "job "+p["Job"], true, limitOf(p, "JobTimeoutUSec")
		return &w
	}
	w.Aged, w.For = since(p["StateChangeTimestampMonotonic"], now)
	if extends := p["Type"] == "notify" || p["Type"] == "notify-reload"; extends && w.Over() {
		w.Limit = 0 // it has asked for more time with EXTEND_TIMEOUT_USEC=, sd_notify(3), else systemd would have ended it
	}
	_, w.RoundFor = since(p["InactiveExitTimestampMonotonic"], now)
	w.Round = cmp.Or(stop, defaultTimeout) + wait + cmp.Or(start, defaultTimeout)
	return &w
}

// limitOf is a time limit of a unit; 0 if it has none. Units that are not services have one
// property for all time limits.
func limitOf(p map[string]string, name string) time.Duration {
	text := p[name]
	if _, isService := p["TimeoutStartUSec"]; !isService && strings.HasPrefix(name, "Timeout") {
		text = p["TimeoutUSec"]
	}
	d, _ := timespan(text)
	return d
}

// since is how long ago a time stamp was; known is false if there is none.
func since(stamp string, now time.Duration) (known bool, d time.Duration) {
	at := micros(stamp)
	return at > 0 && now > 0, max(0, now-at)
}

// Boot is how long systemd has been starting units, and which starts are under way. In a
// container the time counts from the container's boot, not from that of its host.
func (s systemd) Boot(ctx context.Context) (Boot, error) {
	b := Boot{See: "systemctl list-jobs"}
	p, r, err := s.ask(ctx, "UserspaceTimestampMonotonic")
	if err != nil {
		return b, err
	}
	known, lasts := since(p["UserspaceTimestampMonotonic"], s.now())
	if !known {
		return b, fmt.Errorf("cannot tell how long systemd has been booting: %s", strings.TrimSpace(r.output))
	}
	b.For = lasts
	list, err := s.queue(ctx)
	for _, j := range list {
		if j.running && j.verb == "start" {
			b.Jobs = append(b.Jobs, j.Job)
		}
	}
	return b, err
}
