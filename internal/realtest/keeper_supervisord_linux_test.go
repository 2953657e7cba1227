package realtest

import (
	"strings"
	"testing"
)

const supervisordPrograms = `[unix_http_server]
file=/run/supervisor.sock
[supervisord]
logfile=/var/log/supervisord.log
pidfile=/run/supervisord.pid
childlogdir=/tmp
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix:///run/supervisor.sock
[program:kept]
command=/usr/local/sbin/kept infinity
[program:single]
command=/usr/local/sbin/single infinity
autorestart=false
[program:hung]
command=/bin/sh -c "trap '' TERM; while :; do /usr/local/sbin/hung infinity; done"
autorestart=false
stopwaitsecs=1
stopasgroup=false
killasgroup=true
[program:gone]
command=/usr/local/sbin/gone infinity
autostart=false
[group:web]
programs=worker
[program:worker]
command=/usr/local/sbin/worker infinity
numprocs=2
process_name=%(program_name)s_%(process_num)02d
autorestart=false
`

// supervisord starts most of its programs again by itself, and is left to that; what it leaves
// down is started through it, unless it was told to.
func TestKeeperSupervisord(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	for _, name := range []string{"kept", "single", "hung", "worker"} {
		addDaemon(t, l, name)
	}
	l.File("/etc/supervisor/supervisord.conf", supervisordPrograms, 0o644)
	m := Enter(t, managersTree(t), l)
	m.Start(t, "supervisord", "-n", "-c", "/etc/supervisor/supervisord.conf")
	says := func(name, word string) {
		t.Helper()
		Until(t, "supervisord says that "+name+" is "+word, func() bool {
			output, _ := m.Run(t, "supervisorctl", "status", name)
			return strings.Contains(output, word)
		})
	}
	for _, name := range []string{"kept", "single", "hung", "web:worker_00", "web:worker_01"} {
		says(name, "RUNNING")
	}
	write(t, m, "/etc/daemon-keeper.yaml", `defaults: {boot_grace: 0s, recheck: 100ms, settle: 200ms, backoff: [0s]}
daemons:
  kept: {executable: /usr/local/sbin/kept, services: [kept]}
  single: {executable: /usr/local/sbin/single, services: [supervisor:single]}
  workers: {executable: /usr/local/sbin/worker, count: 2-, services: ["supervisor:web:worker_00", "supervisor:web:worker_01"]}
`)
	run := func(args ...string) answer {
		t.Helper()
		return begin(t, m, append([]string{program}, args...)...)()
	}
	expect := func(what string, a answer, status int, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if !strings.Contains(a.stdout+a.stderr, text) {
				t.Errorf("%s: it does not say %q", what, text)
			}
		}
		if a.status != status || t.Failed() {
			t.Fatalf("%s: %v, want status %d", what, a, status)
		}
	}

	expect("all is up", run("run", "--no-syslog"), 0)
	expect("status", run("status"), 0, "3 well")

	kill(t, m, "/usr/local/sbin/single")
	expect("what it leaves down", run("run", "--no-syslog"), 1, "'single' was down and is up again", "SIGKILL")
	says("single", "RUNNING")

	for _, pid := range m.Pids(t, "/usr/local/sbin/worker") {
		m.Kill(t, pid, 9)
	}
	says("web:worker_01", "EXITED")
	expect("two services of one daemon", run("run", "--no-syslog"), 1, "'workers' was down and is up again")

	m.Must(t, "supervisorctl", "stop", "single")
	expect("stopped by hand", run("run", "--no-syslog"), 0, "supervisord was told to stop it; to have it kept again: /bin/supervisorctl start single")
	m.Must(t, "supervisorctl", "start", "single")
	expect("started by hand", run("run", "--no-syslog"), 0)

	kill(t, m, "/usr/local/sbin/kept")
	if a := run("run", "--no-syslog"); strings.Contains(a.stdout, "stop") || a.status == 2 {
		t.Errorf("what it starts again itself: %v", a)
	}
	says("kept", "RUNNING")

	before := onlyPid(t, m, "/usr/local/sbin/hung")
	a := run("run", "--no-syslog", "-e", "/usr/local/sbin/hung", "-s", "supervisor:hung", "--boot-grace", "0s", "--recheck", "100ms", "--state-dir=")
	expect("it runs", a, 0)
	write(t, m, "/etc/hung.yaml", `defaults: {boot_grace: 0s, recheck: 100ms, settle: 200ms, verify: 3s}
daemons: {hung: {executable: /usr/local/sbin/hung, listen: "tcp://127.0.0.1:9", services: [supervisor:hung]}}
`)
	expect("hung: nothing listens", run("run", "--no-syslog", "-c", "/etc/hung.yaml", "--state-dir="), 2, "127.0.0.1:9")
	if after := onlyPid(t, m, "/usr/local/sbin/hung"); after == before {
		t.Errorf("what is hung was not stopped: it is process %d as before", after)
	}

	write(t, m, "/etc/gone.yaml", "defaults: {boot_grace: 0s, recheck: 100ms}\ndaemons: {gone: {executable: /usr/local/sbin/gone, services: [supervisor:gone]}}\n")
	t.Log(run("run", "--no-syslog", "-c", "/etc/gone.yaml", "--state-dir="))
	expect("an unknown name", run("run", "--no-syslog", "-e", "/usr/local/sbin/single", "-s", "supervisor:nosuch"), 3,
		"cannot find service supervisor:nosuch: supervisord knows none of that name", "hint: list the names with: /bin/supervisorctl -c /etc/supervisor/supervisord.conf status")

	proposed := run("init")
	expect("init", proposed, 0, "supervisor:kept", "supervisor:single")
	write(t, m, "/etc/proposed.yaml", proposed.stdout)
	expect("all that init proposes is up", run("check", "-c", "/etc/proposed.yaml"), 0)
}
