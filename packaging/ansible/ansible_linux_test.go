package ansible

import (
	"bytes"
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/internal/realtest"
)

// inventory is a host with two daemons, on which all is quick. The second needs what
// may need quotes.
const inventory = `
all:
  hosts:
    toyhost:
  vars:
    ansible_connection: local
    ansible_python_interpreter: /usr/bin/python3
    daemon_keeper_binary: '{{ inventory_dir }}/daemon-keeper'
    daemon_keeper_defaults: {boot_grace: 0s, recheck: 100ms, verify: 20s, settle: 100ms, backoff: [0s]}
    daemon_keeper_forbid:
      - {rule: no-telnetd, name: telnetd}
      - {rule: runaway, cpu: {over: 90%, for: 1s}, exempt: [/usr/local/sbin/toy, {user: nobody}]}
    daemon_keeper_mail: root
    daemon_keeper_remind: 30m
    daemon_keeper_prometheus: /var/tmp/100%.prom
    daemon_keeper_options: [--at-once, '2']
    daemon_keeper_daemons:
      - daemon: toy
        executable: /usr/local/sbin/toy
        services: [toy]
        count: 1
      - daemon: other
        executable: /usr/local/sbin/other
        args: "it's|in\\w+y"
        memory: {rss: 2GiB}
        restart_on: [memory]
        services: [other]
        after: [toy]
        respect: []
`

const (
	header   = "# Laid down by the Ansible role daemon_keeper.fleet.daemon_keeper, which overwrites changes.\n"
	mainFile = header + `defaults:
  boot_grace: 0s
  recheck: 100ms
  verify: 20s
  settle: 100ms
  backoff: [0s]
mail: root
remind: 30m
forbid:
  no-telnetd:
    name: telnetd
  runaway:
    cpu: {over: 90%, for: 1s}
    exempt: [/usr/local/sbin/toy, {user: nobody}]
`
	dropInToy = header + `daemons:
  toy:
    executable: /usr/local/sbin/toy
    services: [toy]
    count: 1
`
	dropInOther = header + `daemons:
  other:
    executable: /usr/local/sbin/other
    args: 'it''s|in\w+y'
    memory: {rss: 2GiB}
    restart_on: [memory]
    services: [other]
    after: [toy]
    respect: []
`
	cronFile = header + `PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
* * * * * root /usr/local/sbin/daemon-keeper --prometheus /var/tmp/100\%.prom --at-once 2
`
)

// foreign is a drop-in that somebody else has put there. It needs one of ours.
const foreign = `daemons:
  foreign:
    executable: /usr/bin/sleep
    services: []
    count: 0-
    after: [toy]
`

const site = "daemon_keeper.fleet.site"

// A host's life with the role, over a local connection on a booted systemd, with the
// real cron.
func TestRole(t *testing.T) {
	realtest.Need(t)
	t.Parallel()
	l := quiet(t)
	l.FastCron(20)
	// Once there is a gate it waits there, before it starts.
	toy(t, l, "toy", "TimeoutStartSec=300\nExecStartPre=/bin/sh -c '[ ! -p /run/gate ] || read _ </run/gate'\n")
	toy(t, l, "other", "")
	l.File("/etc/daemon-keeper.d/foreign.yaml", foreign, 0o644)
	withAnsible(t, l)
	m := realtest.Boot(t, tree(t), l)
	write(t, m, "/play/hosts.yml", inventory)

	bare := snapshot(t, m)
	for _, c := range []struct {
		name string
		test func(*testing.T, *realtest.Machine, []string)
	}{
		{"mistakes", mistakes},
		{"check on a bare host", checkBare},
		{"converge", converge},
		{"cron restores", cronRestores},
		{"again", again},
		{"a daemon less", daemonLess},
		{"absent", absent},
	} {
		if !t.Run(c.name, func(t *testing.T) { c.test(t, m, bare) }) {
			return // the rest would fail too
		}
	}
}

// unchanged fails the test unless nothing in the machine differs from before.
func unchanged(t *testing.T, m *realtest.Machine, before []string) {
	t.Helper()
	if d := differences(before, snapshot(t, m)); len(d) > 0 {
		t.Errorf("the host has changed:\n%s", strings.Join(d, "\n"))
	}
}

