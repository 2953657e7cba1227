package realtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/postmortem"
)

// chamber is a machine in which daemons die.
type chamber struct {
	t       *testing.T
	m       *Machine
	rows    []death
	trace   postmortem.Tracing // of the kernel, seen by the test's thread only
	began   time.Duration      // since boot
	numbers numbers
	memory  map[string]string // of the runs, by its files' names
	pids    map[string][]int  // of each daemon, the first one first, by the machine's numbers
}

// helpers are daemons that only help others to die, with their modes.
var helpers = map[string]string{"d-killer": "kill", "d-tracer": "trace"}

const deathsCron = `SHELL=/bin/sh
* * * * * root [ ! -e /run/go/rotated.pid ] || /usr/sbin/logrotate -f -s /run/go/state /etc/logrotate.d-rotated
`

const deathsRotate = `/var/log/d-rotated.log {
	su root root
	missingok
	postrotate
		kill -TERM $(cat /run/go/rotated.pid)
	endscript
}
`

// deathsScript is an init script for all: what differs is in /etc/default.
const deathsScript = `#!/bin/sh
name=${0##*/} prefix= mode=
. /etc/default/$name
case $1 in
start) setsid $prefix /usr/local/sbin/$name $mode >/dev/null 2>&1 </dev/null & ;;
status) pidof /usr/local/sbin/$name >/dev/null || exit 3 ;;
esac
`

