package check

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
		if got := unitOf([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever the file holds, a unit is one element of a path, and of the right kind.
func FuzzUnitOf(f *testing.F) {
	f.Add([]byte("0::/system.slice/ssh.service\n"))
	f.Add([]byte("1:name=systemd:/a/b.scope/c\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		unit := unitOf(text)
		if strings.ContainsAny(unit, "/\n") || unit != "" && !strings.HasSuffix(unit, ".service") && !strings.HasSuffix(unit, ".scope") {
			t.Errorf("%q", unit)
		}
	})
}
