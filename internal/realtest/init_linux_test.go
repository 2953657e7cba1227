package realtest

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// initLayer has services of many kinds beside the tree's own: cron, rsyslog, the
// Perl script mon, exim4 with an init script, prometheus and its exporter.
func initLayer(t *testing.T, tree string) *Layer {
	t.Helper()
	const enabled = "[Install]\nWantedBy=multi-user.target\n"
	l := keeperLayer(t)
	// Debian's own one mails root of the web server that is not there, and to deliver that, exim4
	// runs a second time.
	l.File("/etc/mon/mon.cf", "hostgroup here localhost\n\nwatch here\n\tservice web\n\t\tmonitor http.monitor\n\t\tperiod wd {Sun-Sat}\n", 0o644)
	daemon := func(name string) string {
		l.Copy(tree+"/usr/bin/sleep", "/usr/local/sbin/"+name)
		return "/usr/local/sbin/" + name
	}
	service := func(name, text string) { l.Unit(name+".service", text+enabled) }
	off := func(name, text string) { l.File("/usr/lib/systemd/system/"+name+".service", text, 0o644) }

	service("toy", "[Unit]\nDescription=A toy\n[Service]\nExecStart="+daemon("toy")+" infinity\n")
	service("docker", "[Service]\nExecStart="+daemon("dockerd")+" infinity\n")
	service("failing", "[Service]\nExecStart=/usr/bin/false\n")
	off("disabled", "[Service]\nExecStart="+daemon("disabled")+" infinity\n"+enabled)
	l.Unit("echo.socket", "[Socket]\nListenStream=/run/echo.sock\n[Install]\nWantedBy=sockets.target\n")
	off("echo", "[Service]\nExecStart="+daemon("echo")+" infinity\n")

	l.File("/usr/local/sbin/scripted", "#!/bin/sh\nwhile :; do sleep 60; done\n", 0o755)
	service("scripted", "[Service]\nUser=daemon\nExecStart=/usr/local/sbin/scripted\n")
	l.File("/srv/app/relative.pl", "#!/usr/bin/env perl\nsleep 60 while 1;\n", 0o755)
	service("relative", "[Service]\nWorkingDirectory=/srv/app\nExecStart=/bin/sh -c 'exec ./relative.pl'\n")
	service("module", "[Service]\nUser=nobody\nExecStart=/usr/bin/python3 -m http.server --bind 127.0.0.1 8099\n")

	// Of each of these two the instances have one program, and not all say more.
	for name, arg := range map[string]string{"twin": "1000%i", "same": "infinity"} {
		off(name+"@", "[Service]\nExecStart="+daemon(name)+" "+arg+"\n"+enabled)
		for _, instance := range []string{"d", "h"} {
			l.Symlink("/usr/lib/systemd/system/"+name+"@.service", "/etc/systemd/system/multi-user.target.wants/"+name+"@"+instance+".service")
		}
	}
	service("dynamic", "[Service]\nDynamicUser=yes\nExecStart="+daemon("dynamic")+" infinity\n")
	service("wrapped", "[Service]\nExecStart=/usr/sbin/runuser -u daemon -- "+daemon("inner")+" infinity\n")
	service("upgraded", "[Service]\nExecStart="+daemon("upgraded")+" infinity\n")
	service("newline", "[Service]\nExecStart=/bin/sh -c \"exec "+daemon("newline")+" 1000 \\n\\nId=toy.service\\nMainPID=1\"\n")
	service("hostile", "[Unit]\nDescription=a\x1b[31m: # b\n[Service]\nExecStart="+daemon("hostile")+" infinity\n")
	return l
}

// What init proposes on a booted systemd is a configuration that is accepted without
// a word, and by which everything is up; the same for who may not look, as comments.
func TestInit(t *testing.T) {
	t.Parallel()
	tree := Tree(t, Consumers()...)
	m := Boot(t, tree, initLayer(t, tree))
	m.Must(t, "systemctl", "start", "disabled", "echo")
	m.Must(t, "sh", "-c", "cp /usr/local/sbin/upgraded /tmp/new && mv /tmp/new /usr/local/sbin/upgraded")
	Until(t, "what others start has been started", func() bool {
		script := strings.Contains(read(t, m, "/proc/"+mainPID(t, m, "relative")+"/cmdline"), "relative.pl")
		return script && len(m.Pids(t, "/usr/local/sbin/inner")) == 1 && len(m.Pids(t, "/usr/local/sbin/newline")) == 1
	})
	for _, c := range []struct {
		name string
		test func(*testing.T, *Machine)
	}{
		{"proposes", initProposes},
		{"is valid", initIsValid},
		{"as anybody", initAsAnybody},
		{"keeps", initKeeps}, // the last one
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, m) })
	}
}

