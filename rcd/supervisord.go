package rcd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// supervisord is a machine on which supervisord(1) is at work, through supervisorctl. Its
// programs are services; those of a group are named GROUP:PROGRAM. It starts most of them again
// by itself, but gives up after some tries that end at once.
type supervisord struct {
	basic
	root string
	tool string // supervisorctl, with its path
	conf string // the configuration that it and supervisord read
}

// supervisordConfs are where supervisorctl looks for it, and FreeBSD's package has it.
var supervisordConfs = []string{"/etc/supervisord.conf", "/etc/supervisor/supervisord.conf", "/usr/local/etc/supervisord.conf"}

// supervisord finds it by its configuration.
func (h Host) supervisord(run basic) (d supervisord, found bool) {
	tool, hasTool := lookPath(h.Root, "supervisorctl")
	if !hasTool {
		return d, false
	}
	for _, conf := range supervisordConfs {
		if info, err := os.Stat(h.Root + conf); err == nil && info.Mode().IsRegular() {
			return supervisord{run, h.Root, tool, conf}, true
		}
	}
	return d, false
}

func (supervisord) Name() string { return prefixName("supervisor") }

func (d supervisord) Argv(verb Verb, service string) []string {
	return []string{d.tool, "-c", d.conf, string(verb), service}
}

// Find reads the configuration, and asks supervisord only about names that cannot be told from it:
// supervisord can put variables into them.
func (d supervisord) Find(ctx context.Context, service string) error {
	c, err := readSupervisord(d.root, d.conf)
	group, _, _ := strings.Cut(service, ":")
	switch {
	case err == nil && c.names[service]:
		return nil
	case err != nil || c.partial || c.unsure[group]:
		_, err := d.ask(ctx, service)
		return err
	}
	return d.notFound(service)
}

func (d supervisord) notFound(service string) error {
	return &NotFoundError{
		Service: service, Manager: d.Name(), Where: " (no program of " + d.conf + " and what it includes)",
		List: d.tool + " -c " + d.conf + " status",
	}
}

// ask asks supervisord about a program. The error is a NotFoundError if supervisord does not know
// the program, and another one if it does not answer.
func (d supervisord) ask(ctx context.Context, service string) (supervisedProgram, error) {
	argv := d.Argv(Status, service)
	r, err := d.query(ctx, argv)
	if err != nil {
		return supervisedProgram{}, err
	}
	p, ok := parseSupervisorctl(r.output, service)
	switch {
	case ok:
		return p, nil
	case strings.HasPrefix(strings.TrimSpace(r.output), service+": ERROR (no such process)"):
		return p, d.notFound(service)
	}
	return p, fmt.Errorf("cannot ask supervisord about %s: %s", service, r.failure(argv))
}

// supervisedProgram is a line of supervisorctl status.
type supervisedProgram struct {
	name string
	word string // STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL, UNKNOWN
	text string // what stands behind it
}

// parseSupervisorctl finds the line of a program:
//
//	web:a                            RUNNING   pid 22737, uptime 0:00:03
//	good                             STOPPED   Nov 29 10:14 AM
//	missing                          FATAL     can't find command '/nonexistent/x'
func parseSupervisorctl(output, name string) (supervisedProgram, bool) {
	for line := range strings.Lines(output) {
		if p, ok := parseProgramLine(line); ok && p.name == name {
			return p, true
		}
	}
	return supervisedProgram{}, false
}

func parseProgramLine(line string) (p supervisedProgram, ok bool) {
	f := strings.Fields(line)
	if len(f) < 2 {
		return p, false
	}
	p = supervisedProgram{f[0], f[1], strings.Join(f[2:], " ")}
	return p, p.state() != Unknown || p.word == "UNKNOWN"
}

func (p supervisedProgram) state() State {
	switch p.word {
	case "RUNNING", "STARTING", "STOPPING":
		return Running
	case "STOPPED", "BACKOFF", "EXITED", "FATAL":
		return Stopped
	}
	return Unknown
}

// pid is that of a program that is RUNNING; 0 if it is not.
func (p supervisedProgram) pid() int {
	f := strings.Fields(p.text)
	if p.word != "RUNNING" || len(f) < 2 || f[0] != "pid" {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSuffix(f[1], ","))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// stoppedAt is when a program was stopped, to the minute and by the clock of the day:
// "Nov 29 10:14 AM". The year is the last one in which that time is not in the future.
func (p supervisedProgram) stoppedAt(now time.Time) (at time.Time, ok bool) {
	const leapYears = 8 // between two of them at most
	for year := now.Year(); year >= now.Year()-leapYears; year-- {
		at, err := time.ParseInLocation("Jan 2 3:04 PM 2006", p.text+" "+strconv.Itoa(year), now.Location())
		if err == nil && !at.After(now.Add(time.Hour)) {
			return at, true
		}
	}
	return time.Time{}, false
}

func (d supervisord) state(r result) State {
	first, _, _ := strings.Cut(strings.TrimSpace(r.output), "\n")
	p, _ := parseProgramLine(first)
	return p.state()
}

// Obstacle: a start needs a supervisord that answers, and knows the program by now.
func (d supervisord) Obstacle(ctx context.Context, service string) (*Obstacle, error) {
	_, err := d.ask(ctx, service)
	var none *NotFoundError
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &none):
		return &Obstacle{Service: service, Word: "not read by supervisord yet", Enable: d.tool + " update"}, nil
	}
	return &Obstacle{
		Service: service, Word: "without its supervisor: supervisord does not answer",
		Way: "see why with: " + d.tool + " -c " + d.conf + " status; start supervisord, as in: service supervisor start",
	}, nil
}

