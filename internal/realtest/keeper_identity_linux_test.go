package realtest

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// asForger is a command prefix for whoever has no rights but those that a user
// namespace gives to everybody.
var asForger = slices.Concat(asUser, []string{"unshare", "-Ur", "-m", "--"})

// deleteWhileRunning starts toy, which argument 1 tells from others, and removes file $2.
const deleteWhileRunning = `
/usr/local/sbin/toy "$1" &
until [ "$(readlink /proc/$!/exe)" = /usr/local/sbin/toy ]; do :; done
rm "$2"
wait
`

// impostor is a process that has the daemon's name and is not the daemon.
type impostor struct {
	name   string
	prefix []string
	script string // run by sh; its $1 is the argument by which the process is known
	exe    string // what the kernel then says that it executes
	reason string // what daemon-keeper says of it
}

var impostors = []impostor{
	{
		"in another PID namespace",
		[]string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"},
		`exec /usr/local/sbin/toy "$1"`,
		"/usr/local/sbin/toy", "in another PID namespace",
	},
	{
		"another file in a chroot", nil,
		`mkdir -p /srv/jail && mount --bind / /srv/jail && mount -t tmpfs tmpfs /srv/jail/usr/local/sbin &&
		cp /usr/bin/sleep /srv/jail/usr/local/sbin/toy && exec chroot /srv/jail /usr/local/sbin/toy "$1"`,
		"/srv/jail/usr/local/sbin/toy", "another file of that name",
	},
	{
		"a container in the host's PID namespace",
		[]string{"unshare", "-m", "--"},
		`mount -t tmpfs tmpfs /usr/local/sbin && cp /usr/bin/sleep /usr/local/sbin/toy && exec /usr/local/sbin/toy "$1"`,
		"/usr/local/sbin/toy", "another file of that name",
	},
	{
		"a container whose program was replaced",
		[]string{"unshare", "-m", "--"},
		`mount -t tmpfs tmpfs /usr/local/sbin && cp /usr/bin/sleep /usr/local/sbin/toy
		set -- "$1" /usr/local/sbin/toy` + deleteWhileRunning,
		"/usr/local/sbin/toy (deleted)", "another file of that name",
	},
	{
		"forged: a tmpfs over the folder", asForger,
		`mount -t tmpfs tmpfs /usr/local/sbin && cp /usr/bin/sleep /usr/local/sbin/toy && exec /usr/local/sbin/toy "$1"`,
		"/usr/local/sbin/toy", "another file of that name",
	},
	{
		"forged and then deleted", asForger,
		`mount -t tmpfs tmpfs /usr/local/sbin && cp /usr/bin/sleep /usr/local/sbin/toy
		set -- "$1" /usr/local/sbin/toy` + deleteWhileRunning,
		"/usr/local/sbin/toy (deleted)", "another file of that name",
	},
	{
		"forged: an own file mounted on the path and deleted", asForger,
		`cp /usr/bin/sleep /var/tmp/own && mount --bind /var/tmp/own /usr/local/sbin/toy
		set -- "$1" /var/tmp/own` + deleteWhileRunning,
		"/usr/local/sbin/toy (deleted)", "which any user can make up",
	},
	{
		"forged: on a file system that is mounted no more", asForger,
		`mkdir -p /var/tmp/mnt && mount -t tmpfs tmpfs /var/tmp/mnt && mkdir -p /var/tmp/mnt/usr/local/sbin &&
		cp /usr/bin/sleep /var/tmp/mnt/usr/local/sbin/toy || exit
		perl -e 'exec { "/var/tmp/mnt/usr/local/sbin/toy" } "/usr/local/sbin/toy", @ARGV' "$1" &
		until [ "$(readlink /proc/$!/exe)" = /var/tmp/mnt/usr/local/sbin/toy ]; do :; done
		umount -l /var/tmp/mnt && wait`,
		"/usr/local/sbin/toy", "another file of that name",
	},
	{
		"a zombie", nil,
		`exec perl -e 'if (!fork) { exec "/usr/local/sbin/toy", "0" } sleep 1000' "$1"`,
		"", "a zombie",
	},
}

// None of these counts as the daemon, and none of them keeps it from being
// started; with the daemon up, none of them disturbs.
func TestKeeperImpostors(t *testing.T) {
	t.Parallel()
	for i, c := range impostors {
		t.Run(c.name, func(t *testing.T) {
			m := sysvMachine(t)
			ownToy(t, m)
			mark := strconv.Itoa(1000 + i)
			m.Start(t, "env", slices.Concat(c.prefix, []string{"sh", "-c", c.script, "sh", mark})...)
			pid := impostorPid(t, m, c, mark)

			args := []string{"-e", "/usr/local/sbin/toy", "-s", "toy"}
			expect(t, keep(t, m, append(args, "--dry-run", "--verbose")...), 2,
				"excluded pid "+pid+" ", c.reason, "toy start")
			expect(t, keep(t, m, args...), 1, "is up again")
			if c := calls(t, m, "toy"); c != "stop start" {
				t.Errorf("the run did %q", c)
			}
			silent(t, m, args...)
			if !alive(t, m, pid) {
				t.Error("the impostor is gone")
			}
		})
	}
}

