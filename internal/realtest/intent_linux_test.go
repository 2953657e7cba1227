package realtest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/rcd"
)

// wishOf is how TestWishInside, which this test's own program runs as in a machine, is
// told of which service it should ask, and what is remembered of it.
const wishOf = "DAEMON_KEEPER_WISH_OF"

func TestWishInside(t *testing.T) {
	words := strings.Fields(os.Getenv(wishOf)) // SERVICE WASUP [FROM TO], in Unix seconds
	if len(words) < 2 {
		t.Skip("this is the part of TestWish that runs in a machine")
	}
	past := rcd.Past{WasUp: words[1] == "true"}
	if len(words) == 4 {
		from, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		to, err := strconv.ParseInt(words[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		past.From, past.To = time.Unix(from, 0), time.Unix(to, 0)
	}
	m, err := rcd.Detect(rcd.ThisHost(), &rcd.Outputs{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := m.Wish(t.Context(), words[0], past)
	switch {
	case err != nil:
		fmt.Printf("\nwish: error: %v\n", err)
	case w == nil:
		fmt.Printf("\nwish: none\n")
	default:
		fmt.Printf("\nwish: %s, %s; %s\n", w.Kind, w.Why, w.Undo)
	}
}

// wish asks inside what somebody wants of a service.
func wish(t *testing.T, m *Machine, service string, past ...any) string {
	t.Helper()
	out := m.Must(t, "env", "GORACE=atexit_sleep_ms=0", wishOf+"="+service+" "+strings.TrimSpace(fmt.Sprintln(past...)), "/usr/local/sbin/realtest", "-test.run=^TestWishInside$")
	_, answer, ok := strings.Cut(out, "\nwish: ")
	if !ok {
		t.Fatalf("no answer:\n%s", out)
	}
	answer, _, _ = strings.Cut(answer, "\n")
	return answer
}

// What people do to a service on a real systemd, and whether that says that it is to
// be left down.
func TestWish(t *testing.T) {
	t.Parallel()
	Need(t)
	l := NewLayer(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l.Copy(self, "/usr/local/sbin/realtest")
	unit := func(name, service, install string) {
		l.Unit(name+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart="+addDaemon(t, l, name)+" infinity\n"+service+install)
	}
	const enabled = "[Install]\nWantedBy=multi-user.target\n"
	unit("toy", "", enabled)
	unit("picky", "ExecStartPre=/usr/bin/test ! -e /run/broken\n", enabled)
	unit("slow", "TimeoutStopSec=infinity\nExecStopPost=/bin/sh -c 'until test -e /run/slow.go; do sleep 0.1; done'\n", enabled)
	unit("base", "", "")
	l.Unit("bound.service", "[Unit]\nBindsTo=base.service\nAfter=base.service\n[Service]\nExecStart="+addDaemon(t, l, "bound")+" infinity\n")
	l.File("/usr/lib/systemd/system/idle.service", "[Service]\nExecStart="+addDaemon(t, l, "idle")+" infinity\n"+enabled, 0o644) // which it is not
	m := Boot(t, Tree(t), l)

	start := func(name string) { m.Must(t, "systemctl", "start", name) }
	signal := func(name string, sig syscall.Signal) {
		pid := onlyPid(t, m, "/usr/local/sbin/"+name)
		m.Kill(t, pid, sig)
		Until(t, "it is gone", func() bool { return len(m.Pids(t, "/usr/local/sbin/"+name)) == 0 })
	}
	const stopped = "stopped, it was stopped at "
	for _, c := range []struct {
		what    string
		do      func()
		service string
		past    []any
		want    string // how the answer begins
	}{
		{"it is up", func() {}, "toy", []any{true}, "none"},
		{"systemctl stop", func() { m.Must(t, "systemctl", "stop", "toy") }, "toy", []any{true}, stopped},
		{"it is still stopped", func() {}, "toy.service", []any{true}, stopped},
		{"that was our own stop", func() {}, "toy", []any{true, time.Now().Unix() - 3600, time.Now().Unix() + 3600}, "none"},
		{"our own stop was another", func() {}, "toy", []any{true, time.Now().Unix() - 7200, time.Now().Unix() - 3600}, stopped},
		{"kill -TERM", func() { start("toy"); signal("toy", syscall.SIGTERM) }, "toy", []any{true}, "none"},
		{"kill -9", func() { start("toy"); signal("toy", syscall.SIGKILL) }, "toy", []any{true}, "none"},
		{"systemctl kill", func() {
			start("toy")
			m.Must(t, "systemctl", "kill", "toy")
			Until(t, "it is gone", func() bool { return len(m.Pids(t, "/usr/local/sbin/toy")) == 0 })
		}, "toy", []any{true}, "none"},
		{"service stop", func() { start("toy"); m.Must(t, "service", "toy", "stop") }, "toy", []any{true}, stopped},
		{"a stop after a death leaves no trace", func() {
			start("toy")
			signal("toy", syscall.SIGKILL)
			m.Must(t, "systemctl", "stop", "toy")
		}, "toy", []any{true}, "none"},
		{"a restart that fails", func() {
			m.Must(t, "touch", "/run/broken")
			_, _ = m.Run(t, "systemctl", "restart", "picky")
		}, "picky", []any{true}, "none"},
		{"being stopped", func() { m.Must(t, "systemctl", "stop", "--no-block", "slow") }, "slow", []any{true}, "stopped, it has been stopping since "},
		{"bound to one that was killed", func() {
			m.Must(t, "touch", "/run/slow.go") // else journald, which is ordered before it, would never be stopped
			start("bound")
			signal("base", syscall.SIGKILL)
			Until(t, "it is gone", func() bool { return len(m.Pids(t, "/usr/local/sbin/bound")) == 0 })
		}, "bound", []any{true}, "none"},
		{"bound to one that was stopped", func() { start("bound"); m.Must(t, "systemctl", "stop", "base") }, "bound", []any{true}, stopped},
		{"disabled, and never started", func() {}, "idle", []any{false}, "disabled, it is disabled"},
		{"disabled, and seen up", func() {}, "idle", []any{true}, "none"},
		{"disabled, started and killed", func() { start("idle"); signal("idle", syscall.SIGTERM) }, "idle", []any{false}, "none"},
		{"masked", func() { m.Must(t, "systemctl", "mask", "--now", "toy") }, "toy", []any{true}, "masked, it is masked; systemctl unmask toy.service"},
		{"unmasked and started", func() { m.Must(t, "systemctl", "unmask", "toy"); start("toy"); signal("toy", syscall.SIGTERM) }, "toy", []any{true}, "none"},
		{"journald is down", func() {
			start("toy")
			m.Must(t, "systemctl", "stop", "toy")
			m.Must(t, "systemctl", "stop", "systemd-journald.socket", "systemd-journald-dev-log.socket", "systemd-journald-audit.socket", "systemd-journald")
		}, "toy", []any{true}, "error: cannot tell whether toy.service was stopped on purpose: systemd-journald is not running"},
	} {
		c.do()
		_, _ = m.Run(t, "journalctl", "--sync") // what systemd has done stands there
		if got := wish(t, m, c.service, c.past...); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
