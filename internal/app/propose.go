package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/survey"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/rcd"
)

// initCommand writes a first configuration for this machine.
type initCommand struct {
	Write bool `help:"Write the configuration if there is none; otherwise show how it differs, and write nothing."`
	configFlag
}

// Help is what the help says of the command beside its flags.
func (initCommand) Help() string {
	return `
It is for a person to read and to prune. Without --write nothing is touched.

Examples:
  daemon-keeper init
  daemon-keeper init --write`
}

func (i *initCommand) ask(j *job) (err error) {
	if !i.Write && slices.Contains(j.Given, "config") {
		return cli.Refuse("say --write, too, or redirect what it prints", "cannot use --config without --write")
	}
	j.configFile, err = i.file()
	return err
}

func (i *initCommand) run(ctx context.Context, j *job) (report.Status, error) {
	m, err := surveyed(ctx)
	if err != nil {
		return report.OK, err
	}
	if n := m.Unseen(); n > 0 {
		terminal.Caution(os.Stderr, terminal.Colored(os.Stderr, j.color), fmt.Sprintf("the processes of %d services may not be looked at: run it as root", n))
	}
	var out output
	text := survey.Propose(m).YAML()
	if i.Write {
		return report.OK, cmp.Or(writeProposal(&out, j.configFile, text, j.configFile == defaults().config), out.err)
	}
	_, _ = out.Write(text)
	return report.OK, out.err
}

// surveyTime limits one look at the process table. Reading /proc can hang on a process that
// is itself stuck in the kernel.
const surveyTime = 30 * time.Second

// surveyed collects what init needs to know about this machine.
func surveyed(ctx context.Context) (survey.Machine, error) {
	manager, err := rcd.DetectAll(rcd.ThisHost(), new(rcd.Outputs))
	if none := new(rcd.NoManagerError); errors.As(err, &none) {
		return survey.Machine{}, &hinted{none, "init asks systemd, OpenRC, rc.d of FreeBSD, System V init, runit, daemontools or s6; for any other write the configuration by hand: man 5 daemon-keeper.yaml"}
	}
	if err != nil {
		return survey.Machine{}, err
	}
	listed, err := manager.List(ctx)
	if err != nil {
		return survey.Machine{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, surveyTime)
	defer cancel()
	if listed, err = located(ctx, listed); err != nil {
		return survey.Machine{}, err
	}
	sought := make([]check.Sought, len(listed))
	for i, l := range listed {
		if l.Omit == "" {
			sought[i] = check.Sought{Main: l.Main, Processes: l.Processes, Path: l.Program, Instance: instanceOf(l.Name), Many: l.Hints != nil && l.Hints.Many}
		}
	}
	programs, err := check.Programs(ctx, sought)
	if err != nil {
		return survey.Machine{}, err
	}
	m := survey.Machine{Manager: manager.All(), Config: defaults().config, Traces: runtime.GOOS == "linux"}
	if m.Host, err = os.Hostname(); err != nil {
		m.Host = "this machine"
	}
	owners := ownersOf(listed, programs)
	for i, l := range listed {
		s := service(l, programs[i], owners)
		s.AnyVersion = anyVersion(s.Name, s.Executable)
		if survey.IsSSH(s.Executable) {
			s.Listen = listensAt(programs[i].PID)
		}
		m.Services = append(m.Services, s)
	}
	return m, nil
}

// anyVersion returns a pattern that matches the program's path in every version; "" if the
// path has no version, or this is not the newest one.
func anyVersion(service, path string) string {
	any := survey.AnyVersion(service, path)
	if any == "" {
		return ""
	}
	if e, err := check.Find(any); err != nil || e.Resolved != path {
		return ""
	}
	return any
}

// instanceOf returns what systemd substitutes for %i, systemd.unit(5).
func instanceOf(service string) string {
	_, instance, _ := strings.Cut(service, "@")
	return instance
}

// listensAt returns the TCP address at which a process accepts connections and that this
// machine can reach; "" if unknown. A loopback address is preferred.
func listensAt(pid int) string {
	sockets, err := proctable.Sockets([]int{pid})
	if err != nil || pid == 0 {
		return ""
	}
	return proctable.Reachable(sockets)
}

// ownersOf maps the PIDs of processes to their services.
func ownersOf(listed []rcd.Listed, programs []check.Program) map[int]string {
	owners := make(map[int]string)
	for i, l := range listed {
		for _, pid := range append([]int{l.Main, programs[i].PID}, l.Processes...) {
			owners[pid] = l.Name
		}
	}
	return owners
}

// service joins what the manager says about a service with what the process table shows.
func service(l rcd.Listed, p check.Program, owners map[int]string) survey.Service {
	s := survey.Service{
		Name: l.Name, About: l.About, Omit: l.Omit, Restarts: l.Restarts, Triggers: l.Triggers,
		Executable: p.Executable, Args: p.Args, User: userName(p.User), Parent: p.Parent, OldImage: p.OldImage,
		Denied: p.Denied, Started: l.Program, Doubt: p.Why,
	}
	for _, pid := range p.Others {
		if owner, ok := owners[pid]; !ok {
			s.Strangers = true
		} else if !slices.Contains(s.Twins, owner) {
			s.Twins = append(s.Twins, owner)
		}
	}
	slices.Sort(s.Twins)
	return s
}

// userName returns the user for the configuration: the name, or the UID if the name does not
// lead back to it. It returns "" if neither does, and for a dynamic user of systemd
// (DynamicUser= in systemd.exec(5)): the next start may get another one.
func userName(id uint32) string {
	const firstDynamic, lastDynamic = 61184, 65519
	number := strconv.FormatUint(uint64(id), 10)
	names := []string{nameOf(number), number}
	if names[0] == number && id >= firstDynamic && id <= lastDynamic {
		return ""
	}
	for _, text := range names {
		u, err := user.Lookup(text)
		if err == nil && u.Uid == number || err != nil && text == number { // a number may also be somebody's name
			return text
		}
	}
	return ""
}

// nameOf returns the name of a user, or the UID if there is none.
func nameOf(number string) string {
	u, err := user.LookupId(number)
	if err != nil || strings.Trim(u.Username, "0123456789") == "" { // a name of digits would be taken for a UID
		return number
	}
	return u.Username
}
