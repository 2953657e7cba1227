package realtest

import "fmt"

// death is one way to die: a row of docs/deaths.md.
type death struct {
	how     string // for people
	daemon  string // its name, its service's and its program's
	mode    string // of testdata/mortal.c, and its arguments; "" is to wait
	unit    string // more of its unit's section [Service]
	prefix  string // stands before the program, with its path; in the init script only, without one
	kill    func(c *chamber, pid int)
	settled func(c *chamber) bool // nil: no process of it runs
	with    fate                  // with systemd
	without *fate                 // nil: it needs systemd
}

// fate is what the keeper has to say.
type fate struct {
	kind   string // the cause that is counted: daemon_keeper_deaths_total{cause}; "" if it is not a death
	text   string // in the line of the cause
	sender string // without numbers; what it begins with
	also   string // in the sender, too
	sure   string
	source string // what it begins with
	hold   string // why it is left alone
}

// Most deaths read so: how it has ended, as the manager or the accounting knows it, and
// who has sent the signal, as the kernel has recorded it.
func by(signal, sender string) fate {
	return fate{kind: "signal", text: "killed by " + signal, sender: sender, sure: "certain", source: "signal trace"}
}

func (f fate) of(also string) fate { f.also = also; return f }

// both is a row that is the same in both machines.
func both(d death, f fate) death { d.with, d.without = f, &f; return d }

// shell has a shell inside carry it out.
func shell(format string) func(c *chamber, pid int) {
	return func(c *chamber, pid int) { c.sh(fmt.Sprintf(format, pid)) }
}

// doom lets the daemon do what its mode says.
func doom(name string) func(c *chamber, pid int) {
	return func(c *chamber, pid int) { c.sh("touch /run/go/" + name) }
}

