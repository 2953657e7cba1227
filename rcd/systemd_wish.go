package rcd

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const wishProps = "Id,LoadState,ActiveState,FreezerState,UnitFileState,TriggeredBy,BindsTo,StopWhenUnneeded,ActiveEnterTimestampMonotonic"

// unit asks for what systemd says of a unit, as far as wishes go.
func (s systemd) unit(ctx context.Context, unit string) (props map[string]string, err error) {
	return s.show(ctx, "whether "+unit+" was stopped on purpose", "Id", wishProps, unit)
}

// micros reads systemd's microseconds; 0 for any other text.
func micros(text string) time.Duration {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > int64(1<<63-1)/int64(time.Microsecond) {
		return 0
	}
	return time.Duration(n) * time.Microsecond
}

// Wish: a mask bars the unit whatever has happened to it. Else the last job of this
// boot counts, and a unit that had none and is disabled was never meant to run.
func (s systemd) Wish(ctx context.Context, service string, past Past) (*Wish, error) {
	u, err := s.unit(ctx, unitName(service))
	switch {
	case err != nil:
		return nil, err
	case u["LoadState"] == "masked":
		return &Wish{Service: service, Kind: WishMasked, Why: "it is masked", Undo: "systemctl unmask " + u["Id"], Bars: true}, nil
	case strings.HasSuffix(u["FreezerState"], "-by-parent"): // since systemd 256
		return &Wish{Service: service, Kind: WishFrozen, Why: "a slice that it is in is frozen", Undo: "systemctl thaw, with that slice"}, nil
	case u["FreezerState"] == "frozen", u["FreezerState"] == "freezing":
		return &Wish{Service: service, Kind: WishFrozen, Why: "it is frozen", Undo: "systemctl thaw " + u["Id"]}, nil
	case u["LoadState"] != "loaded", u["ActiveState"] != "inactive" && u["ActiveState"] != "failed" && u["ActiveState"] != "deactivating":
		return nil, nil // it is up, or in its manager's hands
	}
	list, err := s.jobs(ctx, u["Id"])
	if err != nil {
		return nil, err
	}
	if stop, ok := lastStop(list); ok {
		return s.stopped(ctx, service, u, stop, past)
	}
	onDemand := sockets(u["TriggeredBy"])
	isIdle := len(list) == 0 && u["UnitFileState"] == "disabled" && micros(u["ActiveEnterTimestampMonotonic"]) == 0 && !past.WasUp
	switch {
	case isIdle && onDemand != "":
		return &Wish{Service: service, Kind: WishDisabled, Why: "it is not enabled: " + onDemand + " starts it on demand, and has not since the boot", Undo: "systemctl enable --now " + u["Id"]}, nil
	case isIdle:
		return &Wish{Service: service, Kind: WishDisabled, Why: "it is disabled, and nothing has started it since the boot", Undo: "systemctl enable --now " + u["Id"]}, nil
	}
	return nil, nil
}

// stopped makes a wish of a stop job, unless it finds a reason to doubt that somebody wanted it.
// A stop that came with a dependency's stop, a conflicting unit's start or an isolate counts as
// wanted: to start the unit again would undo what was asked for.
func (s systemd) stopped(ctx context.Context, service string, u map[string]string, stop stopJob, past Past) (*Wish, error) {
	if micros(u["ActiveEnterTimestampMonotonic"]) > stop.up || stop.isOurs(past) {
		return nil, nil
	}
	why := fmt.Sprintf("it was stopped at %s (by job %s of systemd)", stop.end.Local().Format(time.DateTime), stop.id)
	if !stop.done {
		why = fmt.Sprintf("it has been stopping since %s (job %s of systemd)", stop.begin.Local().Format(time.DateTime), stop.id)
	}
	for _, doubt := range []func() (bool, error){
		func() (bool, error) { return s.isOtherJob(ctx, u, stop) },
		func() (bool, error) { return s.isOfEarlierLife(ctx, stop) },
		func() (bool, error) { return s.byItself(ctx, u, 1) },
	} {
		if no, err := doubt(); no || err != nil {
			return nil, err
		}
	}
	return &Wish{Service: service, Kind: WishStopped, Why: why, At: stop.end, Undo: "systemctl start " + u["Id"]}, nil
}