// deathsLayer holds the daemons, and what starts and kills them.
func deathsLayer(t *testing.T, rows []death) *Layer {
	t.Helper()
	l := NewLayer(t)
	programs, err := buildDeaths()
	if err != nil {
		t.Fatal(err)
	}
	l.File(program, programs.keeper, 0o755)
	for name, mode := range helpers {
		rows = append(slices.Clone(rows), death{daemon: name, mode: mode})
	}
	config := "trace_signals: true\nevidence_timeout: 1m\ndefaults: {boot_grace: 0s, backoff: [0s], recheck: 100ms, verify: 3s, settle: 100ms}\ndaemons:\n"
	for _, d := range rows {
		exe := "/usr/local/sbin/" + d.daemon
		l.File(exe, programs.mortal, 0o755)
		start := exe + " " + d.mode
		if strings.HasPrefix(d.prefix, "/") { // the other prefixes are settings of a unit
			start = d.prefix + " " + start
		}
		l.Unit(d.daemon+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart="+start+"\n"+d.unit+d.install())
		l.File("/etc/init.d/"+d.daemon, deathsScript, 0o755)
		l.File("/etc/default/"+d.daemon, fmt.Sprintf("prefix='%s' mode='%s'\n", d.prefix, d.mode), 0o644)
		if helpers[d.daemon] == "" {
			config += fmt.Sprintf("  %s: {executable: %s, services: [%s]}\n", d.daemon, exe, d.daemon)
		}
	}
	l.File("/usr/local/sbin/launcher", "#!/bin/sh\nexec \"$@\"\n", 0o755)
	l.File("/etc/daemon-keeper.yaml", config, 0o644)
	l.File("/etc/cron.d/rotated", deathsCron, 0o644)
	l.File("/etc/logrotate.d-rotated", deathsRotate, 0o644)
	l.File("/var/log/d-rotated.log", "a line\n", 0o644)
	return l
}

// sh runs a script inside, which may fail: what it does shows in what dies.
func (c *chamber) sh(script string) {
	c.t.Helper()
	if out, status := c.m.Run(c.t, "sh", "-c", script); status != 0 {
		c.t.Logf("%s: exit status %d\n%s", script, status, out)
	}
}

// run is one of the program, as cron would start it.
func (c *chamber) run(arg ...string) answer {
	c.t.Helper()
	return begin(c.t, c.m, append([]string{"env", "-i", "PATH=/usr/bin:/bin", program}, arg...)...)()
}

// look learns which processes there are, and their numbers.
func (c *chamber) look() {
	c.t.Helper()
	c.pids = make(map[string][]int)
	c.numbers.learn(c.t, c.m.pid, func(exe string, pid int) {
		name, _ := strings.CutSuffix(exe, " (deleted)")
		if name, ok := strings.CutPrefix(name, "/usr/local/sbin/"); ok {
			c.pids[name] = append(c.pids[name], pid)
		}
	})
	for _, list := range c.pids {
		slices.Sort(list)
	}
}

// areUp waits until all daemons run.
func (c *chamber) areUp() {
	c.t.Helper()
	Until(c.t, "all daemons run", func() bool {
		c.look()
		return !slices.ContainsFunc(c.rows, func(d death) bool { return len(c.pids[d.daemon]) == 0 }) && len(c.pids["d-killer"]) > 0 && len(c.pids["d-tracer"]) > 0
	})
}

// kill kills all daemons, and waits until they are dead.
func (c *chamber) kill() {
	c.t.Helper()
	for _, d := range c.rows {
		d.kill(c, c.pids[d.daemon][0])
	}
	alive := func() (list []string) {
		before := c.pids
		c.look()
		for _, d := range c.rows {
			switch {
			case d.settled != nil && !d.settled(c):
				list = append(list, d.daemon)
			case d.settled == nil && slices.ContainsFunc(before[d.daemon], func(pid int) bool { return slices.Contains(c.pids[d.daemon], pid) }):
				list = append(list, d.daemon)
			}
		}
		return list
	}
	var left []string
	deadline := time.Now().Add(Patience)
	for left = alive(); len(left) > 0 && time.Now().Before(deadline); left = alive() {
		time.Sleep(pollInterval)
	}
	if len(left) > 0 {
		c.t.Fatalf("still alive: %q", left)
	}
}

// thread is the number of the second thread of a process.
func (c *chamber) thread(pid int) int {
	c.t.Helper()
	tasks, err := os.ReadDir(c.m.Path(fmt.Sprintf("/proc/%d/task", pid)))
	if err != nil || len(tasks) != 2 {
		c.t.Fatalf("%v: %v", tasks, err)
	}
	for _, task := range tasks {
		if id, err := strconv.Atoi(task.Name()); err == nil && id != pid {
			return id
		}
	}
	c.t.Fatalf("process %d has the threads %v", pid, tasks)
	return 0
}

// logrotate has cron's logrotate kill it.
func (c *chamber) logrotate(pid int) {
	c.t.Helper()
	c.sh(fmt.Sprintf("echo %d >/run/go/rotated.pid", pid))
	Until(c.t, "logrotate has killed it", func() bool {
		_, err := os.Stat(c.m.Path(fmt.Sprintf("/proc/%d", pid)))
		return err != nil
	})
	c.sh("rm /run/go/rotated.pid")
}

// starve puts a process into a control group of its own with little memory, and lets it
// take more.
func (c *chamber) starve(pid int) {
	c.t.Helper()
	folder, limit := "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
	if _, err := os.Stat(folder); err != nil { // version 2
		folder, limit = "/sys/fs/cgroup", "memory.max"
	}
	folder = filepath.Join(folder, fmt.Sprintf("daemon-keeper-test-%d-%d", os.Getpid(), pid))
	if err := os.Mkdir(folder, 0o755); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		Until(c.t, "the group is empty", func() bool { return os.Remove(folder) == nil })
	})
	for _, w := range []struct{ file, text string }{{limit, "20M"}, {"cgroup.procs", strconv.Itoa(c.numbers.kernels(pid))}} {
		if err := os.WriteFile(filepath.Join(folder, w.file), []byte(w.text), 0o644); err != nil {
			c.t.Fatal(err)
		}
	}
	c.sh("touch /run/go/d-eater")
}

// tell gives a daemon the number of another one, whole at once.
func (c *chamber) tell(daemon string, pid int) {
	c.t.Helper()
	c.sh(fmt.Sprintf("echo %d >/run/go/.new; mv /run/go/.new /run/go/%s", pid, daemon))
}

// traced kills a process that a debugger traces.
func (c *chamber) traced(pid int) {
	c.t.Helper()
	c.tell("d-tracer", pid)
	Until(c.t, "it is traced", func() bool {
		_, err := os.Stat(c.m.Path("/run/go/traced"))
		return err == nil
	})
	c.sh(fmt.Sprintf("kill -TERM %d", pid))
}
