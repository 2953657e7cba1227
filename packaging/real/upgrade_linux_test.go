package real

import (
	"strconv"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/internal/realtest"
)

// upgraded is gunicorn as its manual starts it for upgrades on the fly. No unit has it:
// when the old main process ends, its pidfile is gone for a moment, and systemd would take
// all for ended.
const upgraded = "/usr/bin/gunicorn --daemon --pid /run/upgraded.pid --chdir /srv/app -b 127.0.0.1:8109 app:app"

// upgrade: at each stage of gunicorn's upgrade it is up, and nothing is done.
func (s *suite) upgrade(t *testing.T) {
	const pidFile = "/run/upgraded.pid"
	write(t, s.m, "/etc/systemd/system/upgraded.service", "[Service]\nType=forking\nExecStart="+upgraded+"\n")
	s.m.Must(t, "systemctl", "daemon-reload")
	s.m.Must(t, "sh", "-c", upgraded)
	page := ask{"tcp", "8109", httpGet, "Server: gunicorn"}
	realtest.Until(t, "it answers", func() bool { return page.answered(s.m) == nil }) // it has written its pidfile before
	look := func(stage string) {
		t.Helper()
		a := keeper(t, s.m, "-e", "/usr/bin/gunicorn", "-u", "root", "-s", "upgraded", "--boot-grace", "0s", "--recheck", "100ms")
		if a.status != 0 || a.stdout+a.stderr != "" {
			t.Errorf("%s: %+v", stage, a)
		}
		if err := page.answered(s.m); err != nil {
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
	realtest.Until(t, "a new main process", func() bool { return number(pidFile+".2") > 0 })
	next := number(pidFile + ".2")
	workers := func(parent int) int {
		out, _ := s.m.Run(t, "ps", "--no-headers", "-o", "pid", "--ppid", strconv.Itoa(parent))
		return len(strings.Fields(out))
	}
	realtest.Until(t, "it has workers", func() bool { return workers(next) > 0 })
	look("two main processes")
	s.m.Kill(t, old, syscall.SIGWINCH)
	realtest.Until(t, "the old workers have ended", func() bool { return workers(old) == 1 }) // the new main process is one
	look("the old one without workers")
	s.m.Kill(t, old, syscall.SIGQUIT)
	realtest.Until(t, "the new one has taken over", func() bool { return number(pidFile) == next })
	look("the new one alone")
	look("the next minute")
	if number(pidFile) != next {
		t.Error("it was restarted")
	}
}