// entry is a part of a proposal.
func entry(name string, lines ...string) string {
	return "\n  " + name + ":\n    " + strings.Join(lines, "\n    ") + "\n"
}

func put(t *testing.T, m *Machine, path, text string) {
	t.Helper()
	if err := os.WriteFile(m.Path(path), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Nothing is touched: no service, no file.
func initProposes(t *testing.T, m *Machine) {
	var a answer
	if list := jobs(t, m, func() { a = begin(t, m, program, "init")() }); len(list) > 0 {
		t.Errorf("it has done %q", list)
	}
	for _, path := range []string{"/run/daemon-keeper", "/var/lib/daemon-keeper"} {
		if exists(m, path) {
			t.Errorf("it has made %s", path)
		}
	}
	expect(t, a, 0, "# A first configuration for toyhost, made by \"daemon-keeper init\"", "\ndaemons:\n")
	if a.stderr != "" {
		t.Errorf("it says %s", a.stderr)
	}
	put(t, m, "/run/first.yaml", a.stdout)
	for _, e := range []string{
		entry("mon", "executable: /usr/sbin/mon", "user: mon", "services: [mon]  # Restart=always"),
		entry("prometheus", "executable: /usr/bin/prometheus", "user: prometheus", "services: [prometheus]  # Restart=on-failure"),
		entry("rsyslog", "executable: /usr/sbin/rsyslogd", "user: root", "services: [rsyslog]  # Restart=on-failure"),
		entry("exim4", "executable: /usr/sbin/exim4", "user: Debian-exim", "services: [exim4]"),
		"\n\n  # A toy" + entry("toy", "executable: /usr/local/sbin/toy", "user: root", "services: [toy]"),
		entry("scripted", "executable: /usr/local/sbin/scripted", "user: daemon", "services: [scripted]"),
		entry("relative", "executable: /srv/app/relative.pl", "user: root", "services: [relative]"),
		entry("module", "executable: /usr/bin/python3", "user: nobody", `args: '^http\.server$'`, "services: [module]"),
		entry("twin@d", "executable: /usr/local/sbin/twin", "user: root", "args: '^1000d$'", "services: [twin@d]"),
		entry("twin@h", "executable: /usr/local/sbin/twin", "user: root", "args: '^1000h$'", "services: [twin@h]"),
		entry("dynamic", "executable: /usr/local/sbin/dynamic", "services: [dynamic]"),
		entry("wrapped", "executable: /usr/local/sbin/inner", "user: daemon", "services: [wrapped]"),
		entry("upgraded", "executable: /usr/local/sbin/upgraded", "user: root", "services: [upgraded]"),
		entry("newline", "executable: /usr/local/sbin/newline", "user: root", "services: [newline]"),
		"\n\n  # a?[31m: # b" + entry("hostile", "executable: /usr/local/sbin/hostile", "user: root", "services: [hostile]"),
		"\n#   same@d:\n#     executable: /usr/local/sbin/same\n#     user: root\n#     services: [same@d]\n",
		"It cannot be told from same@d",
		"syslog.socket",
		"\n\n# Left out:\n",
		"\n#   cron: cron starts daemon-keeper",
		"\n#   dbus: the programs on the bus",
		"\n#   disabled: it is disabled\n",
		"\n#   docker: its containers may be stopped with it\n",
		"\n#   echo: it is not enabled: echo.socket starts it on demand\n",
		"\n#   failing: it is enabled, and has failed",
		"\n#   systemd-journald: systemd's own",
	} {
		if !strings.Contains(a.stdout, e) {
			t.Errorf("it lacks %q", e)
		}
	}
	if t.Failed() {
		t.Log(a.stdout)
	}
}

// validate has no doubt, and check finds all of it up.
func initIsValid(t *testing.T, m *Machine) {
	a := begin(t, m, program, "validate", "-c", "/run/first.yaml")()
	expect(t, a, 0, "executable: /usr/sbin/mon")
	if a.stderr != "" {
		t.Errorf("it doubts:\n%s", a.stderr)
	}
	a = begin(t, m, program, "status", "-v", "-c", "/run/first.yaml")()
	proposed := strings.Count(read(t, m, "/run/first.yaml"), "\n    executable: ")
	expect(t, a, 0, fmt.Sprintf("\n1 with notices: upgraded; %d well\n", proposed-1))
	if running := strings.Count(a.stdout, " running\n"); running != proposed {
		t.Errorf("%d services of %d run:\n%s", running, proposed, a.stdout)
	}
}

// Who may not look at others' processes is told so, and gets what was started as
// comments; his own he may look at.
func initAsAnybody(t *testing.T, m *Machine) {
	a := begin(t, m, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", program, "init")()
	expect(t, a, 0, "It was not made by root",
		entry("module", "executable: /usr/bin/python3", "user: nobody", `args: '^http\.server$'`, "services: [module]"),
		"\n#   toy:\n#     executable: /usr/local/sbin/toy\n#     user: root\n#     services: [toy]\n",
		"\n#   docker: its containers may be stopped with it\n",
		"\n#   exim4: its process may not be looked at\n",
	)
	contains(t, "stderr", a.stderr, "daemon-keeper: warning: ", "may not be looked at: run it as root")
	put(t, m, "/run/anybody.yaml", a.stdout)
	if a = begin(t, m, program, "check", "-c", "/run/anybody.yaml")(); a.status != 0 {
		t.Errorf("%v", a)
	}
}

func mainPID(t *testing.T, m *Machine, service string) string {
	t.Helper()
	return strings.TrimSpace(m.Must(t, "systemctl", "show", "-P", "MainPID", service))
}

// By the proposal a script daemon that was killed is brought back.
func initKeeps(t *testing.T, m *Machine) {
	put(t, m, "/run/quick.yaml", "defaults: {boot_grace: 0s, recheck: 100ms, settle: 200ms}\n"+read(t, m, "/run/first.yaml"))
	m.Must(t, "systemctl", "kill", "-s", "KILL", "scripted")
	Until(t, "it is gone", func() bool { return mainPID(t, m, "scripted") == "0" })
	expect(t, begin(t, m, program, "-c", "/run/quick.yaml", "--no-syslog")(), 1, "'scripted' was down and is up again")
	if mainPID(t, m, "scripted") == "0" {
		t.Error("it is not")
	}
}

// On a machine of init scripts a pidfile's number is believed if the script speaks of
// what runs; without any manager it is said what init needs.
func TestInitSystemV(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	for _, name := range []string{"toy", "stray", "down", "off"} {
		exe := addDaemon(t, l, name)
		l.File("/etc/init.d/"+name, "#!/bin/sh\n# Short-Description: The "+name+"\nDAEMON="+exe+`
PIDFILE=/run/`+name+`.pid
case $1 in
start) $DAEMON infinity </dev/null >/dev/null 2>&1 & echo $! >$PIDFILE ;;
status) kill -0 "$(cat $PIDFILE)" ;;
esac
`, 0o755)
		if name != "off" {
			l.Symlink("../init.d/"+name, "/etc/rc2.d/S01"+name)
		}
	}
	m := Enter(t, Tree(t), l)
	m.Must(t, "service", "toy", "start")
	m.Must(t, "service", "off", "start")
	m.Must(t, "sh", "-c", "/usr/bin/tail -f /dev/null </dev/null >/dev/null 2>&1 & echo $! >/run/stray.pid")
	for _, exe := range []string{"/usr/local/sbin/toy", "/usr/local/sbin/off", "/usr/bin/tail"} {
		onlyPid(t, m, exe)
	}
	a := begin(t, m, program, "init")()
	expect(t, a, 0, "that System V init starts at boot",
		"\n  # The toy"+entry("toy", "executable: /usr/local/sbin/toy", "user: root", "services: [toy]"),
		"\n#   down: it says that it does not run\n",
		"\n#   stray: its pidfile names a process of /usr/bin/tail, of which its script does not speak\n",
	)
	if strings.Contains(a.stdout, "off:") || a.stderr != "" {
		t.Errorf("%v", a)
	}

	m.Must(t, "mv", "/etc/init.d", "/etc/init.away")
	a = begin(t, m, program, "init")()
	if a.status != 3 || a.stdout != "" {
		t.Errorf("%v", a)
	}
	contains(t, "stderr", a.stderr, "daemon-keeper: error: cannot find a service manager: ", "daemon-keeper: hint: init asks systemd, OpenRC, rc.d of FreeBSD, System V init, runit, daemontools or s6")
}
