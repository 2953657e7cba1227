package realtest

import (
	"slices"
	"strings"
	"testing"
)

// monConfig asks every second: for two daemons by their names, and for the
// whole configuration. ;; keeps mon from adding the group's hosts.
const monConfig = `
alertdir = /usr/local/lib/mon/alert.d
mondir = /usr/local/lib/mon/mon.d
logdir = /var/log/mon
statedir = /var/lib/mon
cfbasedir = /etc/mon
authfile = /etc/mon/auth.cf
serverbind = 127.0.0.1
trapbind = 127.0.0.1
clientallow = 127.0.0.1

hostgroup daemons toyhost

watch daemons
	service pair
		interval 1s
		monitor ps.monitor up:1-1 down:1- ;;
		period wd {Sun-Sat}
			alert note.alert
			upalert note.alert
			alertevery 1h
	service all
		interval 1s
		monitor daemon-keeper check -o mon ;;
		period wd {Sun-Sat}
			alert note.alert
			alertevery 1h
`

// noteAlert writes down how it was called and what it was given.
const noteAlert = `#!/bin/sh
{ echo "$MON_ALERTTYPE: $*"; cat; echo; } >>/var/lib/mon/$MON_SERVICE.alerts
`

// monSudo lets mon's user ask for the whole configuration, and nothing else.
const monSudo = "mon ALL=(root) NOPASSWD: " + program + " check -o mon\n"

func addMon(l *Layer) {
	l.File("/etc/mon/mon.cf", monConfig, 0o644)
	l.File("/usr/local/lib/mon/alert.d/note.alert", noteAlert, 0o755)
	l.Symlink(program, "/usr/local/lib/mon/mon.d/ps.monitor")
	l.File("/usr/local/lib/mon/mon.d/daemon-keeper", "#!/bin/sh\nexec sudo -n "+program+` "$@"`+"\n", 0o755)
	l.File("/etc/sudoers.d/mon", monSudo, 0o440)
}

// mon's own user is told which daemons are down: in the first line that an alert
// gets, which stays the same while they are, so that it comes once; and told that
// they are up again. For the whole configuration, mon needs sudo.
func outputsMon(t *testing.T, m *Machine) {
	startPackaged(t, m, "mon")
	alerts := func(service string) string { return read(t, m, "/var/lib/mon/"+service+".alerts") }
	failures := func(service string) []string {
		return linesWith(read(t, m, "/var/log/syslog"), "failure for daemons "+service+" ")
	}

	Until(t, "two services have failed twice", func() bool {
		return len(failures("pair")) >= 2 && len(failures("all")) >= 2 && strings.Count(alerts("pair"), "\n") > 3 && strings.Count(alerts("all"), "\n") > 3
	})
	users := strings.Fields(m.Must(t, "ps", "-o", "user=", "-C", "mon")) // of what it has forked, too
	if len(slices.Compact(users)) != 1 || users[0] != "mon" {
		t.Errorf("mon runs as %q", users)
	}
	for service, summary := range map[string]string{"pair": "down", "all": "down unknown forbidden"} {
		lines := strings.Split(alerts(service), "\n")
		matches(t, "the alert", lines[0], `failure: -s `+service+` -g daemons -h toyhost -t \d+`)
		if lines[1] != summary {
			t.Errorf("the alert of %s got %q", service, lines[1:])
		}
		for _, line := range failures(service) {
			matches(t, "a failure", line, `.*: failure for daemons `+service+` \d+ `+summary)
		}
		if n := strings.Count(alerts(service), "failure: -s"); n != 1 {
			t.Errorf("%d alerts of %s have come:\n%s", n, service, alerts(service))
		}
	}
	contains(t, "the alert", alerts("all"), "'busy'")
	contains(t, "mon's list", m.Must(t, "moncmd", "-s", "127.0.0.1", "list failures"), `last_summary=down\20unknown\20forbidden `)

	startDown(t, m)
	Until(t, "mon says that it is up", func() bool {
		return strings.Contains(alerts("pair"), "up: -s pair -g daemons -h toyhost -t ")
	})
}