// deaths are the rows, in the order of the page.
func deaths() []death {
	exited := fate{kind: "exit", text: "exited with status 143", sender: "sh", sure: "likely", source: "signal trace"}
	memory := fate{kind: "out_of_memory", text: "want of memory in its control group", sure: "certain", source: "kernel log"}
	return []death{
		both(death{how: "kill from a shell", daemon: "d-shell", kill: shell("kill -TERM %d")}, by("SIGTERM", "sh")),
		both(death{how: "kill by a script of cron's logrotate", daemon: "d-rotated", kill: (*chamber).logrotate}, by("SIGTERM", "sh").of("logrotate")),
		both(death{how: "kill by another daemon, which lives on", daemon: "d-victim", kill: func(c *chamber, pid int) { c.tell("d-killer", pid) }},
			by("SIGTERM", "d-killer").of("/usr/local/sbin/d-killer kill of user root")),
		both(death{how: "pkill -x NAME", daemon: "d-pkill", kill: func(c *chamber, _ int) { c.sh("pkill -x d-pkill") }}, by("SIGTERM", "pkill").of("/usr/bin/pkill")),
		both(death{how: "killall NAME", daemon: "d-killall", kill: func(c *chamber, _ int) { c.sh("killall d-killall") }}, by("SIGTERM", "killall").of("/usr/bin/killall")),
		{how: "systemctl kill", daemon: "d-systemctl", kill: func(c *chamber, _ int) { c.sh("systemctl kill d-systemctl") }, with: by("SIGTERM", "systemd").of("of user root in init.scope")},
		{how: "systemctl stop: a wish, no death", daemon: "d-stopped", kill: func(c *chamber, _ int) { c.sh("systemctl stop d-stopped") }, with: fate{hold: "stopped"}},
		{
			how: "timeout(1), whose child it is", daemon: "d-timeout", prefix: "/usr/bin/timeout 86400",
			kill:    func(c *chamber, _ int) { c.sh("kill -ALRM $(pidof timeout)") }, // its own alarm clock
			with:    fate{kind: "exit", text: "exited with status 124", sender: "timeout", also: "/usr/bin/timeout", sure: "likely", source: "signal trace"},
			without: &fate{kind: "signal", text: "killed by SIGTERM", sender: "timeout", also: "/usr/bin/timeout", sure: "certain", source: "signal trace"},
		},
		both(death{how: "kill by a user who is not root, and is still there", daemon: "d-user", unit: "User=games\n", prefix: asGames, kill: func(c *chamber, pid int) {
			c.m.Start(c.t, "sh", "-c", fmt.Sprintf("exec "+asGames+" sh -c 'kill -TERM %d; while sleep 1; do :; done'", pid))
		}}, by("SIGTERM", "sh").of("of user games")),
		both(death{how: "kill with the number of a thread", daemon: "d-thread", kill: func(c *chamber, pid int) { c.sh(fmt.Sprintf("kill -TERM %d", c.thread(pid))) }}, fate{
			kind: "signal", text: `which was its thread "worker-7"`, sender: "sh", sure: "certain", source: "signal trace",
		}),
		both(death{how: "kill of its whole process group", daemon: "d-group", mode: "group", kill: shell("/bin/kill -TERM -- -%d")}, by("SIGTERM", "kill").of("/bin/kill")),
		both(death{how: "SIGKILL", daemon: "d-kill9", kill: shell("kill -KILL %d")}, by("SIGKILL", "sh")),
		both(death{how: "SIGHUP", daemon: "d-hup", kill: shell("kill -HUP %d")}, by("SIGHUP", "sh")),
		both(death{how: "SIGTERM, which it sends to itself again at its end", daemon: "d-again", mode: "again", kill: shell("kill -TERM %d")}, by("SIGTERM", "sh")),
		both(death{how: "abort()", daemon: "d-abort", mode: "abort", kill: doom("d-abort")}, by("SIGABRT", "itself")),
		both(death{how: "a null dereference", daemon: "d-null", mode: "null", kill: doom("d-null")},
			fate{kind: "signal", text: "a segmentation fault at address 0 in d-null", sure: "certain", source: "kernel log"}),
		both(death{how: "SIGTERM, and its own exit with status 143", daemon: "d-143", mode: "exit143", kill: shell("kill -TERM %d")}, exited),
		{
			how: "exit 3", daemon: "d-exit3", mode: "exit3", kill: doom("d-exit3"),
			with:    fate{kind: "exit", text: "exited with status 3", sure: "certain", source: "systemd"},
			without: &fate{kind: "exit", text: "exited with status 3", sure: "certain", source: "process accounting"},
		},
		both(death{how: "out of memory in a control group", daemon: "d-eater", mode: "eat", kill: (*chamber).starve}, memory),
		{how: "MemoryMax= of its unit", daemon: "d-memorymax", mode: "eat", unit: "MemoryMax=20M\nMemorySwapMax=0\n", kill: doom("d-memorymax"), with: memory},
		both(death{how: "RLIMIT_CPU", daemon: "d-burner", mode: "burn", unit: "LimitCPU=1:60\n", prefix: "prlimit --cpu=1:60", kill: doom("d-burner")}, by("SIGXCPU", "the kernel")),
		{
			how: "WatchdogSec=", daemon: "d-hung", unit: "Type=notify\nWatchdogSec=5\n", kill: doom("d-hung"),
			with: fate{kind: "timeout", text: "watchdog", sure: "certain", source: "systemd"},
		},
		{
			how: "SIGKILL, then a start that exceeds TimeoutStartSec=", daemon: "d-late", unit: "Type=notify\nTimeoutStartSec=5\n", kill: func(c *chamber, pid int) {
				c.sh(fmt.Sprintf("touch /run/mute/d-late; kill -KILL %d; "+startAgain("d-late"), pid))
			}, settled: failed("d-late"),
			with: fate{kind: "timeout", text: "longer to start", sure: "likely", source: "systemd"},
		},
		{
			how: "SIGKILL, then a start without the program of ExecStart=", daemon: "d-missing", prefix: "/usr/local/sbin/launcher", kill: func(c *chamber, pid int) {
				c.sh(fmt.Sprintf("rm /usr/local/sbin/launcher; kill -KILL %d; "+startAgain("d-missing"), pid))
			}, settled: failed("d-missing"),
			with: fate{kind: "never_began", text: "could not be executed", sure: "likely", source: "systemd"},
		},
		both(death{how: "SIGTERM, while a debugger traces it", daemon: "d-traced", kill: (*chamber).traced}, by("SIGTERM", "sh")),
	}
}

const asGames = "setpriv --reuid games --regid games --clear-groups --"

// startAgain starts a unit as soon as systemd knows that it is dead.
func startAgain(unit string) string {
	return "while systemctl -q is-active " + unit + "; do sleep 0.05; done; systemctl start --no-block " + unit
}

// failed reports whether a unit that somebody else starts has failed to start.
func failed(unit string) func(*chamber) bool {
	return func(c *chamber) bool {
		out, _ := c.m.Run(c.t, "systemctl", "show", "-p", "ActiveState,Result,ExecMainStatus", unit)
		return out == "Result=timeout\nExecMainStatus=15\nActiveState=failed\n" || out == "Result=exit-code\nExecMainStatus=203\nActiveState=failed\n"
	}
}

// install has a boot start its unit, unless it is to be missing after one.
func (d death) install() string {
	if d.daemon == rebooted().daemon {
		return ""
	}
	return "[Install]\nWantedBy=multi-user.target\n"
}

// rebooted is the row that needs a second boot: its daemon is not started by it.
func rebooted() death {
	return both(death{how: "a reboot", daemon: "d-reboot"}, fate{kind: "reboot", text: "the machine was rebooted", sure: "certain", source: "machine"})
}
