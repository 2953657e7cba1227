package inspect

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

func detachedRules() []rule {
	return []rule{
		{
			"terminal", Detached, Warning, "it has a controlling terminal",
			"when that hangs up, the kernel sends it SIGHUP; who types Ctrl-C or Ctrl-Z there may stop it",
			"restart it through its service, or start it with setsid(1)", hasTerminal,
		},
		{
			"login_session", Detached, Warning, "it was started from a login session, and is still in it",
			"it ends with the session: logind kills what is left (KillUserProcesses=), and its memory counts for the user",
			"restart it through its service", inLogin,
		},
		{
			"cron_group", Detached, Warning, "it is in the control group of cron",
			"whoever restarts cron ends it, and its memory and its tasks count for cron",
			"restart it through its service; a cron job that starts a daemon calls: systemctl start NAME", inCron,
		},
		{
			"others_session", Detached, Warning, "it shares a session with what has started it",
			"it has not called setsid(2): a signal to the session or the hang-up of its terminal reaches it, too",
			"restart it through its service, or start it with setsid(1)", othersSession,
		},
		{
			"others_group", Detached, Warning, "it shares a process group with what has started it",
			"a signal to the group (Ctrl-C, kill 0, a time limit that ends) reaches it, too",
			"restart it through its service, or start it with setsid(1)", othersGroup,
		},
		{
			"by_hand", Detached, Notice, "it was started in somebody's login, or by a job of theirs",
			"it may have their environment and their limits; after a reboot it may be missing or another",
			"restart it through its service", byHand,
		},
	}
}

func hasTerminal(f Facts) []evidence {
	return saw(f.Terminal.Known && f.Terminal.Value != "", f.Terminal.Value)
}

func inLogin(f Facts) []evidence {
	if !f.Cgroup.Known {
		return nil
	}
	isSession := func(e string) bool { return strings.HasPrefix(e, "session-") && strings.HasSuffix(e, ".scope") }
	return saw(slices.ContainsFunc(strings.Split(f.Cgroup.Value, "/"), isSession), f.Cgroup.Value)
}

// cronUnits are the units of schedulers.
var cronUnits = []string{"cron.service", "crond.service", "cronie.service", "anacron.service", "atd.service", "fcron.service", "bcron.service"}

// clockPrograms are the schedulers themselves.
var clockPrograms = []string{"cron", "crond", "atd", "anacron", "fcron", "bcron-sched"}

func inCron(f Facts) []evidence {
	if !f.Cgroup.Known || slices.Contains(clockPrograms, path.Base(f.Exe)) {
		return nil
	}
	isCron := func(e string) bool { return slices.Contains(cronUnits, e) }
	return saw(slices.ContainsFunc(strings.Split(f.Cgroup.Value, "/"), isCron), f.Cgroup.Value)
}

// starters are programs by which people and jobs start a daemon. Other leaders of a session may be
// supervisors.
var starters = []string{
	"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "csh", "tcsh", "fish", "su", "sudo", "doas", "login", "sshd", "sshd-session", "screen", "tmux: server", "tmux",
	"cron", "crond", "make", "timeout", "script", "xterm",
}

func othersSession(f Facts) []evidence {
	s := f.Session.Value
	return saw(f.Session.Known && s.PID != f.PID && !s.Family && slices.Contains(starters, s.Name), fmt.Sprintf("session of %s(%d)", s.Name, s.PID))
}

// othersGroup leaves out processes that othersSession finds.
func othersGroup(f Facts) []evidence {
	g := f.Group.Value
	return saw(f.Group.Known && g.PID != f.PID && !g.Family && slices.Contains(starters, g.Name) && len(othersSession(f)) == 0,
		fmt.Sprintf("process group of %s(%d)", g.Name, g.PID))
}

// byHand finds processes that were started in a login session: the main process of a unit has no
// login id.
func byHand(f Facts) []evidence {
	return saw(f.Login.Known && f.Login.Value.Some, "login of "+f.user(f.Login.Value.By))
}
