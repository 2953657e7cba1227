package rcd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// put fills a file of a tree.
func put(t *testing.T, root, path, content string, mode os.FileMode) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func equalLists(t *testing.T, got, want []Listed) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Hints{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

const (
	askUnits = "/bin/systemctl list-units --type=service --state=running,failed --full --plain --no-legend --no-pager"
	askShow  = "/bin/systemctl show --no-pager -p " + listProps
)

// Each unit that runs or has failed is listed, with what systemd says of it; one that
// a boot does not start, with the reason.
func TestSystemdList(t *testing.T) {
	root := tree(t, "etc/init.d/exim4*", "etc/rc3.d/")
	if err := os.Symlink("../init.d/exim4", root+"/etc/rc3.d/S01exim4"); err != nil {
		t.Fatal(err)
	}
	put(t, root, "sys/fs/cgroup/system.slice/exim4.service/cgroup.procs", "363\n1363\n", 0o644)
	put(t, root, "sys/fs/cgroup/system.slice/rsyslog.service/cgroup.procs", "84\n", 0o644)
	put(t, root, "sys/fs/cgroup/system.slice/rsyslog.service/inner/cgroup.procs", "0\n83\n", 0o644)
	put(t, root, "sys/fs/cgroup/systemd/system.slice/toy.service/cgroup.procs", "96\n", 0o644)
	fake := &fakeRunner{t: t, answers: map[string]result{
		askUnits: recorded(t, "list/units"),
		askShow + ",ExecStart -- cron.service dbus.service disabled.service echo.service exim4.service failing.service hostile.service" +
			" newline.service rsyslog.service toy.service": recorded(t, "list/show"),
		askShow + ",ExecStart -- transient.service": recorded(t, "list/show-transient"),
		askShow + " -- newline.service":             recorded(t, "list/show-newline"),
		askShow + " -- toy.service":                 recorded(t, "list/show-toy"),
	}}
	got, err := on(systemd{root: root, systemctl: "/bin/systemctl"}, fake).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equalLists(t, got, []Listed{
		{Name: "cron", About: "Regular background program processing daemon", Main: 67, Program: "/usr/sbin/cron", Restarts: "on-failure"},
		{
			Name: "dbus", About: "D-Bus System Message Bus", Omit: "it is not enabled: dbus.socket starts it on demand",
			Main: 68, Program: "/usr/bin/dbus-daemon", Triggers: []string{"dbus.socket"},
		},
		{Name: "disabled", Omit: "it is disabled", Main: 371, Program: "/usr/local/sbin/disabled"},
		{
			Name: "echo", Omit: "it is not enabled: echo.socket starts it on demand",
			Main: 372, Program: "/usr/local/sbin/echo", Triggers: []string{"echo.socket"},
		},
		{Name: "exim4", About: "LSB: exim Mail Transport Agent", Processes: []int{363, 1363}},
		{Name: "failing", Omit: "it is enabled, and has failed: it is to be mended first", Program: "/usr/bin/false"},
		{Name: "hostile", About: "a\x1b[31m: # b", Main: 73, Program: "/usr/local/sbin/hostile"},
		{Name: "newline", Main: 75}, // its arguments forge an answer about toy
		{
			Name: "rsyslog", About: "System Logging Service", Main: 84, Processes: []int{83, 84}, Program: "/usr/sbin/rsyslogd",
			Restarts: "on-failure", Triggers: []string{"syslog.socket"},
		},
		{Name: "toy", About: "A toy", Main: 96, Processes: []int{96}},
		{
			Name: "transient", About: "/usr/bin/sleep 1000", Omit: "it is not installed: somebody has started it with systemd-run",
			Main: 374, Program: "/usr/bin/sleep",
		},
	})
}

// An answer that could be another's, or that was cut off, is none.
func TestUnitAnswers(t *testing.T) {
	const sound = "MainPID=1\nId=a.service\nUnitFileState=enabled\n"
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"sound", sound, true},
		{"several commands", "ExecStart={ path=/a ; argv[]=/a }\nExecStart={ path=/b ; argv[]=/b }\n" + sound, true},
		{"a property twice", "MainPID=2\n" + sound, false},
		{"a line that is none", "x\n" + sound, false},
		{"twice", sound + "\n" + sound, false},
		{"cut off", strings.TrimSuffix(sound, "UnitFileState=enabled\n"), false},
		{"nothing", "", false},
	} {
		if got := unitAnswers(c.text)["a.service"]; (got != nil) != c.ok || c.ok && got["MainPID"] != "1" {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	if got := unitAnswers("ExecStart={ path=/a ; argv[]=/a }\nExecStart={ path=/b ; argv[]=/b }\n" + sound)["a.service"]; startedProgram(got["ExecStart"]) != "/a" {
		t.Errorf("%q", got)
	}
}

// An error is never an empty list.
func TestListFails(t *testing.T) {
	unanswered := errors.New("cannot ask")
	for _, c := range []struct {
		name string
		d    dialect
		ask  string
	}{
		{"systemd", systemd{systemctl: "/bin/systemctl"}, askUnits},
		{"rc.d", bsd, "/usr/sbin/service -e"},
	} {
		fake := &fakeRunner{t: t, queryErr: unanswered}
		if list, err := on(c.d, fake).List(t.Context()); list != nil || !errors.Is(err, unanswered) {
			t.Errorf("%s: %v, %v", c.name, list, err)
		}
		fake = &fakeRunner{t: t, answers: map[string]result{c.ask: {status: 1, output: "Failed to connect to bus\n"}}}
		list, err := on(c.d, fake).List(t.Context())
		if list != nil || err == nil || !strings.HasPrefix(err.Error(), "cannot list the services: ") || !strings.HasSuffix(err.Error(), "exit status 1: Failed to connect to bus") {
			t.Errorf("%s: %v, %v", c.name, list, err)
		}
	}
	var none *NoListError
	if list, err := on(program{path: "/usr/local/sbin/svc"}, &fakeRunner{t: t}).List(t.Context()); list != nil || !errors.As(err, &none) {
		t.Errorf("a program: %v, %v", list, err)
	}
}

// A script that hangs is not a reason to say nothing of the others; a person who does not
// want to wait is one.
func TestListOfOneThatHangs(t *testing.T) {
	root := tree(t, "etc/init.d/hangs*", "etc/rc2.d/")
	if err := os.Symlink("../init.d/hangs", root+"/etc/rc2.d/S01hangs"); err != nil {
		t.Fatal(err)
	}
	late := errors.New("cannot ask service hangs status: it took longer than 20s")
	for _, d := range []dialect{sysv{root: root, service: "/usr/sbin/service"}, bsd} {
		fake := &lateRunner{fakeRunner{t: t, answers: map[string]result{"/usr/sbin/service -e": {output: "/etc/rc.d/hangs\n"}}}, late}
		got, err := on(d, fake).List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := Listed{Name: "hangs", Omit: late.Error()}
		if d.Name() != bsd.Name() { // its pidfile may tell
			want = Listed{Name: "hangs", Hints: &Hints{Doubt: late.Error()}}
		}
		equalLists(t, got, []Listed{want})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got, err := on(d, fake).List(ctx); got != nil || !errors.Is(err, late) {
			t.Errorf("%s, interrupted: %v, %v", d.Name(), got, err)
		}
	}
}

// lateRunner has every status hang.
type lateRunner struct {
	fakeRunner
	late error
}

func (r *lateRunner) query(ctx context.Context, argv []string) (result, error) {
	if strings.HasSuffix(argv[len(argv)-1], "status") {
		return result{}, r.late
	}
	return r.fakeRunner.query(ctx, argv)
}

// A unit's name may end like that of another type.
func TestSystemdListOfAService(t *testing.T) {
	p := map[string]string{"SubState": "running", "UnitFileState": "enabled", "MainPID": "7", "Type": "simple"}
	for unit, want := range map[string]string{"toy.service": "toy", "toy.socket.service": "toy.socket.service", "toy.d.service": "toy.d", "toy.target.service": "toy.target.service"} {
		if got, ok := (systemd{root: t.TempDir()}).listed(unit, p); !ok || got.Name != want {
			t.Errorf("%s: %q, %v", unit, got.Name, ok)
		}
	}
}

// A unit that systemd says nothing of is listed as such, and one that has ended in the
// meantime is not.
func TestSystemdListUnanswered(t *testing.T) {
	fake := &fakeRunner{t: t, answers: map[string]result{
		askUnits: {output: "gone.service loaded active running x\nmute.service loaded active running x\nodd\\x2dname.service loaded active running x\n"},
		askShow + ",ExecStart -- gone.service mute.service odd\\x2dname.service": {
			output: "MainPID=0\nId=gone.service\nSubState=dead\nUnitFileState=enabled\n\nMainPID=7\nId=odd\\x2dname.service\nSubState=running\nUnitFileState=enabled\n",
		},
		askShow + " -- mute.service": {status: 1, output: "Failed to connect to bus\n"},
	}}
	got, err := on(systemd{root: t.TempDir(), systemctl: "/bin/systemctl"}, fake).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equalLists(t, got, []Listed{
		{Name: "mute", Omit: "what systemd says of it cannot be read"},
		{Name: `odd\x2dname`, Main: 7, Omit: "its name cannot be written in a configuration"},
	})
}

// What a boot does not start is none to keep, whatever runs now.
func TestNotEnabled(t *testing.T) {
	s := systemd{root: tree(t, "etc/rc2.d/", "etc/init.d/on*", "etc/init.d/off*")}
	if err := os.Symlink("../init.d/on", s.root+"/etc/rc2.d/S02on"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ state, props, want string }{
		{"enabled", "", ""},
		{"enabled-runtime", "", ""},
		{"alias", "", ""},
		{"generated", "SourcePath=/etc/init.d/on", ""},
		{"generated", "SourcePath=/etc/init.d/off", "it is disabled"},
		{"generated", "SourcePath=", ""},
		{"disabled", "", "it is disabled"},
		{"linked", "", "it is disabled"},
		{"disabled", "TriggeredBy=a.socket", "it is not enabled: a.socket starts it on demand"},
		{"disabled", "TriggeredBy=a.timer", "it is disabled"},
		{"masked", "", "it is masked"},
		{"masked-runtime", "", "it is masked"},
		{"static", "", "it is not enabled: it runs because something else needs it"},
		{"static", "TriggeredBy=a.socket b.path", "it is not enabled: a.socket, b.path starts it on demand"},
		{"static", "BusName=org.example.A", "it is not enabled: D-Bus starts it on demand"},
		{"indirect", "", "it is not enabled: it runs because something else needs it"},
		{"transient", "", "it is not installed: somebody has started it with systemd-run"},
		{"", "", "systemd does not say whether it is enabled"},
		{"bad", "", "systemd does not say whether it is enabled"},
	} {
		p := properties(c.props)
		p["UnitFileState"] = c.state
		if got := s.notEnabled(p); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.state, c.props, got, c.want)
		}
	}
}

