package rcd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

// TestSuperviseArgv: each family is told by its own commands.
func TestSuperviseArgv(t *testing.T) {
	root := tree(t, "etc/service/toy/run*", "run/s6-rc/servicedirs/rc/run*")
	for _, tt := range []struct {
		family        family
		rc, service   string
		stop, start   string
		status, kills string
	}{
		{daemontools, "", "toy", "/b/tool -d R/etc/service/toy", "/b/tool -u R/etc/service/toy", "/b/asks R/etc/service/toy", "/b/tool -k R/etc/service/toy"},
		{runit, "", "toy", "/b/tool -w 3600 stop R/etc/service/toy", "/b/tool -w 10 start R/etc/service/toy", "/b/asks status R/etc/service/toy", "/b/tool kill R/etc/service/toy"},
		{s6, "", "toy", "/b/tool -wd -T 3600000 -d R/etc/service/toy", "/b/tool -wu -T 10000 -u R/etc/service/toy", "/b/asks R/etc/service/toy", "/b/tool -k R/etc/service/toy"},
		{s6, "/b/s6-rc", "rc", "/b/s6-rc -d change rc", "/b/s6-rc -u change rc", "/b/asks R/run/s6-rc/servicedirs/rc", "/b/tool -k R/run/s6-rc/servicedirs/rc"},
		{s6, "/b/s6-rc", "toy", "/b/tool -wd -T 3600000 -d R/etc/service/toy", "/b/tool -wu -T 10000 -u R/etc/service/toy", "/b/asks R/etc/service/toy", "/b/tool -k R/etc/service/toy"},
	} {
		d := supervisors{root: root, family: tt.family, tool: "/b/tool", asks: "/b/asks", rc: tt.rc, rest: true}
		said := func(argv []string) string { return strings.ReplaceAll(strings.Join(argv, " "), root, "R") }
		dir, found := d.folder(tt.service)
		if !found || said(d.Argv(Stop, tt.service)) != tt.stop || said(d.Argv(Start, tt.service)) != tt.start || said(d.Argv(Status, tt.service)) != tt.status || said(d.killArgv(dir)) != tt.kills {
			t.Errorf("%s %s: %v, %s; %s; %s; %s", tt.family, tt.service, found, said(d.Argv(Stop, tt.service)), said(d.Argv(Start, tt.service)), said(d.Argv(Status, tt.service)), said(d.killArgv(dir)))
		}
	}
}

// acting is a supervisor that does what it is told, some time later or never.
type acting struct {
	fakeRunner
	dir  string
	does map[string]string // by the option: the status that it writes then
}

func (a *acting) step(ctx context.Context, verb Verb, service string, argv []string, with With) error {
	_ = a.fakeRunner.step(ctx, verb, service, argv, with)
	if name := a.does[argv[1]]; name != "" {
		data, err := os.ReadFile(filepath.Join("..", "testdata", "rcd", "supervise", name))
		if err != nil {
			return err
		}
		time.AfterFunc(50*time.Millisecond, func() { _ = os.WriteFile(a.dir+"/supervise/status", data, 0o644) })
	}
	return nil
}

