package proctable

import (
	"strings"
	"testing"
)

func TestUnitOf(t *testing.T) {
	for text, want := range map[string]string{
		"0::/system.slice/ssh.service\n":                                   "ssh.service",
		"0::/system.slice/system-redis.slice/redis@b.service\n":            "redis@b.service",
		"0::/user.slice/user-0.slice/session-3.scope\n":                    "session-3.scope",
		"0::/user.slice/user-7.slice/user@7.service/app.slice/x.service\n": "user@7.service",
		"0::/system.slice/docker.service/worker/x.service\n":               "docker.service",
		"0::/\n":                             "",
		"0::/init.scope\n":                   "init.scope",
		"0::/openrc.sshd\n":                  "",
		"":                                   "",
		"x":                                  "",
		"0::":                                "",
		"0::/../../system.slice/x.service\n": "x.service",
		"12:pids:/system.slice/wrong.service\n11:cpu,cpuacct:/\n1:name=systemd:/system.slice/ssh.service\n0::/system.slice/other.service\n": "ssh.service",
		"12:pids:/system.slice/wrong.service\n1:name=systemd:/\n0::/system.slice/other.service\n":                                           "other.service",
		"1:name=systemd:/docker/0a1b/system.slice/nginx.service\n":                                                                          "nginx.service",
	} {
		if got := UnitOf([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever the file holds, a unit is one element of a path, and of the right kind.
func FuzzUnitOf(f *testing.F) {
	f.Add([]byte("0::/system.slice/ssh.service\n"))
	f.Add([]byte("1:name=systemd:/a/b.scope/c\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		unit := UnitOf(text)
		if strings.ContainsAny(unit, "/\n") || unit != "" && !strings.HasSuffix(unit, ".service") && !strings.HasSuffix(unit, ".scope") {
			t.Errorf("%q", unit)
		}
	})
}

func TestParseGroup(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"version 2", "0::/system.slice/nginx.service\n", "/system.slice/nginx.service"},
		{"version 1", "12:pids:/system.slice\n3:cpu,cpuacct:/\n1:name=systemd:/system.slice/nginx.service\n", "/system.slice/nginx.service"},
		{"both", "1:name=systemd:/system.slice/nginx.service\n0::/system.slice/nginx.service\n", "/system.slice/nginx.service"},
		{"both, and one has none", "1:name=systemd:/system.slice/nginx.service\n0::/\n", "/system.slice/nginx.service"},
		{"the root", "0::/\n", "/"},
		{"colons", "0::/system.slice/a:b.service\n", "/system.slice/a:b.service"},
		{"no systemd", "3:cpu,cpuacct:/\n", ""},
		{"outside of our root", "0::/../x\n", "/../x"},
		{"no path", "0::x\n1:name=systemd\n::\n\n", ""},
		{"nothing", "", ""},
	} {
		if got := ParseGroup([]byte(tc.text)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// Whatever the text, a group begins with a slash.
func FuzzParseGroup(f *testing.F) {
	f.Add("0::/system.slice/nginx.service\n")
	f.Add("1:name=systemd:/x\n0::/\n")
	f.Fuzz(func(t *testing.T, text string) {
		if g := ParseGroup([]byte(text)); g != "" && g[0] != '/' {
			t.Errorf("%q", g)
		}
	})
}

func TestUnitIn(t *testing.T) {
	for group, want := range map[string]bool{
		"": false, "/": false, "/openrc.nginx": false, "/system.slice": false, "/system.slice/a.service": true, "/system.slice/a.service/x": true,
		"/user.slice/user-0.slice/session-3.scope": true, "/a.servicex": false,
	} {
		if got := UnitIn(group) != ""; got != want {
			t.Errorf("%q: %v", group, got)
		}
	}
}