// isOtherJob reports whether a stop that has not ended is one: the journal calls the
// first half of a restart a stop, too.
func (s systemd) isOtherJob(ctx context.Context, u map[string]string, stop stopJob) (bool, error) {
	if stop.done {
		return false, nil
	}
	list, err := s.queue(ctx, u["Id"])
	isIt := slices.ContainsFunc(list, func(j queuedJob) bool { return strconv.Itoa(j.ID) == stop.id && j.verb == "stop" })
	return !isIt, err
}

// isOfEarlierLife reports whether a stop may be older than this boot. A container may have the
// boot id of its host: then the journal of its boot also has its last shutdown, which stopped
// every unit.
func (s systemd) isOfEarlierLife(ctx context.Context, stop stopJob) (bool, error) {
	p, _, err := s.ask(ctx, "UserspaceTimestampMonotonic")
	began := micros(p["UserspaceTimestampMonotonic"])
	return began == 0 || began > stop.up, err
}

// maxBound and maxDepth bound what byItself asks.
const (
	maxBound = 4
	maxDepth = 3
)

// byItself reports whether systemd may have stopped the unit of its own accord: because
// one that it is bound to (BindsTo=) has died, or because nobody needs it any more. If
// somebody stopped that other unit, this one was wanted down, too.
func (s systemd) byItself(ctx context.Context, u map[string]string, depth int) (bool, error) {
	bound := strings.Fields(u["BindsTo"])
	if u["StopWhenUnneeded"] == "yes" || len(bound) > maxBound || depth > maxDepth {
		return true, nil
	}
	for _, unit := range bound {
		b, err := s.unit(ctx, unit)
		if err != nil {
			return true, err
		}
		if b["ActiveState"] == "active" || b["ActiveState"] == "reloading" {
			continue
		}
		list, err := s.jobs(ctx, b["Id"])
		if _, ok := lastStop(list); err != nil || !ok {
			return true, err
		}
		if alone, err := s.byItself(ctx, b, depth+1); alone || err != nil {
			return true, err
		}
	}
	return false, nil
}

// jobs asks the journal of this boot for a unit's jobs, the newest first. Only PID 1
// can have written them: journald itself sets fields that begin with an underscore. While
// journald is down, the newest entries may be missing.
func (s systemd) jobs(ctx context.Context, unit string) ([]job, error) {
	p, _, err := s.ask(ctx, "ActiveState", "systemd-journald.service")
	if err != nil {
		return nil, err
	}
	if p["ActiveState"] != "active" {
		return nil, fmt.Errorf("cannot tell whether %s was stopped on purpose: systemd-journald is not running", unit)
	}
	argv := []string{
		filepath.Join(filepath.Dir(s.systemctl), "journalctl"), "-b", "-r", "-q", "-o", "json", "--no-pager", "-n", "20",
		"--output-fields=JOB_TYPE,JOB_RESULT,JOB_ID,MESSAGE_ID", "_PID=1", "UNIT=" + unit,
		"JOB_TYPE=start", "JOB_TYPE=stop", "JOB_TYPE=restart", "JOB_TYPE=try-restart",
	}
	r, err := s.query(ctx, argv)
	if err != nil {
		return nil, err
	}
	list := parseJobs(r.output)
	if r.status != 0 || len(list) == 0 && strings.TrimSpace(r.output) != "" {
		return nil, fmt.Errorf("cannot tell whether %s was stopped on purpose: %s", unit, r.failure(argv[:1]))
	}
	return list, nil
}
