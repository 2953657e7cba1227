package cli

import "strings"

// MonitorName is the name under which the program is one of mon's monitors,
// mon(8): ps.monitor, which looks for processes.
const MonitorName = "ps.monitor"

// ParseMonitor reads what mon passes to it: SPECs, each with a count.
func ParseMonitor(args []string, defaults Defaults) (Command, error) {
	c := Command{Action: Check, looks: true, Run: Run{Names: args, RunDir: defaults.RunDir, StateDir: defaults.StateDir, Face: Face{Output: Mon}, NoSyslog: true}}
	if len(args) == 0 {
		return c, usage("name them in mon.cf: monitor ps.monitor sshd:1- cron:1-1 ;;", "cannot look for any process: none is named")
	}
	for _, arg := range args {
		if !strings.Contains(arg, ":") {
			return c, usage("write a count behind it, as in sshd:1-; if it is a host, end the monitor line in mon.cf with ;;", "cannot look for %q: it has no count", arg)
		}
	}
	return c, nil
}
