package rcd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machineOfTwo has systemd, and a tree of runit with redis, both, and a link to it.
func machineOfTwo(t *testing.T, more ...string) Host {
	t.Helper()
	root := tree(t, append([]string{
		"run/systemd/system/", "usr/bin/systemctl*", "usr/sbin/service*", "usr/bin/sv*", "usr/bin/svc*", "usr/bin/svstat*",
		"usr/lib/systemd/system/nginx.service", "usr/lib/systemd/system/both.service",
		"etc/service/redis/run*", "etc/service/both/run*", "srv/dns/supervise/",
	}, more...)...)
	write := func(folder, recorded string) {
		if err := os.MkdirAll(root+folder+"/supervise", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+folder+"/supervise/status", status(t, recorded), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("/etc/service/redis", "runit-up")
	write("/srv/dns", "daemontools-up")
	if err := os.Symlink("/srv/dns", root+"/etc/service/dns"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(root + "/etc/service/dns"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../srv/dns", root+"/etc/service/dns"); err != nil {
		t.Fatal(err)
	}
	return Host{OS: "linux", Root: root}
}

func routerOf(t *testing.T, host Host) *Router {
	t.Helper()
	r, err := DetectAll(host, new(Outputs))
	if err != nil {
		t.Fatal(err)
	}
	none := result{output: "LoadState=not-found\nActiveState=inactive\n"}
	for _, route := range r.routes {
		fake := &fakeRunner{t: t, answers: map[string]result{}}
		for _, name := range []string{"redis", "dns", "nosuch", "rest", "x:y"} {
			fake.answers["/usr/bin/systemctl show -p LoadState,ActiveState "+name+".service"] = none
		}
		route.dialect = on(route.dialect, fake).dialect
	}
	return r
}

func TestRouter(t *testing.T) {
	r := routerOf(t, machineOfTwo(t))
	if r.Name() != "systemd" || r.All() != "systemd, runit, daemontools" {
		t.Errorf("%s of %s", r.Name(), r.All())
	}
	for _, tt := range []struct{ service, manager, lock string }{
		{"nginx", "systemd", "nginx"},
		{"systemd:nginx", "systemd", "nginx"},
		{"redis", "runit", "runit:/etc/service/redis"},
		{"runit:redis", "runit", "runit:/etc/service/redis"},
		{"runit:/etc/service/redis", "runit", "runit:/etc/service/redis"},
		{"runit:both", "runit", "runit:/etc/service/both"},
		{"systemd:both", "systemd", "both"},
		{"dns", "daemontools", "svc:/srv/dns"},
		{"svc:dns", "daemontools", "svc:/srv/dns"},
		{"svc:/srv/dns", "daemontools", "svc:/srv/dns"},
	} {
		if err := r.Find(t.Context(), tt.service); err != nil {
			t.Errorf("%s: %v", tt.service, err)
		}
		lock := strings.Replace(r.LockName(tt.service), rootOf(r), "", 1)
		if m := r.ManagerOf(tt.service); m != tt.manager || lock != tt.lock {
			t.Errorf("%s is of %s, its lock %s", tt.service, m, lock)
		}
	}
}

func rootOf(r *Router) string {
	root, _ := filepath.EvalSymlinks(r.routes[0].dialect.(systemd).root)
	return root
}

// TestRouterRefuses: what is not known, or not for certain, is refused with a way out.
func TestRouterRefuses(t *testing.T) {
	r := routerOf(t, machineOfTwo(t))
	for _, tt := range []struct{ service, want, hint string }{
		{"both", "cannot tell which service both is meant: systemd and runit have one of that name", "write which one: systemd:both or runit:both"},
		{"nosuch", "cannot find service nosuch: systemd or runit or daemontools knows none of that name", "list the names with: systemctl"},
		{"runit:nosuch", "cannot find service runit:nosuch: runit knows none of that name (no folder in /etc/service,", "list the names with: ls "},
		{"runit:/srv/dns", "cannot find service runit:/srv/dns: runit knows none of that name (its folder is one of daemontools)", ""},
		{"svc:/srv/nosuch", "cannot find service svc:/srv/nosuch: daemontools knows none of that name (there is no such folder)", ""},
		{"openrc:nginx", "cannot find service openrc:nginx: there is no OpenRC on this machine, only systemd, runit, daemontools", "name one of these before the service, or leave openrc: out"},
		{"x:y", "cannot find service x:y: systemd or runit or daemontools knows none", ""},
	} {
		err := r.Find(t.Context(), tt.service)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.service, err)
			continue
		}
		var h interface{ Hint() string }
		if !errors.As(err, &h) || !strings.HasPrefix(h.Hint(), tt.hint) {
			t.Errorf("%s: no hint %q in %v", tt.service, tt.hint, err)
		}
	}
	one := One(Program("/opt/own", new(Outputs)), "/opt/own")
	if err := one.Find(t.Context(), "runit:redis"); err == nil || !strings.Contains(err.Error(), "/opt/own is asked for all services") {
		t.Errorf("a prefix, and --service-command: %v", err)
	}
	if err := one.Find(t.Context(), "x:y"); err != nil || one.LockName("nginx") != "nginx" {
		t.Errorf("--service-command: %v", err)
	}
}

// TestRouterInitLink: a script of System V init that is a link to sv is runit's service.
func TestRouterInitLink(t *testing.T) {
	root := tree(t, "etc/init.d/", "usr/bin/sv*", "etc/service/ssh/run*")
	if err := os.Symlink("../../usr/bin/sv", root+"/etc/init.d/ssh"); err != nil {
		t.Fatal(err)
	}
	r, err := DetectAll(Host{OS: "linux", Root: root}, new(Outputs))
	if err != nil || r.All() != "System V init, runit" {
		t.Fatal(err, r.All())
	}
	if err := r.Find(t.Context(), "ssh"); err != nil || r.ManagerOf("ssh") != "runit" {
		t.Errorf("%v, %s", err, r.ManagerOf("ssh"))
	}
}

// TestRouterLabels: commands, errors and answers speak of a service as it was written.
func TestRouterLabels(t *testing.T) {
	r := routerOf(t, machineOfTwo(t))
	m := r.routes[0].Manager
	fake := &fakeRunner{t: t}
	m.dialect = on(m.dialect, fake).dialect
	if err := r.Stop(t.Context(), "systemd:nginx", With{}); err != nil || len(fake.steps) != 1 || fake.steps[0] != "stop systemd:nginx: /usr/sbin/service nginx stop" {
		t.Errorf("%v, %q", err, fake.steps)
	}
	child := []string{childName, "stop", "systemd:nginx", "1m0s", "10s", "/usr/sbin/service", "nginx", "stop"}
	if !r.CarriesOut(child, Stop, "systemd:nginx") || r.CarriesOut(child, Stop, "nginx") || !r.CarriesOut([]string{"/usr/sbin/service", "nginx", "stop"}, Stop, "systemd:nginx") {
		t.Error("a child is not known by the name of its service")
	}
	o, err := r.Obstacle(context.Background(), "runit:redis")
	if err != nil || o == nil || o.Service != "runit:redis" || !strings.Contains(o.Error(), "cannot start service runit:redis: it is without a supervisor: no runsv runs for ") {
		t.Errorf("%v, %v", o, err)
	}
	if r.Commands([]string{"systemd:nginx"}) != nil {
		t.Error("systemd needs nobody to look for commands")
	}
}

// Where only the commands of supervisors are installed, they are named all the same.
func TestRouterNobodyElse(t *testing.T) {
	r := routerOf(t, Host{OS: "linux", Root: tree(t, "usr/bin/sv*", "usr/bin/svc*", "usr/bin/svstat*")})
	if err := r.Find(t.Context(), "nosuch"); err == nil || err.Error() != "cannot find service nosuch: runit or daemontools knows none of that name" {
		t.Error(err)
	}
}