// impostorPid waits until the process shows itself as it is meant to.
func impostorPid(t *testing.T, m *Machine, c impostor, mark string) (pid string) {
	t.Helper()
	pgrep := []string{"-f", "^/usr/local/sbin/toy " + mark}
	if c.exe == "" {
		pgrep = []string{"-r", "Z", "-x", "toy"}
	}
	Until(t, c.name+" shows "+c.exe, func() bool {
		out, _ := m.Run(t, "pgrep", pgrep...)
		pid = strings.TrimSpace(out)
		exe, _ := m.Run(t, "readlink", "/proc/"+pid+"/exe")
		return pid != "" && strings.TrimSpace(exe) == c.exe
	})
	return pid
}

func alive(t *testing.T, m *Machine, pid string) bool {
	t.Helper()
	_, status := m.Run(t, "test", "-e", "/proc/"+pid)
	return status == 0
}

// A program that has the daemon's path as an argument is not the daemon.
func TestKeeperPathAsArgument(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	m.Start(t, "tail", "-f", "/usr/local/sbin/toy", "-s", "1000")
	m.Start(t, "perl", "-e", `$0 = "/usr/local/sbin/toy"; sleep 1000`)
	m.Start(t, "perl", "-e", `exec { "/usr/bin/sleep" } "/usr/local/sbin/toy", "1000"`)
	Until(t, "all of them show the path", func() bool {
		out, _ := m.Run(t, "pgrep", "-f", "/usr/local/sbin/toy")
		return len(strings.Fields(out)) == 3
	})
	expect(t, keep(t, m, "-e", "/usr/local/sbin/toy", "-s", "toy"), 1, "is up again")
	silent(t, m, "-e", "/usr/local/sbin/toy", "-s", "toy")
}

// All of these are the daemon, however they look, and are left alone.
func TestKeeperDisguises(t *testing.T) {
	t.Parallel()
	const toy = "/usr/local/sbin/toy"
	for _, c := range []struct {
		name   string
		script string
	}{
		{"plain", "exec " + toy + " 1000"},
		{"in a mount namespace: PrivateTmp=", "exec unshare -m -- " + toy + " 1000"},
		{"in a user namespace: PrivateUsers=", "exec unshare -Ur -- " + toy + " 1000"},
		{"in a chroot that has the same file", "mkdir -p /srv/jail && mount --bind / /srv/jail && exec chroot /srv/jail " + toy + " 1000"},
		{"started by another name", "ln -s " + toy + " /var/tmp/link && exec /var/tmp/link 1000"},
		{"a hard link", "ln " + toy + " " + toy + ".real && exec " + toy + ".real 1000"},
		{"with another name for itself", "exec perl -e 'exec { \"" + toy + "\" } \"something else\", 1000'"},
		{"of another user", "exec " + strings.Join(asUser, " ") + " " + toy + " 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := sysvMachine(t)
			ownToy(t, m)
			m.Start(t, "sh", "-c", c.script)
			pid := onlyPid(t, m, toy)
			silent(t, m, "-e", toy, "-s", "toy")
			m.Must(t, "ln", "-s", toy, "/usr/local/sbin/other")
			silent(t, m, "-e", "/usr/local/sbin/other", "-s", "toy")
			samePid(t, m, toy, pid)
			if c := calls(t, m, "toy"); c != "" {
				t.Errorf("the runs did %q", c)
			}
		})
	}
}

// ownToy makes toy a file of the machine itself, not of a layer below: overlayfs
// shows those on another device. See TestKeeperReplacedFileOfAnotherLayer.
func ownToy(t *testing.T, m *Machine) {
	t.Helper()
	m.Must(t, "sh", "-c", "cd /usr/local/sbin && cp -p toy new && mv new toy")
}

// replaceToy puts a new file in the place of a running daemon's, as a package
// manager does, and returns what tells the old from the new.
func replaceToy(t *testing.T, m *Machine) (pid, facts string) {
	t.Helper()
	const toy = "/usr/local/sbin/toy"
	pid = strconv.Itoa(onlyPid(t, m, toy))
	m.Must(t, "sh", "-c", "cp -p "+toy+" "+toy+".dpkg-new && mv "+toy+".dpkg-new "+toy)
	return pid, m.Must(t, "stat", "-L", "-c", "%n: device %D, inode %i, links %h", "/proc/"+pid+"/exe", toy) +
		m.Must(t, "readlink", "/proc/"+pid+"/exe")
}