// TestSuperviseStep: svc returns at once, so its work is waited for. What does not end is killed
// if that is allowed, and else said to run.
func TestSuperviseStep(t *testing.T) {
	for _, tt := range []struct {
		name, before string
		verb         Verb
		does         map[string]string
		kill         bool
		want, steps  string
	}{
		{"stops", "daemontools-up", Stop, map[string]string{"-d": "daemontools-down"}, false, "", "-d"},
		{"starts", "daemontools-down", Start, map[string]string{"-u": "daemontools-up-again"}, false, "", "-u"},
		{"does not stop", "daemontools-up", Stop, nil, false, "cannot stop service svc:toy: it took longer than ", "-d"},
		{"does not stop, and is killed", "daemontools-up", Stop, map[string]string{"-k": "daemontools-down"}, true, "", "-d -k"},
	} {
		root := superviseTree(t, "service", tt.before, true)
		a := &acting{fakeRunner: fakeRunner{t: t}, dir: root + "/service/toy", does: tt.does}
		m := on(supervisors{root: root, family: daemontools, tool: "svc", asks: "svstat"}, a)
		said := ""
		with := With{Label: "svc:toy", Kill: tt.kill, Say: func(text string) { said = text }}
		limit := 30 * time.Second
		if tt.does["-d"] == "" && tt.verb == Stop {
			limit = 300 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		do := m.Stop
		if tt.verb == Start {
			do = m.Start
		}
		err := do(ctx, "toy", with)
		cancel()
		var steps []string
		for _, s := range a.steps {
			steps = append(steps, strings.Fields(s)[3])
		}
		if got := strings.Join(steps, " "); got != tt.steps || (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
		if tt.want != "" && (!errors.Is(err, context.DeadlineExceeded) || !strings.HasSuffix(err.Error(), " still runs")) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if (said != "") != tt.kill {
			t.Errorf("%s: it said %q", tt.name, said)
		}
	}
}

// TestSupervision: what a supervisor says, by its files.
func TestSupervision(t *testing.T) {
	root := superviseTree(t, "service", "runit-up", true, "log/run", "log/main/current", "down")
	d := supervisors{root: root, family: runit, tool: "sv", asks: "sv"}
	v, err := d.Supervision("toy")
	if err != nil || !v.Watched || !v.Up || !v.WantUp || !v.Down || v.PID == 0 || v.By != "runsv" || v.Scanner != "runsvdir" {
		t.Fatalf("%+v, %v", v, err)
	}
	if v.Written != root+"/service/toy/log/main/current" {
		t.Errorf("its log is %q", v.Written)
	}
	if !v.IsScanner([]string{"/usr/bin/runsvdir", "-P"}) || v.IsScanner([]string{"runsv", "toy"}) || v.IsScanner(nil) {
		t.Error("its scanner is not known")
	}
	for _, tt := range []struct{ args, want string }{
		{"readproctitle|service|errors:|............cannot find my shoes\n", "cannot find my shoes"},
		{"runsvdir|-P|/etc/service|log: .....one\ntwo\n......", "two"},
		{"readproctitle|service|errors:|..........", ""},
		{"sh|-c|x log: y", ""},
	} {
		if got, _ := v.Title(strings.Split(tt.args, "|")); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.args, got, tt.want)
		}
	}
	list, err := on(d, nil).list(t.Context())
	if err != nil || len(list) != 1 || list[0].Name != "toy" || list[0].Main != v.PID || list[0].Omit != "" {
		t.Errorf("%+v, %v", list, err)
	}
	dead := superviseTree(t, "service", "runit-up", false, "log/run")
	d.root = dead
	if err := os.MkdirAll(dead+"/service/toy/log/supervise", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dead+"/service/toy/log/supervise/status", status(t, "runit-up"), 0o644); err != nil {
		t.Fatal(err)
	}
	v, err = d.Supervision("toy")
	if err != nil || v.Watched || !strings.HasPrefix(v.Log, "its log service has no runsv (") {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestParseEncore tells daemontools-encore from runit, whose status has the same length.
func TestParseEncore(t *testing.T) {
	stamp := string(status(t, "daemontools-up")[:12])
	for _, tt := range []struct {
		name, rest string
		family     family
		encore     bool
		up         bool
	}{
		{"encore, running", "\x51\x00\x00\x00\x00u\x03\x00", daemontools, true, true},
		{"encore, failed", "\x00\x00\x00\x00\x00u\x05\x00", daemontools, true, false},
		{"encore, with a log", "\x51\x00\x00\x00\x00u\x03\x00" + stamp + "\x52\x00\x00\x00\x00u\x03\x00", daemontools, true, true},
		{"runit, running", "\x51\x00\x00\x00\x00u\x00\x01", runit, false, true},
		{"runit, finishing", "\x51\x00\x00\x00\x00u\x00\x02", runit, false, false},
		{"runit, told TERM", "\x51\x00\x00\x00\x00d\x01\x01", runit, false, true},
	} {
		s, err := parseSupervised([]byte(stamp + tt.rest))
		if err != nil || s.family != tt.family || s.encore != tt.encore || s.isUp() != tt.up {
			t.Errorf("%s: %+v, %v", tt.name, s, err)
		}
	}
	if _, err := parseSupervised([]byte(stamp + "\x51\x00\x00\x00\x00u\x09\x09")); err == nil {
		t.Error("states that nobody has are taken")
	}
}

// TestS6Deaths reads the tally of s6-supervise.
func TestS6Deaths(t *testing.T) {
	stamp := string(status(t, "s6-up")[:12])
	at, ok := parseTAI([]byte(stamp))
	if !ok {
		t.Fatal("no stamp")
	}
	at = at.Add(-leapTime)
	for _, tt := range []struct {
		end, want string
		cause     words.Cause
		signal    int
	}{
		{"\x00\x09", "its process was killed by SIGKILL", words.Signalled, 9},
		{"\x07\x00", "its process has exited with status 7", words.Exited, 0},
		{"\x8f\x00", "its process has exited with status 143", words.Exited, 15},
	} {
		d := tallied([]byte(stamp+tt.end), at.Add(3*time.Second))
		if d.Text != tt.want || d.Cause != tt.cause || d.Signal != tt.signal || d.Ago != 3*time.Second {
			t.Errorf("%+v, want %s", d, tt.want)
		}
	}
	if list := parseTally([]byte(stamp + "\x00\x09" + stamp + "\x07\x00" + "rest")); len(list) != 2 || !list[0].Equal(at) {
		t.Errorf("%v", list)
	}
	if list := parseTally([]byte(strings.Repeat("x", 28))); list != nil {
		t.Errorf("garbage is %v", list)
	}
}

func FuzzParseTally(f *testing.F) {
	f.Add([]byte("@\x00\x00\x00k\x01\x8bm5\xcai\xf2\x00\x09"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if list := parseTally(data); len(list) > len(data)/tallyRecord {
			t.Errorf("%q: %v", data, list)
		}
	})
}
