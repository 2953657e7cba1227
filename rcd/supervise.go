package rcd

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
)

// supervisors is a machine on which a supervisor of the daemontools family is at work: it
// starts each of its services again by itself, a second after it has ended. A service is a
// folder, which is named by its path, or by its name where the supervisors look for theirs.
type supervisors struct {
	basic
	root   string
	family family
	tool   string // svc, sv or s6-svc, with its path
	asks   string // svstat, sv or s6-svstat
	rc     string // s6-rc, with its path; "" if it is not at work
	rest   bool   // folders that no supervisor has written to count as its services
}

// superviseTools are the commands of the family that tell a supervisor what to do.
var superviseTools = []string{"sv", "svc", "s6-svc"}

// serviceDirs are where supervisors look for their services.
var serviceDirs = []string{"/etc/service", "/service", "/var/service", "/run/service", "/etc/runit/runsvdir/current"}

// s6rcLive is where s6-rc has its live state, and below it the folders of its services.
const s6rcLive = "/run/s6-rc"

func (d supervisors) Name() string { return prefixName(string(d.family)) }

// Argv: the commands of runit and s6 wait until the service is up or down. A stop may take an
// hour, because the time limit is that of the caller. A start waits for 10 s: a daemon that ends at
// once is never seen up.
func (d supervisors) Argv(verb Verb, service string) []string {
	dir, _ := d.folder(service)
	if d.rc != "" && d.isRC(service) && verb != Status {
		return []string{d.rc, map[Verb]string{Stop: "-d", Start: "-u"}[verb], "change", service}
	}
	options := map[family]map[Verb][]string{
		daemontools: {Stop: {"-d"}, Start: {"-u"}},
		runit:       {Stop: {"-w", "3600", "stop"}, Start: {"-w", "10", "start"}, Status: {"status"}},
		s6:          {Stop: {"-wd", "-T", "3600000", "-d"}, Start: {"-wu", "-T", "10000", "-u"}},
	}[d.family][verb]
	tool := d.tool
	if verb == Status {
		tool = d.asks
	}
	return slices.Concat([]string{tool}, options, []string{dir})
}

// killArgv is the command that has the supervisor send KILL.
func (d supervisors) killArgv(dir string) []string {
	if d.family == runit {
		return []string{d.tool, "kill", dir}
	}
	return []string{d.tool, "-k", dir}
}

// folder is the folder of a service. If there is none, found is false, and dir is where it is
// looked for first.
func (d supervisors) folder(service string) (dir string, found bool) {
	if filepath.IsAbs(service) {
		return d.root + service, d.isService(d.root + service)
	}
	for _, parent := range d.parents() {
		if dir := filepath.Join(d.root+parent, service); d.isService(dir) {
			return dir, true
		}
	}
	return filepath.Join(d.root+serviceDirs[0], service), false
}

func (d supervisors) parents() []string {
	if d.family == s6 {
		return append([]string{s6rcLive + "/servicedirs"}, serviceDirs...)
	}
	return serviceDirs
}

// isService reports whether a folder is a service of this family, by what its supervisor has
// written there. One that no supervisor has written to is a service of the family with rest.
func (d supervisors) isService(dir string) bool {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return false
	}
	s, err := readSupervised(dir)
	switch {
	case err == nil:
		return s.family == d.family
	case errors.Is(err, fs.ErrNotExist):
		_, err := os.Stat(dir + "/run")
		return d.rest && err == nil
	}
	return d.rest // what is written there cannot be read
}

// isRC reports whether s6-rc has a service of that name: a daemon has a folder there.
func (d supervisors) isRC(service string) bool {
	if d.rc == "" || filepath.IsAbs(service) {
		return false
	}
	info, err := os.Stat(filepath.Join(d.root+s6rcLive+"/servicedirs", service))
	return err == nil && info.IsDir()
}

// canonical is the folder of a service, with the links followed: two names of one service
// have the same.
func (d supervisors) canonical(service string) string {
	dir, found := d.folder(service)
	if !found {
		return service
	}
	path, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return service
	}
	return path
}

func (d supervisors) Find(_ context.Context, service string) error {
	if _, found := d.folder(service); found {
		return nil
	}
	e := &NotFoundError{Service: service, Manager: d.Name(), Where: " (no folder in " + strings.Join(d.parents(), ", ") + ")"}
	if filepath.IsAbs(service) {
		e.Where = " (there is no such folder)"
		if s, err := readSupervised(d.root + service); err == nil {
			e.Where = " (its folder is one of " + prefixName(string(s.family)) + ")"
		} else if !errors.Is(err, fs.ErrNotExist) {
			e.Where = " (" + err.Error() + ")"
		}
	}
	e.List = "ls " + cmp.Or(strings.Join(d.scanned(), " "), serviceDirs[0])
	return e
}