func TestStartedProgram(t *testing.T) {
	for exec, want := range map[string]string{
		"{ path=/usr/sbin/cron ; argv[]=/usr/sbin/cron -f ; ignore_errors=no }": "/usr/sbin/cron",
		"{ path=/opt/a ; b/c ; argv[]=x }":                                      "/opt/a ; b/c",
		"{ path=/etc/init.d/exim4 ; argv[]=/etc/init.d/exim4 start }":           "",
		"{ path=relative ; argv[]=x }":                                          "",
		"{ path=/usr/sbin/cron":                                                 "",
		"":                                                                      "",
	} {
		if got := startedProgram(exec); got != want {
			t.Errorf("%q: %q, want %q", exec, got, want)
		}
	}
}

// rc.d's enabled scripts are asked one by one; what has no status is not a daemon.
func TestFreeBSDList(t *testing.T) {
	fake := &fakeRunner{t: t, answers: map[string]result{
		"/usr/sbin/service -e":                     recorded(t, "freebsd/enabled-list"),
		"/usr/sbin/service hostid onestatus":       recorded(t, "freebsd/onestatus-unknown-directive"),
		"/usr/sbin/service cleanvar onestatus":     recorded(t, "freebsd/onestatus-old-style"),
		"/usr/sbin/service syslogd onestatus":      recorded(t, "freebsd/onestatus-stopped"),
		"/usr/sbin/service cron onestatus":         recorded(t, "freebsd/onestatus-without-pid"),
		"/usr/sbin/service clamav_clamd onestatus": recorded(t, "freebsd/onestatus-running"),
		"/usr/sbin/service nginx onestatus":        recorded(t, "freebsd/onestatus-several"),
	}}
	got, err := on(bsd, fake).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equalLists(t, got, []Listed{
		{Name: "clamav_clamd", Main: 123, Processes: []int{123}},
		{Name: "cleanvar", Omit: "rc.d does not say whether it runs"},
		{Name: "cron", Omit: "rc.d says that it runs, but not as which process"},
		{Name: "nginx", Processes: []int{1234, 1236, 1237}},
		{Name: "syslogd", Omit: "rc.d says that it does not run; of a daemon that daemon(8) supervises it may say so in error"},
	})
}

