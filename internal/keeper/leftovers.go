package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
	"daemon-keeper/restart"
)

// Values of Daemon.Leftovers: what is done about processes that a stop leaves behind.
const (
	ReportLeftovers = "report"
	EndLeftovers    = "end"
)

// killAfter is how long a leftover may take to end after TERM. goneAfter is how long the
// kernel may take to end it after KILL.
const (
	killAfter = 10 * time.Second
	goneAfter = 2 * time.Second
)

// Clear reports the processes that are left of the daemon before its service is started
// again, and ends them if that is configured. It ends none if the stop has run out of time,
// because the manager is still at work, and none when the work of a dead run is finished.
func (t *task) Clear(ctx context.Context, stop restart.Done) {
	if t.old == nil || stop.Service != t.old.service || !t.anyRuns(t.old.family.Kin) {
		return
	}
	t.findLeft(ctx)
	if len(t.old.left) == 0 {
		return
	}
	t.Log.Log(report.Warning, "%s%s", t.inName(), t.old.told)
	if t.daemon.Leftovers != EndLeftovers {
		return
	}
	switch {
	case stop.Verb != words.Stop:
		return
	case errors.Is(stop.Err, context.DeadlineExceeded):
		t.Log.Log(report.Warning, "%snone of them is ended: the stop of service '%s' has run out of time, and may still be at it", t.inName(), stop.Service)
		return
	}
	t.endLeft(ctx)
	if t.anyRuns(t.old.left) {
		t.findLeft(ctx)
		return
	}
	t.old.left, t.old.told = nil, ""
}

// anyRuns reports whether any of these processes may still run.
func (t *task) anyRuns(list []check.Kin) bool {
	return slices.ContainsFunc(list, func(k check.Kin) bool {
		runs, err := t.Runs(k.PID, k.Start)
		return runs || err != nil
	})
}

// findLeft looks for processes that run the daemon's program now.
func (t *task) findLeft(ctx context.Context) {
	o := t.old
	now := t.kin(context.WithoutCancel(ctx))
	for i, k := range now {
		now[i].Counts = slices.ContainsFunc(o.family.Kin, func(b check.Kin) bool { return b.Counts && b.PID == k.PID && b.Start == k.Start })
		now[i].Holds = now[i].Counts && t.holds(k)
	}
	o.left, o.possible = o.family.Left(now)
	o.told = ""
	if len(o.left) > 0 {
		o.told = t.leftText(o.left, "1 of its processes is left", "of its processes are left")
	}
}

// maybeText names processes that may be left of the daemon. A process that merely runs the
// same program is mentioned only if it listens at an address that the daemon could want.
func (t *task) maybeText() string {
	before := slices.DeleteFunc(slices.Clone(t.old.possible), func(k check.Kin) bool { return !t.anyRuns([]check.Kin{k}) })
	counted := slices.DeleteFunc(slices.Clone(before), func(k check.Kin) bool { return !k.Counts })
	if len(counted) > 0 {
		return t.leftText(counted, "1 process of before has outlived the stop", "processes of before have outlived the stop")
	}
	if sockets, _ := t.Kin.Sockets(kinPIDs(before)); len(sockets) > 0 {
		return t.leftText(before, "1 process that runs its program may be left of it", "processes that run its program may be left of it")
	}
	return ""
}

// holds reports whether a process listens at an address that the daemon is expected to listen
// at.
func (t *task) holds(k check.Kin) bool {
	if len(t.daemon.Spec.Listen) == 0 {
		return false
	}
	sockets, err := t.Kin.Sockets([]int{k.PID})
	return err == nil && slices.ContainsFunc(sockets, func(s proctable.Socket) bool {
		return slices.ContainsFunc(t.daemon.Spec.Listen, func(l check.Listen) bool { return l.TakenBy(s) })
	})
}

// leftText returns a sentence such as "3 of its processes are left (pid 81, 82, 83 of
// www-data): they hold tcp 0.0.0.0:80".
func (t *task) leftText(list []check.Kin, one, many string) string {
	text, hold := one, "it holds "
	if len(list) > 1 {
		text, hold = strconv.Itoa(len(list))+" "+many, "they hold "
	}
	text += " (" + t.kinText(list) + ")"
	sockets, _ := t.Kin.Sockets(kinPIDs(list)) // if they are unknown, the text is shorter
	if len(sockets) == 0 {
		return text
	}
	const most = 4
	var where []string
	for i, s := range sockets {
		if i == most {
			where = append(where, strconv.Itoa(len(sockets)-most)+" more")
			break
		}
		where = append(where, s.String())
	}
	return text + ": " + hold + strings.Join(where, ", ")
}