func (d supervisord) condition(ctx context.Context, service string) (Condition, error) {
	p, err := d.ask(ctx, service)
	if err != nil {
		return Condition{}, err
	}
	c := Condition{State: p.state(), Main: p.pid(), Failed: p.word == "FATAL"}
	// It tells neither since when nor for how long: BACKOFF ends with the last of its startretries.
	if what := map[string]string{"STARTING": "start", "STOPPING": "stop", "BACKOFF": "restart"}[p.word]; what != "" {
		c.Work = &Work{Service: service, By: "supervisord", What: what}
	}
	return c, nil
}

func (d supervisord) opinion(ctx context.Context, service string) (Opinion, error) {
	p, err := d.ask(ctx, service)
	return Opinion{State: p.state(), Word: p.word}, err
}

// Wish: STOPPED is what was told to stop, or was never told to start. To stop one program stops
// no other.
func (d supervisord) Wish(ctx context.Context, service string, past Past) (*Wish, error) {
	p, err := d.ask(ctx, service)
	if err != nil || p.word != "STOPPED" {
		return nil, err
	}
	w := &Wish{Service: service, Undo: d.tool + " start " + service}
	now := time.Now()
	at, known := p.stoppedAt(now)
	end := at.Add(time.Minute)
	if log, process, err := d.log(service); err == nil { // which has more than minutes
		if exactly, ok := stoppedIn(log, process, now.Location()); ok && exactly.Truncate(time.Minute).Equal(at) {
			at, end = exactly, exactly
		}
	}
	switch {
	case p.text == "Not started":
		w.Kind, w.Why = WishDisabled, "supervisord has not started it: its autostart is false"
	case past.Forgets || known && past.hasStopped(at, end) || !known && !past.From.IsZero():
		return nil, nil
	default:
		w.Kind, w.Why, w.At = WishStopped, "supervisord was told to stop it", at
	}
	return w, nil
}

// Death is what supervisord's log and its own words say.
func (d supervisord) Death(ctx context.Context, service string) (Death, error) {
	p, err := d.ask(ctx, service)
	if err != nil || p.state() != Stopped || p.word == "STOPPED" {
		return Death{Cause: CauseUnknown}, err
	}
	see := d.tool + " tail " + service
	if strings.HasPrefix(p.text, "can't find command") || strings.HasPrefix(p.text, "command at ") || strings.HasPrefix(p.text, "unknown error making dispatchers") {
		return Death{Cause: words.NeverBegan, Text: "supervisord could not start it: " + p.text, See: see}, nil
	}
	log, process, err := d.log(service)
	death := exitedBy(log, process, time.Now())
	death.See = see
	return death, err
}

// log is the end of supervisord's log, and what a program is called there; nothing if it has none.
func (d supervisord) log(service string) (text, process string, err error) {
	_, process, isGrouped := strings.Cut(service, ":")
	if !isGrouped {
		process = service
	}
	c, err := readSupervisord(d.root, d.conf)
	if err != nil || c.log == "" {
		return "", process, err
	}
	end, err := osutil.ReadEnd(d.root+c.log, supervisordLogTail)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return string(end.Data), process, err
}

// list asks for all programs, and whether they run. If supervisord does not answer, because it is
// installed and not started, the list has the programs of its configuration.
func (d supervisord) list(ctx context.Context) ([]Listed, error) {
	r, err := d.query(ctx, []string{d.tool, "-c", d.conf, "status"})
	if err != nil {
		return nil, err
	}
	var list []Listed
	for line := range strings.Lines(r.output) {
		p, ok := parseProgramLine(line)
		if !ok {
			return d.unanswered(ctx)
		}
		l := Listed{Name: p.name, Main: p.pid(), Restarts: "by supervisord"}
		if l.Main == 0 {
			l.Omit = "supervisord says that it is " + p.word
		}
		list = append(list, l)
	}
	return list, nil
}

func (d supervisord) unanswered(ctx context.Context) ([]Listed, error) {
	names, err := d.names(ctx)
	var list []Listed
	for _, name := range names {
		list = append(list, Listed{Name: name, Omit: "supervisord does not answer"})
	}
	return list, err
}

// names are those of the configuration.
func (d supervisord) names(context.Context) ([]string, error) {
	c, err := readSupervisord(d.root, d.conf)
	return slices.Collect(maps.Keys(c.names)), err
}