// scanned are the folders with services that are there.
func (d supervisors) scanned() []string {
	var list []string
	for _, parent := range d.parents() {
		if info, err := os.Stat(d.root + parent); err == nil && info.IsDir() {
			list = append(list, parent)
		}
	}
	return list
}

// names are those of the folders, each once.
func (d supervisors) names(context.Context) ([]string, error) {
	var list []string
	var errs error
	for _, parent := range d.scanned() {
		entries, err := os.ReadDir(d.root + parent)
		errs = errors.Join(errs, err)
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") && d.isService(filepath.Join(d.root+parent, e.Name())) {
				list = append(list, e.Name())
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list), errs
}

// state reads what svstat, sv or s6-svstat print: "toy: up (pid 81) 5 seconds",
// "run: toy: (pid 81) 5s", "up (pid 81) 5 seconds".
func (d supervisors) state(r result) State {
	first, _, _ := strings.Cut(strings.TrimSpace(r.output), "\n")
	for _, word := range strings.Fields(first) {
		switch strings.TrimSuffix(word, ":") {
		case "up", "run":
			return Running
		case "down", "finish":
			return Stopped
		case "unable", "warning", "fail":
			return Unknown
		}
	}
	return Unknown
}

// Obstacle: without a supervisor none of the commands starts anything.
func (d supervisors) Obstacle(_ context.Context, service string) (*Obstacle, error) {
	dir, _ := d.folder(service)
	if watched, err := hasSupervisor(dir); watched || err != nil {
		return nil, err
	}
	return &Obstacle{
		Service: service, Word: "without a supervisor: no " + d.family.watcher() + " runs for " + dir,
		Way: "start " + d.family.scanner() + ", or see why it does not watch that folder",
	}, nil
}

// watcher is the program that runs for each service, scanner the one that starts those.
func (f family) watcher() string {
	return map[family]string{daemontools: "supervise", runit: "runsv", s6: "s6-supervise"}[f]
}

func (f family) scanner() string {
	return map[family]string{daemontools: "svscan", runit: "runsvdir", s6: "s6-svscan"}[f]
}

// readSupervised reads what a supervisor says of the service in a folder.
func readSupervised(dir string) (supervised, error) {
	data, err := readRegular(dir+"/supervise/status", osutil.NoFollow, 64)
	if err != nil {
		return supervised{}, err
	}
	s, err := parseSupervised(data)
	if err == nil && s.family == runit && s.pid == 0 && len(data) == 20 {
		if written, err := isThere(dir + "/supervise/stat"); err == nil && !written { // which runsv writes, too
			s.family, s.encore = daemontools, true
		}
	}
	return s, err
}

// condition is what the supervisor says; it starts no process.
func (d supervisors) condition(_ context.Context, service string) (Condition, error) {
	dir, _ := d.folder(service)
	s, err := readSupervised(dir)
	if err != nil {
		return Condition{}, err
	}
	if watched, err := hasSupervisor(dir); !watched || err != nil { // what it has written is of the time when it ran
		return Condition{}, err
	}
	c := Condition{State: s.state(), Work: d.work(s, time.Now())}
	if s.isUp() && c.Work == nil { // else its run script may not have come to the daemon yet
		c.Main = s.pid
	}
	return c, nil
}

// opinion: the word is the supervisor's where it says more.
func (d supervisors) opinion(_ context.Context, service string) (Opinion, error) {
	v, err := d.Supervision(service)
	if err != nil || !v.Watched {
		return Opinion{Word: "no " + d.family.watcher()}, err
	}
	s, err := readSupervised(v.Folder)
	if err != nil {
		return Opinion{}, err
	}
	return Opinion{State: s.state(), Word: s.text(), Supervision: v}, nil
}

// restartTime is how long a supervisor may take to start a daemon again: a second, and more on a
// busy machine.
const restartTime = 10 * time.Second

// work is what a supervisor does of its own accord: to start the daemon again. Its finish
// script has no limit that we know of.
func (d supervisors) work(s supervised, now time.Time) *Work {
	w := &Work{By: d.family.watcher(), Aged: true, For: max(0, now.Sub(s.at))}
	switch {
	case s.finishing:
		w.What = "finish"
	case s.wantUp && !s.isUp():
		w.What, w.Limit = "restart", restartTime
	case s.isUp() && w.For < restartTime:
		w.What, w.Limit = "start", restartTime
	default:
		return nil
	}
	return w
}