// badInventory has hosts, all of them the same machine, each with mistakes.
const badInventory = `
all:
  vars:
    ansible_connection: local
    ansible_python_interpreter: /usr/bin/python3
    daemon_keeper_binary: '{{ inventory_dir }}/daemon-keeper'
    daemon_keeper_daemons:
      - {daemon: toy, executable: /usr/local/sbin/toy, services: [toy]}
  hosts:
    variable: {daemon_keeper_deamons: []}
    key: {daemon_keeper_daemons: [{daemon: toy, excutable: /usr/local/sbin/toy, services: [toy]}]}
    nameless: {daemon_keeper_daemons: [{executable: /usr/local/sbin/toy, services: [toy]}]}
    choice: {daemon_keeper_daemons: [{daemon: toy, executable: /usr/local/sbin/toy, services: [toy], respect: [wishes]}]}
    source: {daemon_keeper_package: daemon-keeper}
    file: {daemon_keeper_binary: nowhere}
    service: {daemon_keeper_daemons: [{daemon: toy, executable: /usr/local/sbin/toy, user: nobodyatall, services: [toyy]}]}
    metrics: {daemon_keeper_prometheus: /var/tmp/metrics}
    entries:
      daemon_keeper_options: [--promteus, /var/tmp/x.prom]
      daemon_keeper_daemons:
        - {daemon: regexp, executable: /usr/local/sbin/toy, services: [toy], args: '('}
        - {daemon: twice, executable: /usr/local/sbin/toy, services: [toy]}
        - {daemon: twice, executable: /usr/local/sbin/toy, services: [toy]}
        - {daemon: after, executable: /usr/local/sbin/toy, services: [toy], after: [nosuch]}
        - {daemon: count, executable: /usr/local/sbin/toy, services: [toy], count: 3-1}
        - {daemon: services, executable: /usr/local/sbin/toy}
`

// refusals are what each of the hosts is told.
func refusals() map[string][]string {
	return map[string][]string{
		"variable": {"cannot use daemon_keeper_deamons: the role has no such variable, but daemon_keeper_state, "},
		"key":      {"daemon_keeper_daemons.excutable. Supported parameters include: acceptable, after, "},
		"nameless": {"missing required arguments: daemon found in daemon_keeper_daemons"},
		"choice":   {"value of respect must be one or more of: pause, stopped, disabled, packages. Got no match for: wishes"},
		"source":   {"cannot tell where the program comes from: give one of daemon_keeper_binary, daemon_keeper_package_file and daemon_keeper_package, not /play/daemon-keeper and daemon-keeper"},
		"file":     {"cannot find nowhere on the controller"},
		"service":  {`'toy': cannot find service toyy: `, `'toy': cannot find user \"nobodyatall\"`},
		"metrics":  {"cannot use daemon_keeper_prometheus '/var/tmp/metrics': it must be an absolute path that ends in .prom"},
		"entries": {
			`"nothing was changed:", "daemon-keeper: error: daemon-keeper.yaml:`,
			`cannot use \"(\" as args of daemon regexp: missing closing )`,
			`duplicate key \"twice\" in daemons`,
			`cannot find daemon \"nosuch\", after which daemon after comes`,
			`cannot use \"3-1\" as count of daemon count: the range is empty`,
			`daemon services has no services`,
			`unknown flag --promteus`, `did you mean --prometheus?`,
			`daemon-keeper: hint: leave one of the two out`,
			`daemon-keeper.d/foreign.yaml:6:13: cannot find daemon \"toy\", after which daemon foreign comes`,
		},
	}
}

// Each mistake fails the play with words that help, and the host stays as it is.
func mistakes(t *testing.T, m *realtest.Machine, bare []string) {
	write(t, m, "/play/bad.yml", badInventory)
	r := play(t, m, "-i", "bad.yml", "-l", "!toyhost", site)
	want := refusals()
	for host, texts := range want {
		if r.hosts[host] != (recap{Failed: 1}) {
			t.Errorf("%s: %+v", host, r.hosts[host])
		}
		told := regexp.MustCompile(`(?m)^fatal: \[` + host + `\]: FAILED! => (.*)$`).FindStringSubmatch(r.output)
		for _, text := range texts {
			if told == nil || !strings.Contains(told[1], text) {
				t.Errorf("%s is not told %q", host, text)
			}
		}
	}
	if len(r.hosts) != len(want) || t.Failed() {
		t.Errorf("the play said:\n%s", r.output)
	}
	unchanged(t, m, bare)
}

// On a bare host a check says what would be done, and does nothing.
func checkBare(t *testing.T, m *realtest.Machine, bare []string) {
	r := play(t, m, "--check", "--diff", site)
	r.only(t, recap{Changed: 4})
	for _, line := range []string{"+    services: [toy]", "+mail: root", "+* * * * * root "} {
		if !strings.Contains(r.output, "\n"+line) {
			t.Errorf("the difference lacks %q:\n%s", line, r.output)
		}
	}
	unchanged(t, m, bare)
}