func TestRunningAs(t *testing.T) {
	for text, want := range map[string][]int{
		"nginx is running as pid 123.\n":                      {123},
		"nginx is running as pid 123 45.\n":                   {123, 45},
		"WARNING: x is obsolete.\nnginx is running as pid 1.": {1},
		"nginx is running as pid .\n":                         nil,
		"nginx is running as pid 0.\n":                        nil,
		"nginx is running as pid 99999999999.\n":              nil,
		"nginx is running as pid -1.\n":                       nil,
		"nginx is not running.\n":                             nil,
		"":                                                    nil,
	} {
		if got := runningAs(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// What a boot starts is asked, and a pidfile's number is only believed of a program
// that the script speaks of.
func TestSysVList(t *testing.T) {
	const head = "#!/bin/sh\n### BEGIN INIT INFO\n# Short-Description: A toy\n### END INIT INFO\nDAEMON=/usr/sbin/toyd\n"
	root := tree(t, "etc/init.d/off*", "etc/init.d/plain", "etc/init.d/S*", "etc/rc2.d/", "etc/rc5.d/", "usr/sbin/toyd*")
	for name, script := range map[string]string{
		"toy": head + "PIDFILE=/run/toys/one.pid\n", "guessed": head, "none": head, "down": head, "mute": head, "header": "#!/bin/sh\n# pidfile: /run/header-of-rh.pid\n",
		"variable": head + "PIDFILE=/run/$NAME.pid\n",
	} {
		put(t, root, "etc/init.d/"+name, script, 0o755)
	}
	for path, text := range map[string]string{"toys/one.pid": "12\n", "guessed/guessed.pid": "13\nmore", "none.pid": "none", "header-of-rh.pid": "14", "variable.pid": " 15 "} {
		put(t, root, "run/"+path, text, 0o644)
	}
	for link, name := range map[string]string{
		"rc2.d/S01toy": "toy", "rc5.d/S99toy": "toy", "rc2.d/S01guessed": "guessed", "rc2.d/S01none": "none", "rc2.d/S01down": "down", "rc2.d/S01mute": "mute",
		"rc2.d/S01header": "header", "rc2.d/K01off": "off", "rc2.d/S01plain": "plain", "rc2.d/S01gone": "gone", "rc2.d/S02variable": "variable",
	} {
		if err := os.Symlink("../init.d/"+name, filepath.Join(root, "etc", link)); err != nil {
			t.Fatal(err)
		}
	}
	answers := make(map[string]result)
	for name, status := range map[string]int{"toy": 0, "guessed": 0, "none": 0, "down": 3, "mute": 4, "header": 0, "variable": 0} {
		answers["/usr/sbin/service "+name+" status"] = result{status: status}
	}
	m := on(sysv{root: root, service: "/usr/sbin/service"}, &fakeRunner{t: t, answers: answers})
	got, err := m.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	daemon := []string{"/usr/sbin/toyd"}
	equalLists(t, got, []Listed{
		{Name: "down", About: "A toy", Omit: "it says that it does not run"},
		{Name: "guessed", About: "A toy", Hints: &Hints{PIDs: []int{13}, Daemons: daemon}},
		{Name: "header", Hints: &Hints{PIDs: []int{14}}},
		{Name: "mute", About: "A toy", Hints: &Hints{Daemons: daemon, Doubt: "it does not say whether it runs"}},
		{Name: "none", About: "A toy", Hints: &Hints{Daemons: daemon}},
		{Name: "toy", About: "A toy", Hints: &Hints{PIDs: []int{12}, Daemons: daemon}},
		{Name: "variable", About: "A toy", Hints: &Hints{PIDs: []int{15}, Daemons: daemon}},
	})
	toy := got[slices.IndexFunc(got, func(l Listed) bool { return l.Name == "toy" })]
	for program, speaks := range map[string]bool{
		"/usr/sbin/toyd": true, "/usr/lib/toyd": true, "/usr/sbin/toy": true, "/usr/sbin/sshd": false, "/usr/sbin/to": false, "/bin/oyd": false,
	} {
		if got := toy.Hints.Speaks(program); got != speaks {
			t.Errorf("%s: %v", program, got)
		}
	}
}
