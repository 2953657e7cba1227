package real

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/realtest"
)

// upgradedUnit is gunicorn as its manual has it for upgrades on the fly: systemd follows
// the pidfile, which the new main process takes over.
const upgradedUnit = "[Service]\nType=forking\nPIDFile=/run/upgraded.pid\n" +
	"ExecStart=/usr/bin/gunicorn --daemon --pid /run/upgraded.pid --chdir /srv/app -b 127.0.0.1:8109 app:app\n"

// upgrade: at each stage of gunicorn's upgrade it is up, and nothing is done.
func (s *suite) upgrade(t *testing.T) {
	const pidFile = "/run/upgraded.pid"
	write(t, s.m, "/etc/systemd/system/upgraded.service", upgradedUnit)
	s.m.Must(t, "systemctl", "daemon-reload")
	s.m.Must(t, "systemctl", "start", "upgraded")
	look := func(stage string) {
		t.Helper()
		a := keeper(t, s.m, "-e", "/usr/bin/gunicorn", "-u", "root", "-s", "upgraded", "--boot-grace", "0s", "--recheck", "100ms")
		if a.status != 0 || a.stdout+a.stderr != "" {
			t.Errorf("%s: %+v", stage, a)
		}
		if err := (ask{"tcp", "8109", httpGet, "Server: gunicorn"}).answered(s.m); err != nil {
			t.Errorf("%s: %v", stage, err)
		}
	}
	number := func(file string) int {
		text, _ := s.m.Run(t, "cat", file)
		pid, _ := strconv.Atoi(strings.TrimSpace(text))
		return pid
	}
	old := number(pidFile)
	look("before")
	s.m.Kill(t, old, syscall.SIGUSR2)
	realtest.Until(t, time.Minute, "a new main process", func() bool { return number(pidFile+".2") > 0 })
	next := number(pidFile + ".2")
	workers := func(parent int) int {
		out, _ := s.m.Run(t, "ps", "--no-headers", "-o", "pid", "--ppid", strconv.Itoa(parent))
		return len(strings.Fields(out))
	}
	realtest.Until(t, time.Minute, "it has workers", func() bool { return workers(next) > 0 })
	look("two main processes")
	s.m.Kill(t, old, syscall.SIGWINCH)
	realtest.Until(t, time.Minute, "the old workers have ended", func() bool { return workers(old) == 1 }) // the new main process is one
	look("the old one without workers")
	s.m.Kill(t, old, syscall.SIGQUIT)
	realtest.Until(t, time.Minute, "the new one has taken over", func() bool { return number(pidFile) == next })
	realtest.Until(t, time.Minute, "systemd follows it", func() bool {
		out, _ := s.m.Run(t, "systemctl", "show", "--value", "-p", "MainPID", "upgraded")
		return strings.TrimSpace(out) == strconv.Itoa(next)
	})
	look("the new one alone")
	look("the next minute")
	if number(pidFile) != next {
		t.Error("it was restarted")
	}
}