// One play takes a host from nothing to kept.
func converge(t *testing.T, m *realtest.Machine, _ []string) {
	play(t, m, site).only(t, recap{Changed: 4})
	for path, want := range map[string]string{
		"/etc/daemon-keeper.yaml":                 mainFile,
		"/etc/daemon-keeper.d/ansible-toy.yaml":   dropInToy,
		"/etc/daemon-keeper.d/ansible-other.yaml": dropInOther,
		"/etc/cron.d/daemon-keeper":               cronFile,
	} {
		if got := read(t, m, path); got != want {
			t.Errorf("%s is not\n%s\nbut\n%s", path, want, got)
		}
	}
	modes := m.Must(t, "stat", "-c", "%a %U %G %n", "/usr/local/sbin/daemon-keeper", "/etc/daemon-keeper.yaml", "/etc/daemon-keeper.d", "/etc/cron.d/daemon-keeper")
	if want := "755 root root /usr/local/sbin/daemon-keeper\n644 root root /etc/daemon-keeper.yaml\n" +
		"755 root root /etc/daemon-keeper.d\n644 root root /etc/cron.d/daemon-keeper\n"; modes != want {
		t.Errorf("modes and owners are\n%s", modes)
	}
	if left, _ := filepath.Glob(m.Path("/tmp/ansible.*")); left != nil {
		t.Errorf("left %q", left)
	}
	// Its own opinion, and that the quotes were right.
	if out := m.Must(t, "daemon-keeper", "validate"); !strings.Contains(out, `    args: 'it''s|in\w+y'`+"\n") {
		t.Errorf("the program reads:\n%s", out)
	}
}

// The cron job brings a killed daemon back.
func cronRestores(t *testing.T, m *realtest.Machine, _ []string) {
	before := m.Pids(t, "/usr/local/sbin/toy")
	if len(before) != 1 {
		t.Fatalf("toy is %v", before)
	}
	m.Kill(t, before[0], syscall.SIGKILL)
	realtest.Until(t, "toy is back", func() bool {
		pids := m.Pids(t, "/usr/local/sbin/toy")
		return len(pids) == 1 && pids[0] != before[0]
	})
	realtest.Until(t, "the metrics tell it", func() bool {
		return strings.Contains(read(t, m, "/var/tmp/100%.prom"), `daemon_keeper_restarts_total{daemon="toy"} 1`)
	})
}

// A second run changes nothing.
func again(t *testing.T, m *realtest.Machine, _ []string) {
	play(t, m, site).only(t, recap{})
}

// A daemon that is no longer named loses its drop-in, what else has changed is shown,
// and what others have laid down stays.
func daemonLess(t *testing.T, m *realtest.Machine, _ []string) {
	write(t, m, "/etc/daemon-keeper.d/ansible-of-others.yaml", "# by another role\n")
	write(t, m, "/etc/daemon-keeper.yaml", "# by hand\n")
	less, _, _ := strings.Cut(inventory, "      - daemon: other")
	write(t, m, "/play/hosts.yml", strings.Replace(less, "count: 1\n", "count: 1-2\n", 1))
	r := play(t, m, "--diff", site)
	r.only(t, recap{Changed: 4})
	if !strings.Contains(r.output, "\n-    count: 1\n+    count: 1-2\n") {
		t.Errorf("the difference is not shown:\n%s", r.output)
	}
	files := strings.Fields(m.Must(t, "ls", "/etc/daemon-keeper.d"))
	if want := []string{"ansible-of-others.yaml", "ansible-toy.yaml", "foreign.yaml"}; !slices.Equal(files, want) {
		t.Errorf("the drop-ins are %q", files)
	}
	if kept := read(t, m, "/etc/daemon-keeper.yaml.before-ansible"); kept != "# by hand\n" || read(t, m, "/etc/daemon-keeper.yaml") != mainFile {
		t.Errorf("what was written by hand is now %q", kept)
	}
}

// Absent waits for a run that is at work, and leaves nothing behind but what is others'.
func absent(t *testing.T, m *realtest.Machine, bare []string) {
	m.Must(t, "mkfifo", "/run/gate")
	m.Kill(t, m.Pids(t, "/usr/local/sbin/toy")[0], syscall.SIGKILL)
	realtest.Until(t, "a run is at work", func() bool {
		state, _ := m.Run(t, "systemctl", "is-active", "toy")
		return state == "activating\n"
	})
	ctx, cancel := context.WithTimeout(t.Context(), playTimeout)
	defer cancel()
	var out bytes.Buffer
	cmd := playbook(ctx, m, "-e", "daemon_keeper_state=absent", site)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	realtest.Until(t, "it has found the run at work twice", func() bool {
		return strings.Count(read(t, m, "/var/log/syslog"), "argv=['pgrep', '-x', 'daemon-keeper']") > 1
	})
	m.Must(t, "sh", "-c", "echo >/run/gate; rm /run/gate")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if pids := m.Pids(t, "/usr/local/sbin/toy"); len(pids) != 1 {
		t.Errorf("toy is %v", pids)
	}
	want := []string{"/etc/daemon-keeper.d/ansible-of-others.yaml", "/etc/daemon-keeper.yaml.before-ansible"} // and what was there before
	if left := differences(bare, snapshot(t, m)); !slices.Equal(paths(left), want) {
		t.Errorf("left:\n%s", strings.Join(left, "\n"))
	}
	play(t, m, "-e", "daemon_keeper_state=absent", site).only(t, recap{})
}
