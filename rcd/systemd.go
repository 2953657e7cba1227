package rcd

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// systemd is systemd, through service(8) where that is installed (Debian's also
// moves the sockets of a service), through systemctl(1) elsewhere.
type systemd struct {
	basic
	root      string
	service   string // "" if there is none
	systemctl string
	clock     func() time.Duration // CLOCK_MONOTONIC; nil: the real one
}

func (systemd) Name() string { return "systemd" }

// Argv: service(8) appends .service by itself and knows no other kind of unit. It is not
// used for a unit such as toy.service.service: its versions differ in what they make of that.
func (s systemd) Argv(verb Verb, service string) []string {
	name, isService := plainName(service)
	if verb == Status {
		return []string{s.systemctl, "show", "-p", statusProps, unitName(service)}
	}
	if s.service == "" || !isService || strings.HasSuffix(name, ".service") {
		return []string{s.systemctl, string(verb), unitName(service)}
	}
	return []string{s.service, name, string(verb)}
}

// unitTypes are the suffixes that make a name a unit's, systemd.unit(5).
var unitTypes = []string{".socket", ".target", ".timer", ".path", ".mount", ".automount", ".swap", ".slice", ".scope", ".device"}

// plainName takes .service off a name; isService is false for another type.
func plainName(service string) (name string, isService bool) {
	for _, suffix := range unitTypes {
		if strings.HasSuffix(service, suffix) {
			return service, false
		}
	}
	return strings.TrimSuffix(service, ".service"), true
}

func unitName(service string) string {
	name, isService := plainName(service)
	if isService {
		return name + ".service"
	}
	return service
}

// unitDirs is the unit search path, systemd.unit(5), and where generators write.
var unitDirs = []string{
	"/etc/systemd/system", "/run/systemd/system", "/run/systemd/transient",
	"/run/systemd/generator", "/run/systemd/generator.early", "/run/systemd/generator.late",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
}

// Find looks for the unit's file, so that a healthy run starts no process, and
// asks systemd itself only if there is none.
func (s systemd) Find(ctx context.Context, service string) error {
	unit := unitName(service)
	for _, name := range []string{unit, template(unit)} {
		for _, dir := range unitDirs {
			if _, err := os.Lstat(s.root + dir + "/" + name); name != "" && err == nil {
				return nil
			}
		}
	}
	props, err := s.status(ctx, statusProps, service)
	if err != nil {
		return err
	}
	if props["LoadState"] == "not-found" {
		return &NotFoundError{Service: service, Manager: s.Name(), List: "systemctl list-unit-files --type=service"}
	}
	return nil
}

// template is the file that unit name@instance.service comes from.
func template(unit string) string {
	prefix, rest, ok := strings.Cut(unit, "@")
	if !ok {
		return ""
	}
	return prefix + "@" + rest[strings.LastIndexByte(rest, '.'):]
}

// ask asks for properties of a unit, or of systemd itself if no unit is named.
func (s systemd) ask(ctx context.Context, names string, unit ...string) (props map[string]string, r result, err error) {
	r, err = s.query(ctx, append([]string{s.systemctl, "show", "-p", names}, unit...))
	return properties(r.output), r, err
}

// show asks for properties of a unit. key is one that each unit has: an answer without it is an
// error, which names the topic.
func (s systemd) show(ctx context.Context, topic, key, names, unit string) (map[string]string, error) {
	props, r, err := s.ask(ctx, names, unit)
	if err != nil {
		return nil, err
	}
	if r.status != 0 || props[key] == "" {
		return nil, fmt.Errorf("cannot ask systemd %s: %s", topic, r.failure([]string{s.systemctl, "show", "-p", names, unit}))
	}
	return props, nil
}

const statusProps = "LoadState,ActiveState"

func (s systemd) status(ctx context.Context, names, service string) (map[string]string, error) {
	return s.show(ctx, "about service "+service, "LoadState", names, unitName(service))
}

// properties reads the lines of systemctl show.
func properties(text string) map[string]string {
	props := make(map[string]string)
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			props[key] = value
		}
	}
	return props
}

// opinion: LoadState= says more of a unit that systemd cannot start at all.
func (s systemd) opinion(ctx context.Context, service string) (Opinion, error) {
	props, err := s.status(ctx, statusProps, service)
	if err != nil {
		return Opinion{}, err
	}
	word := props["ActiveState"]
	switch {
	case props["LoadState"] != "loaded":
		word = props["LoadState"]
	case word == "active", word == "inactive": // as our own words say
		word = ""
	}
	return Opinion{State: activeState(props), Word: word}, nil
}

// state: a unit that is activating or deactivating neither runs nor is stopped.
func (systemd) state(r result) State { return activeState(properties(r.output)) }

func activeState(props map[string]string) State {
	switch props["ActiveState"] {
	case "active", "reloading", "refreshing":
		return Running
	case "inactive", "failed":
		return Stopped
	}
	return Unknown
}

const conditionProps = "LoadState,ActiveState,SubState,MainPID,ControlGroup," + workProps + "," + lifeProps

func (s systemd) condition(ctx context.Context, service string) (Condition, error) {
	p, err := s.status(ctx, conditionProps, service)
	if err != nil {
		return Condition{}, err
	}
	c := conditionOf(p)
	c.Life, c.At = lifeOf(p, sinceBoot()), time.Now()
	c.Work, err = s.work(ctx, service, p)
	return c, err
}

// conditionOf reads the properties of a unit, org.freedesktop.systemd1(5).
func conditionOf(p map[string]string) Condition {
	main, err := strconv.Atoi(p["MainPID"])
	if err != nil || main < 0 {
		main = 0
	}
	return Condition{State: activeState(p), Main: main, Group: p["ControlGroup"], Failed: p["ActiveState"] == "failed"}
}

func (s systemd) Obstacle(ctx context.Context, service string) (*Obstacle, error) {
	props, err := s.status(ctx, statusProps, service)
	if err != nil || props["LoadState"] != "masked" {
		return nil, err
	}
	return &Obstacle{Service: service, Word: "masked", Enable: "systemctl unmask " + unitName(service)}, nil
}

func (s systemd) lastRun(ctx context.Context, service string) string {
	return s.runs(ctx, service)["ExecMainStartTimestampMonotonic"]
}

// reset lifts the start limit, StartLimitBurst= in systemd.unit(5), which a stop
// does not. Neither Result= nor the output of the start distinguishes it from
// another failure; that nothing was executed does.
func (s systemd) reset(ctx context.Context, service, lastRun string) bool {
	now := s.runs(ctx, service)
	if now["ActiveState"] != "failed" || now["ExecMainStartTimestampMonotonic"] != lastRun {
		return false
	}
	r, err := s.query(ctx, []string{s.systemctl, "reset-failed", unitName(service)})
	return err == nil && r.status == 0
}

// runs is empty if systemd does not answer: the error of the start says more.
func (s systemd) runs(ctx context.Context, service string) map[string]string {
	props, _, _ := s.ask(ctx, "ActiveState,ExecMainStartTimestampMonotonic", unitName(service))
	return props
}

// Phase: is-system-running exits 1 for all but "running"; the word counts.
func (s systemd) Phase(ctx context.Context) (Phase, error) {
	r, err := s.query(ctx, []string{s.systemctl, "is-system-running"})
	if err != nil {
		return Working, err
	}
	switch strings.TrimSpace(r.output) {
	case "initializing", "starting":
		return Booting, nil
	case "stopping":
		return ShuttingDown, nil
	}
	return Working, nil
}
