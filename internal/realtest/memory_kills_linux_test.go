package realtest

import (
	"os"
	"strconv"
	"testing"
)

// killsConfig has a daemon of two services, the second of which is not part of it, and
// one that is a stranger to both.
const killsConfig = `
evidence_timeout: 1m
defaults: {recheck: 0s, verify: 3s, settle: 10ms, boot_grace: 0s, backoff: [0s]}
daemons:
  toy: {executable: /usr/local/sbin/toy, services: [toy, helper]}
  other: {executable: /usr/local/sbin/other, services: [other]}
`

// killing is a program for --service-command. At the point that stands in the file at,
// such as "stop.toy.begin", it kills the run that has started it, which is its parent's
// parent; with "dies" behind it, it ends there, and goes on otherwise. Two steps of one
// service that overlap are written down, with "orphan" if the run of the earlier one is
// dead, and so is a start of what runs.
const killing = `#!/bin/sh
cd /run/kills || exit 9
case $0 in
/etc/init.d/*) set -- "${0##*/}" "$1" ;;
esac
case $2 in
status) kill -0 "$(cat $1.pid)" 2>/dev/null || exit 3; exit 0 ;;
esac
at() {
	read -r point how 2>/dev/null <at || return 0
	[ "$point" = "$1" ] || return 0
	rm at
	kill -9 $run
	case $how in
	both*) kill -9 $PPID ;;
	esac
	case $how in
	dies) rm -f $name.busy; exit 9 ;;
	*slow) sleep 10 ;; # longer than it takes to begin a run on a busy machine
	esac
}
name=$1 verb=$2 run=
read -r _ _ _ run _ 2>/dev/null </proc/$PPID/stat
if ! ln -s "run $run" $name.busy 2>/dev/null; then
	owner=$(readlink $name.busy)
	kill -0 "${owner#run }" 2>/dev/null || owner=orphan
	echo "$verb $name of $run while $owner" >>overlaps
fi
echo "$verb $name" >>calls
at $verb.$name.begin
case $verb in
start)
	if ! kill -0 "$(cat $name.pid)" 2>/dev/null; then
		/usr/local/sbin/$name infinity >/dev/null 2>&1 &
		echo $! >$name.pid
	else
		echo "start $name of $run while it runs" >>overlaps
	fi
	;;
stop)
	kill -9 "$(cat $name.pid)" 2>/dev/null
	rm -f $name.pid
	;;
esac
at $verb.$name.end
rm -f $name.busy
`

// campaign is how many runs are killed: few, or the percentage in DAEMON_KEEPER_CAMPAIGN
// of as many as docs/reliability.md tells of.
func campaign(few, many int) int {
	if percent, err := strconv.Atoi(os.Getenv("DAEMON_KEEPER_CAMPAIGN")); err == nil {
		return many * percent / 100
	}
	return few
}

// killUnits are the same three services for systemd. The one that lives while it is
// stopped takes its time, and what is started is counted.
func killUnits(l *Layer) {
	for _, name := range killNames {
		stop := ""
		if name == "helper" {
			stop = "ExecStop=/bin/sleep 0.05\n"
		}
		l.Unit(name+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nExecStart=/usr/local/sbin/"+name+" infinity\n"+
			"ExecStartPre=/bin/sh -c 'echo "+name+" >>"+killsDir+"/starts; sleep 0.05'\n"+stop)
	}
}

var killNames = []string{"toy", "helper", "other"}

// The same with the machine's own manager.
func TestManagerKills(t *testing.T) {
	t.Parallel()
	for _, manager := range []string{"systemd", "sysv"} {
		t.Run(manager, func(t *testing.T) {
			t.Parallel()
			l := keeperLayer(t)
			for _, name := range killNames {
				addDaemon(t, l, name)
				if manager == "sysv" {
					l.File("/etc/init.d/"+name, killing, 0o755)
				}
			}
			l.File("/etc/daemon-keeper.yaml", killsConfig, 0o644)
			boot := Enter
			if manager == "systemd" {
				killUnits(l)
				boot = Boot
			}
			m := boot(t, Tree(t), l, selfLayer(t))
			for _, part := range []struct {
				name   string
				rounds int
			}{{"alone", campaign(3, 500)}, {"together", campaign(2, 200)}, {"twins", campaign(2, 200)}} {
				inside(t, m, "^TestMemoryKillsInside$/^"+part.name+"$", killsRounds+"="+strconv.Itoa(part.rounds), killsManager+"="+manager)
			}
		})
	}
}

// A run can be killed at any moment: the next one starts what it has left stopped, and
// says so. A campaign kills many more.
func TestMemoryKills(t *testing.T) {
	t.Parallel()
	for _, part := range []struct {
		name   string
		rounds int
	}{
		{"steps", campaign(1, 20)},
		{"finishing", campaign(1, 20)},
		{"moments", campaign(30, 500)},
		{"pairs", campaign(15, 200)},
		{"strangers", campaign(10, 200)},
		{"reboots", campaign(1, 10)},
		{"slow", campaign(1, 10)},
		{"alone", campaign(20, 2000)},
		{"together", campaign(10, 500)},
		{"twins", campaign(10, 500)},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			l := keeperLayer(t)
			for _, name := range killNames {
				addDaemon(t, l, name)
			}
			l.File("/etc/daemon-keeper.yaml", killsConfig, 0o644)
			l.File("/usr/local/sbin/manage", killing, 0o755)
			m := Enter(t, Tree(t), l, selfLayer(t))
			inside(t, m, "^TestMemoryKillsInside$/^"+part.name+"$", killsRounds+"="+strconv.Itoa(part.rounds))
		})
	}
}
