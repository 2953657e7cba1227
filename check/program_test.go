package check

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/check/proctable"
)

// found is programs for one service on a given table.
func found(t *testing.T, f *fakeTable, s Sought) Program {
	t.Helper()
	list, err := programs(t.Context(), f, proctable.Directly(), []Sought{s})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	return list[0]
}

// by is what a program is to be known by, or why by nothing.
func (f Program) by() string {
	if f.Executable == "" {
		return "nothing: " + f.Why
	}
	return strings.TrimSpace(f.Executable + " " + f.Args)
}

const elf = "\x7fELF"

// A plain daemon is known by its program, as its manager calls it if that is the same
// file.
func TestProgramPlain(t *testing.T) {
	e := program(t, "daemon", elf)
	alias := link(t, e.Path, filepath.Dir(e.Path)+"/alias")
	other := program(t, "other", elf)
	f := newFakeTable()
	pid := f.add(fakeRow{exe: e.Path, p: proctable.Process{File: e.ID, User: 7, Parent: 1}})
	for path, want := range map[string]string{"": e.Path, alias: alias, other.Path: e.Path, "/nonexistent": e.Path, "relative": e.Path} {
		got := found(t, f, Sought{Main: pid, Path: path})
		if got.by() != want || got.PID != pid || got.User != 7 || got.Parent != 1 || got.OldImage || len(got.Others) > 0 {
			t.Errorf("started as %q: %+v, want %s", path, got, want)
		}
	}
}