// kinText names processes by their users, a few of each.
func (t *task) kinText(list []check.Kin) string {
	const most = 5
	var users []string
	byUser := make(map[string][]string)
	for _, k := range list {
		name := t.nameOf(k.User)
		if byUser[name] == nil {
			users = append(users, name)
		}
		byUser[name] = append(byUser[name], strconv.Itoa(k.PID))
	}
	var texts []string
	for _, name := range users {
		numbers := byUser[name]
		text := "pid " + strings.Join(numbers[:min(len(numbers), most)], ", ")
		if more := len(numbers) - most; more > 0 {
			text += " and " + strconv.Itoa(more) + " more"
		}
		texts = append(texts, text+" of "+name)
	}
	return strings.Join(texts, "; ")
}

// nameOf returns a user's name. The names are read only when needed: a run that finds all
// well needs none.
func (t *task) nameOf(id uint32) string {
	if t.UserName != nil {
		return t.UserName(id)
	}
	return UserNames()(id)
}

func kinPIDs(list []check.Kin) []int {
	numbers := make([]int, len(list))
	for i, k := range list {
		numbers[i] = k.PID
	}
	return numbers
}

// endLeft ends the leftovers: TERM first, then KILL for those that have not ended. It stops
// when the run is interrupted.
func (t *task) endLeft(ctx context.Context) {
	held := t.seizeLeft()
	defer func() {
		for _, h := range held {
			h.Close()
		}
	}()
	for _, step := range []struct {
		signal syscall.Signal
		name   string
		wait   time.Duration
	}{{syscall.SIGTERM, "TERM", killAfter}, {syscall.SIGKILL, "KILL", goneAfter}} {
		if ctx.Err() != nil {
			return
		}
		for k, h := range held {
			t.signal(k, h, step.signal, step.name)
		}
		t.untilEnded(ctx, held, step.wait)
		if len(held) == 0 {
			return
		}
	}
}

// seizeLeft gets hold of each leftover that is still the same process.
func (t *task) seizeLeft() map[check.Kin]Seized {
	held := make(map[check.Kin]Seized)
	for _, k := range t.old.left {
		switch h, err := t.Kin.Seize(k); {
		case err == nil:
			held[k] = h
		case !errors.Is(err, osutil.ErrEnded):
			t.Log.Log(report.Warning, "%scannot end process %d, which is left: %v", t.inName(), k.PID, err)
		}
	}
	return held
}

func (t *task) signal(k check.Kin, h Seized, s syscall.Signal, name string) {
	switch err := h.Signal(s); {
	case err == nil:
		t.Log.Log(report.Notice, "%ssent %s to process %d of %s, which is left", t.inName(), name, k.PID, t.nameOf(k.User))
	case !errors.Is(err, osutil.ErrEnded):
		t.Log.Log(report.Warning, "%scannot send %s to process %d of %s, which is left: %v", t.inName(), name, k.PID, t.nameOf(k.User), err)
	}
}

// untilEnded waits until all have ended, and releases those that have.
func (t *task) untilEnded(ctx context.Context, held map[check.Kin]Seized, most time.Duration) {
	began := time.Now()
	for {
		for k, h := range held {
			if ended, err := h.Ended(); ended && err == nil {
				h.Close()
				delete(held, k)
				t.old.ended = append(t.old.ended, k)
			}
		}
		if len(held) == 0 || time.Since(began) >= most {
			return
		}
		select {
		case <-time.After(firstPoll):
		case <-ctx.Done():
			return
		}
	}
}

// whatIsLeft adds to the report what has outlived the stop and still runs: it explains why a
// start has failed, and must be visible even if none has.
func (t *task) whatIsLeft() {
	o := t.old
	if o == nil {
		return
	}
	slices.SortFunc(o.ended, func(a, b check.Kin) int { return a.PID - b.PID })
	if n := len(o.ended); n > 0 {
		t.report.Notices = append(t.report.Notices, fmt.Sprintf("of what was left, %s ended (%s)", wasWere(n), t.kinText(o.ended)))
	}
	left := o.told != "" && t.anyRuns(o.left)
	if t.report.Result != report.StillDown {
		if left {
			t.report.Notices = append(t.report.Notices, o.told)
		}
		return
	}
	switch {
	case left:
		t.report.Reason += "; " + o.told
		t.report.Hint = "end what is left (" + killText(o.left) + "), or have it ended: leftovers: end"
		if t.daemon.Leftovers == EndLeftovers {
			t.report.Hint = "look at what is left: " + psText(o.left)
		}
	default:
		if text := t.maybeText(); text != "" {
			t.report.Reason += "; " + text
		}
	}
}

func wasWere(n int) string {
	if n == 1 {
		return "1 process was"
	}
	return strconv.Itoa(n) + " processes were"
}

// killText is a command that a person can type.
func killText(list []check.Kin) string { return "kill" + numbersText(list, " ") }

func psText(list []check.Kin) string {
	return "ps -o pid,stat,args -p" + strings.Replace(numbersText(list, ","), ",", " ", 1)
}

func numbersText(list []check.Kin, before string) string {
	const most = 20
	var b strings.Builder
	for _, k := range list[:min(len(list), most)] {
		b.WriteString(before + strconv.Itoa(k.PID))
	}
	return b.String()
}