func oldImage(t *testing.T, m *Machine) {
	t.Helper()
	pid, facts := replaceToy(t, m)
	a := keep(t, m, "-e", "/usr/local/sbin/toy", "-s", "toy")
	if a.status != 0 || a.stdout != "" {
		t.Errorf("a daemon whose program was replaced is up:\n%v\n%s", a, facts)
	}
	contains(t, "stderr", a.stderr, "process "+pid+" runs an old image", "a restart is due")
	if c := calls(t, m, "toy"); c != "" {
		t.Errorf("the run did %q", c)
	}
	if !alive(t, m, pid) {
		t.Error("the daemon was ended")
	}
}

// A daemon whose program was replaced by an upgrade is up, with a notice.
func TestKeeperReplacedFile(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	ownToy(t, m)
	m.Start(t, "/usr/local/sbin/toy", "1000")
	oldImage(t, m)
}

// On overlayfs, the program of an image and what has replaced it may be on
// different devices; the daemon is up all the same.
func TestKeeperReplacedFileOfAnotherLayer(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	m.Start(t, "/usr/local/sbin/toy", "1000")
	oldImage(t, m)
}

// A daemon that is stopped by a signal is up, and said to be stopped.
func TestKeeperStoppedDaemon(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	m.Must(t, "service", "toy", "start") // not m.Start: nsenter stops with its child, and stays so
	pid := onlyPid(t, m, "/usr/local/sbin/toy")
	m.Must(t, "kill", "-STOP", strconv.Itoa(pid))
	a := keep(t, m, "-e", "/usr/local/sbin/toy", "-s", "toy")
	expect(t, a, 0)
	contains(t, "stderr", a.stderr, "WARNING process "+strconv.Itoa(pid), "is stopped")
	m.Must(t, "kill", "-CONT", strconv.Itoa(pid))
	silent(t, m, "-e", "/usr/local/sbin/toy", "-s", "toy")
}

// A daemon that is a script is found by the script's path; other scripts of the
// same interpreter, and other files of the same name, are not it.
func TestKeeperScriptDaemon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, firstLine string }{
		{"perl", "#!/usr/bin/perl"},
		{"perl with options", "#!/usr/bin/perl -w"},
		{"env", "#!/usr/bin/env perl"},
		{"env with options", "#!/usr/bin/env -S perl -w"},
		{"sh", "#!/bin/sh"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := keeperLayer(t)
			body := c.firstLine + "\nsleep 1000;\n"
			for _, path := range []string{"/usr/local/sbin/toy", "/usr/local/sbin/other", "/srv/toy"} {
				l.File(path, body, 0o755)
			}
			l.File("/etc/init.d/toy", initScript, 0o755)
			m := Enter(t, Tree(t), l)
			m.Start(t, "env", "/usr/local/sbin/other")
			m.Start(t, "env", "/srv/toy")
			m.Start(t, "perl", "-e", "sleep 1000", "/usr/local/sbin/toy")
			Until(t, "the others run", func() bool {
				out, _ := m.Run(t, "pgrep", "-f", "^(\\S*/)?(perl|sh) .*(/usr/local/sbin/other|/srv/toy|/usr/local/sbin/toy)")
				return len(strings.Fields(out)) == 3
			})
			args := []string{"-e", "/usr/local/sbin/toy", "-s", "toy"}
			expect(t, keep(t, m, args...), 1, "is up again")
			if c := calls(t, m, "toy"); c != "stop start" {
				t.Errorf("the run did %q", c)
			}
			silent(t, m, args...)
			pid, err := strconv.Atoi(strings.TrimSpace(read(t, m, "/run/toy.pid")))
			if err != nil {
				t.Fatal(err)
			}
			m.Kill(t, pid, syscall.SIGKILL)
			expect(t, keep(t, m, args...), 1, "is up again")
		})
	}
}

// On overlayfs, a change of its mode gives a program another device and inode
// while its daemon runs; the daemon is up all the same.
func TestKeeperFileCopiedUp(t *testing.T) {
	t.Parallel()
	m := sysvMachine(t)
	m.Start(t, "/usr/local/sbin/toy", "1000")
	Until(t, "toy runs", func() bool {
		_, status := m.Run(t, "pgrep", "-f", "^/usr/local/sbin/toy 1000")
		return status == 0
	})
	m.Must(t, "chmod", "0750", "/usr/local/sbin/toy")
	silent(t, m, "-e", "/usr/local/sbin/toy", "-s", "toy")
	if c := calls(t, m, "toy"); c != "" {
		t.Errorf("the run did %q", c)
	}
}