// What a process is not to be known by is said.
func TestProgramUnknown(t *testing.T) {
	e := program(t, "daemon", elf)
	gone := e.Path + "-gone"
	for _, c := range []struct {
		name string
		row  fakeRow
		want string
	}{
		{"a zombie", fakeRow{exeErr: proctable.ErrNoExe, p: proctable.Process{Zombie: true}}, "its process has ended"},
		{"a kernel thread", fakeRow{exeErr: proctable.ErrNoExe, examineErr: proctable.ErrNoExe}, "its process has ended"},
		{"ended", fakeRow{exeErr: proctable.ErrGone}, "its process has ended"},
		{"in a container", fakeRow{exe: e.Path, p: proctable.Process{File: e.ID, Foreign: true}}, "its process is in another PID namespace or jail"},
		{"another user's", fakeRow{exeErr: proctable.ErrDeny, p: proctable.Process{Denied: true, User: 5}}, "its process may not be looked at"},
		{"in a chroot", fakeRow{exe: e.Path, p: proctable.Process{File: proctable.FileID{Dev: 1, Ino: 2}}}, "its process does not count: another file of that name"},
		{"removed", fakeRow{exe: gone, p: proctable.Process{Deleted: true}}, `cannot look for "` + gone + `": no such file or directory`},
		{"an interpreter", fakeRow{exe: "/usr/bin/python3.11", p: proctable.Process{File: proctable.FileID{Dev: 1, Ino: 2}}}, "its process executes python3.11, and no argument tells what that runs"},
	} {
		f := newFakeTable()
		pid := f.add(c.row)
		got := found(t, f, Sought{Main: pid})
		if got.by() != "nothing: "+c.want || got.Denied != c.row.p.Denied || got.User != c.row.p.User {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
	}
	f := newFakeTable()
	f.rows[731] = fakeRow{exe: e.Path, p: proctable.Process{PID: 731, File: e.ID}} // not listed: a thread's number
	for _, s := range []Sought{{Main: 4321}, {Main: 731}} {
		if got := found(t, f, s); got.by() != "nothing: its process has ended" {
			t.Errorf("%+v: %+v", s, got)
		}
	}
	for _, s := range []Sought{{}, {Processes: []int{4321}}} {
		if got := found(t, f, s); got.by() != "nothing: its manager knows no process of it" {
			t.Errorf("%+v: %+v", s, got)
		}
	}
}

// A table that cannot be believed is an error, and so is a row that cannot be read.
func TestProgramsBlind(t *testing.T) {
	f := newFakeTable()
	f.list = f.list[1:]
	if list, err := programs(t.Context(), f, proctable.Directly(), []Sought{{Main: 1}}); list != nil || !errors.As(err, new(*proctable.BlindError)) {
		t.Errorf("%v, %v", list, err)
	}
	f = newFakeTable()
	torn := errors.New("torn")
	f.add(fakeRow{exe: "/x", examineErr: torn})
	if list, err := programs(t.Context(), f, proctable.Directly(), nil); list != nil || !errors.Is(err, torn) {
		t.Errorf("%v, %v", list, err)
	}
}

// An old image is known by its path.
func TestProgramReplaced(t *testing.T) {
	e := program(t, "daemon", elf)
	f := newFakeTable()
	pid := f.add(fakeRow{exe: e.Path, p: proctable.Process{File: proctable.FileID{Dev: e.ID.Dev, Ino: 1}, Deleted: true}})
	alias := link(t, e.Path, filepath.Dir(e.Path)+"/alias")
	for path, want := range map[string]string{"": e.Path, e.Path: e.Path, alias: alias} {
		if got := found(t, f, Sought{Main: pid, Path: path}); got.by() != want || !got.OldImage {
			t.Errorf("started as %q: %+v, want %s", path, got, want)
		}
	}
}

// Of a process whose path the kernel has lost, its first argument tells (FreeBSD).
func TestProgramLost(t *testing.T) {
	e := program(t, "daemon", elf)
	f := newFakeTable()
	pid := f.add(fakeRow{exeErr: proctable.ErrLost, p: proctable.Process{Deleted: true, Name: "daemon", Args: []string{e.Path, "-f"}, Taken: proctable.ArgsReading}})
	if got := found(t, f, Sought{Main: pid}); got.by() != e.Path || !got.OldImage {
		t.Errorf("%+v", got)
	}
	title := f.add(fakeRow{exeErr: proctable.ErrLost, p: proctable.Process{Deleted: true, Name: "daemon", Args: []string{"daemon: idle"}, Taken: proctable.ArgsReading}})
	if got := found(t, f, Sought{Main: title}); got.Executable != "" || got.Why == "" {
		t.Errorf("%+v", got)
	}
}

// Two services of one program are told apart by their arguments, or by their users;
// else each is told that the other counts, too.
func TestProgramTwins(t *testing.T) {
	e := program(t, "vpn", elf)
	f := newFakeTable()
	row := func(user uint32, args ...string) int {
		args = append([]string{e.Path}, args...)
		return f.add(fakeRow{exe: e.Path, p: proctable.Process{File: e.ID, User: user, Args: args, Taken: proctable.ArgsReading}})
	}
	a, b := row(0, "--daemon", "--config", "/etc/a.conf"), row(0, "--daemon", "--config", "/etc/b.conf")
	c := row(5, "--daemon", "--config", "/etc/b.conf")
	child := f.add(fakeRow{exe: e.Path, p: proctable.Process{File: e.ID, Parent: a, Args: []string{e.Path}, Taken: proctable.ArgsReading}})
	for pid, want := range map[int]string{a: e.Path + ` ^/etc/a\.conf$`, b: e.Path + ` ^/etc/b\.conf$`, c: e.Path} {
		if got := found(t, f, Sought{Main: pid}); got.by() != want || len(got.Others) > 0 {
			t.Errorf("%d: %+v, want %s", pid, got, want)
		}
	}
	d := row(5, "--daemon", "--config", "/etc/b.conf")
	for pid, other := range map[int]int{c: d, d: c} {
		if got := found(t, f, Sought{Main: pid}); got.by() != e.Path || !slices.Equal(got.Others, []int{other}) {
			t.Errorf("%d: %+v", pid, got)
		}
	}
	// What the manager counts is the service's, whoever has started it.
	if got := found(t, f, Sought{Main: a, Processes: []int{a, child, b}}); got.by() != e.Path || len(got.Others) > 0 {
		t.Errorf("%+v", got)
	}
}

// An interpreter is known by its script; without one, by an argument that says what it
// runs, or by a user of its own; never by itself.
func TestProgramInterpreter(t *testing.T) {
	python := program(t, "python3.11", elf)
	env := program(t, "env-app", "#!/usr/bin/env python3\n")
	plain := program(t, "plain-app", "#!"+python.Path+"\n")
	for _, c := range []struct {
		name string
		user uint32
		args []string
		want string
	}{
		{"a script", 0, []string{plain.Path, "--port", "8080"}, plain.Path},
		{"a script behind env", 0, []string{"-u", env.Path}, env.Path},
		{"a script without a first line", 0, []string{write(t, realDir(t), "app.py", "import sys\n", 0o755)}, ""},
		{"a module", 0, []string{"-m", "http.server", "8080"}, python.Path + ` ^http\.server$`},
		{"only options", 0, []string{"-u", "--config=/etc/app"}, python.Path + " ^--config=/etc/app$"},
		{"only a password", 0, []string{"-c", "--password=hunter2"}, "nothing: its process executes python3.11, and no argument tells what that runs"},
		{"the value of a password", 0, []string{"--api-token", "hunter2"}, "nothing: its process executes python3.11, and no argument tells what that runs"},
		{"a user's password", 0, []string{"-u", "admin:hunter2"}, "nothing: its process executes python3.11, and no argument tells what that runs"},
		{"a letter's password", 0, []string{"-phunter2"}, "nothing: its process executes python3.11, and no argument tells what that runs"},
		{"a short name's password", 0, []string{"--pw", "x9y8z7w6"}, "nothing: its process executes python3.11, and no argument tells what that runs"},
		{"nothing", 0, nil, "nothing: its process executes python3.11, and no argument tells what that runs"},
		{"nothing, with a user of its own", 7, nil, "nothing: its process executes python3.11, and no argument tells what that runs"},
	} {
		f := newFakeTable()
		p := proctable.Process{File: python.ID, User: c.user, Args: append([]string{python.Path}, c.args...), Taken: proctable.ArgsReading}
		p.Script = proctable.ScriptArg(p.Args, func(arg string) bool { info, err := os.Stat(arg); return err == nil && info.Mode().IsRegular() })
		p.ScriptFile = proctable.FileIDAt(p.Script)
		pid := f.add(fakeRow{exe: python.Path, p: p})
		f.add(fakeRow{exe: python.Path, p: proctable.Process{File: python.ID, User: 1000, Args: []string{"python3", "x"}, Taken: proctable.ArgsReading}})
		want := c.want
		if want == "" {
			want = python.Path + " ^" + strings.ReplaceAll(c.args[0], ".", `\.`) + "$"
		}
		if got := found(t, f, Sought{Main: pid, Path: python.Path}); got.by() != want {
			t.Errorf("%s: %+v, want %s", c.name, got, want)
		}
	}
}

// A multi-call program is known by the link of its applet.
func TestProgramApplet(t *testing.T) {
	busybox := program(t, "busybox", elf)
	crond := link(t, busybox.Path, filepath.Dir(busybox.Path)+"/crond")
	f := newFakeTable()
	row := func(args ...string) int {
		return f.add(fakeRow{exe: busybox.Path, p: proctable.Process{File: busybox.ID, Args: args, Taken: proctable.ArgsReading}})
	}
	for pid, want := range map[int]string{
		row(crond, "-f"):                     crond,
		row("-crond"):                        crond,
		row("busybox", "crond", "-f"):        crond,
		row("busybox", "ntpd", "-p", "pool"): busybox.Path + " ^ntpd$",
	} {
		got := found(t, f, Sought{Main: pid, Path: crond, Processes: f.list[2:]})
		if got.by() != want {
			t.Errorf("%d: %+v, want %s", pid, got, want)
		}
	}
}

// Where the manager knows no main process, it is the one that has started the others.
func TestKinMain(t *testing.T) {
	k := newKin()
	for _, p := range []proctable.Process{{PID: 10, Parent: 1}, {PID: 11, Parent: 10}, {PID: 12, Parent: 11}, {PID: 20, Parent: 1}, {PID: 30, Parent: 1, Zombie: true}} {
		k.add(p)
	}
	for _, c := range []struct {
		s    Sought
		want int
		why  string
	}{
		{Sought{Main: 11, Processes: []int{10, 11}}, 11, ""},
		{Sought{Processes: []int{12, 11, 10, 30, 99}}, 10, ""},
		{Sought{Processes: []int{11, 12}}, 11, ""},
		{Sought{Processes: []int{10, 20}}, 0, "it has 2 processes that are not started by each other, and its manager does not say which is the main one"},
		{Sought{Processes: []int{30}}, 0, "its manager knows no process of it"},
		{Sought{}, 0, "its manager knows no process of it"},
	} {
		if pid, why := k.main(c.s); pid != c.want || why != c.why {
			t.Errorf("%+v: %d, %q", c.s, pid, why)
		}
	}
	if got := k.family(10, []int{20}); len(got) != 4 || !got[12] || !got[20] {
		t.Errorf("%v", got)
	}
}

// Behind daemon(8), and what else only waits for another program, that program counts.
func TestKinBehindWrapper(t *testing.T) {
	k := newKin()
	for _, p := range []proctable.Process{
		{PID: 10, Exe: "/usr/sbin/daemon"},
		{PID: 11, Parent: 10, Exe: "/usr/sbin/runuser"},
		{PID: 12, Parent: 11, Exe: "/usr/local/bin/app"},
		{PID: 13, Parent: 12, Exe: "/usr/local/bin/worker"},
		{PID: 14, Parent: 11, Zombie: true},
		{PID: 20, Exe: "/usr/sbin/daemon"},
		{PID: 30, Exe: "/usr/bin/tini"},
		{PID: 31, Parent: 30, Exe: "/bin/a"},
		{PID: 32, Parent: 30, Exe: "/bin/b"},
		{PID: 40, Exe: "/opt/app/daemon"},
		{PID: 41, Parent: 40, Exe: "/opt/app/worker"},
	} {
		k.add(p)
	}
	for pid, want := range map[int]int{10: 12, 11: 12, 12: 12, 20: 20, 30: 30, 40: 40, 99: 99} {
		if got := k.behindWrapper(pid); got != want {
			t.Errorf("%d: %d, want %d", pid, got, want)
		}
	}
}

// What runs other programs says too little by itself, whatever its version.
func TestRunsOthers(t *testing.T) {
	for name, want := range map[string]bool{
		"sh": true, "bash": true, "perl": true, "perl5.36.0": true, "python3.11": true, "php8.2": true, "ruby3.1": true,
		"java": true, "node": true, "nodejs": true, "mono-sgen": true, "beam.smp": true, "lua5.4": true, "tclsh8.6": true, "busybox": true, "qemu-arm": true,
		"sshd": false, "php-fpm8.2": false, "mariadbd": false, "nginx": false, "shd": false, "javad": false, "nodeagent": false, "awkward": false,
	} {
		if got := runsOthers("/usr/bin/" + name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Words come before options; what changes, what is secret and what is not plain text is
// left out.
func TestTellingArgs(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"java -Xmx1g -cp /a.jar:/b.jar org.example.Server start", "org.example.Server start -Xmx1g -cp"},
		{"java -jar /srv/app.jar", "/srv/app.jar -jar"},
		{"org.keycloak.Main", ""},
		{"java org.keycloak.Main", "org.keycloak.Main"},
		{"x --db=postgres://me:secret@db/x --token abc api_key=abc --auth=abc", "--token"},
		{"x -p 80 127 ab", ""},
		{"gunicorn -b 127.0.0.1:8100 -w 4", "127.0.0.1:8100"},
		{"x [::1]:80 *:81 :82 localhost:83 12:99999 1:2:3", "[::1]:80 *:81 :82 localhost:83"},
		{"x --port 6380 --max 6380", "6380 --port --max"},
		{"/usr/lib/erlang/erts-13.1.5/bin/beam.smp -W w -MBas ageffcbf -- -root /usr/lib/erlang -sname rabbit@a -noshell", "rabbit@a"},
		{"/usr/lib/erlang/erts-13.1.5/bin/beam.smp -W w -MBas ageffcbf -- -root /usr/lib/erlang -- -home /var/lib/rabbitmq -- -noshell", "/var/lib/rabbitmq"},
		{"x \x1b[31mred caf\u00e9 " + strings.Repeat("a", 200), ""},
		{"", ""},
	} {
		want := strings.Fields(c.want)
		if c.want == "--token" { // its name is, too
			want = nil
		}
		if got := tellingArgs(strings.Fields(c.args)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", c.args, got, want)
		}
	}
	if got := tellingArgs(slices.Repeat([]string{"word"}, 100)); len(got) > 16 {
		t.Errorf("%d arguments", len(got))
	}
}

// A title is what a process has put in the place of its arguments.
func TestTitlePatterns(t *testing.T) {
	for _, c := range []struct {
		exe, title, want string
	}{
		{"/usr/bin/redis-check-rdb", "/usr/bin/redis-server 127.0.0.1:6379", `^/usr/bin/redis-server (.* )?127\.0\.0\.1:6379( |$)`},
		{"/usr/bin/redis-check-rdb", "/usr/bin/redis-server 127.0.0.1:6379 [cluster]", `^/usr/bin/redis-server (.* )?127\.0\.0\.1:6379( |$)`},
		{"/usr/bin/perl", "amavisd (master)", "^amavisd "},
		{"/usr/bin/perl", "/usr/bin/perl -w", ""},
		{"/usr/sbin/nginx", "nginx: master process /usr/sbin/nginx", ""},
		{"/usr/sbin/x", "x", ""},
		{"/usr/bin/perl", "", ""},
	} {
		got := titlePatterns(proctable.Process{Exe: c.exe, Args: []string{c.title, "", ""}})
		if strings.Join(got, " or ") != c.want {
			t.Errorf("%q: %q, want %q", c.title, got, c.want)
		}
		for _, pattern := range got {
			if !regexp.MustCompile(pattern).MatchString(c.title) {
				t.Errorf("%q does not match %q", pattern, c.title)
			}
		}
	}
	if got := titlePatterns(proctable.Process{Exe: "/usr/bin/perl", Args: []string{"amavisd (master)", "x"}}); got != nil {
		t.Errorf("with arguments: %q", got)
	}
}

// An instance is told apart before there is another one.
func TestProgramInstance(t *testing.T) {
	server := program(t, "server", "\x7fELF")
	for _, c := range []struct{ instance, args, want string }{
		{"", "-b 127.0.0.1:8100", server.Path},
		{"one", "-b 127.0.0.1:8100", server.Path + ` ^127\.0\.0\.1:8100$`},
		{"15-main", "-D /var/lib/postgresql/15/main", server.Path + ` ^/var/lib/postgresql/15/main$`},
		{"-", "-c /etc/postfix/main.cf", server.Path}, // postfix@-: no word at all
		{"default", "--defaults-torrc /usr/share/tor/tor-service-defaults-torrc -f /etc/tor/torrc", server.Path},
	} {
		f := newFakeTable()
		args := append([]string{server.Path}, strings.Fields(c.args)...)
		pid := f.add(fakeRow{exe: server.Path, p: proctable.Process{File: server.ID, Args: args, Taken: proctable.ArgsReading}})
		if got := found(t, f, Sought{Main: pid, Path: server.Path, Instance: c.instance}); got.by() != c.want {
			t.Errorf("%q of %q: %+v, want %s", c.args, c.instance, got, c.want)
		}
	}
}

// Whatever its arguments are, no process makes this fail, and what is told of them is
// plain.
func FuzzTellingArgs(f *testing.F) {
	f.Add("java\x00-cp\x00/a\x00Main\x00--password\x00x")
	f.Fuzz(func(t *testing.T, text string) {
		for _, arg := range tellingArgs(strings.Split(text, "\x00")) {
			if !isTelling(arg) && !isAddress(arg) && !isPortNumber(arg) || isSecret(arg) || !strings.Contains(text, arg) {
				t.Errorf("%q", arg)
			}
		}
	})
}

// A script that may not be executed, or has no interpreter, is none that can be
// looked for.
func TestScriptPath(t *testing.T) {
	dir := realDir(t)
	app := write(t, dir, "app", "#!/bin/sh\n", 0o755)
	alias := link(t, app, dir+"/alias")
	for _, c := range []struct{ script, started, want string }{
		{app, "", app},
		{app, alias, alias},
		{app, "/bin/sh", app},
		{alias, "", alias},
		{write(t, dir, "data", "#!/bin/sh\n", 0o644), "", ""},
		{write(t, dir, "text", "x\n", 0o755), "", ""},
		{write(t, dir, "program", elf, 0o755), "", ""},
		{"", "", ""},
	} {
		p := proctable.Process{PID: os.Getpid(), Script: c.script, ScriptFile: proctable.FileIDAt(c.script)}
		if got := scriptPath(p, c.started); got != c.want {
			t.Errorf("%q, started as %q: %q, want %q", c.script, c.started, got, c.want)
		}
	}
}
