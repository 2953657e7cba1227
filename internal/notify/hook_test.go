package notify

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/executable"
	"daemon-keeper/internal/words"
)

// script makes a hook of a few lines of sh, whose first argument is the folder.
func script(t *testing.T, text string) (h Hook, dir string) {
	t.Helper()
	dir = t.TempDir()
	return Hook{Argv: []string{"/bin/sh", "-c", text, "sh", dir}, Timeout: 30 * time.Second}, dir
}

func note(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// waitFor polls with a deadline.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func gone(t *testing.T, dir, name string) {
	t.Helper()
	pid, err := strconv.Atoi(note(t, dir, name))
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, name+" has ended", func() bool {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat") // a zombie that nobody reaps has ended, too
		return syscall.Kill(pid, 0) != nil || err == nil && bytes.Contains(stat, []byte(") Z "))
	})
}

func TestHookHears(t *testing.T) {
	t.Parallel()
	h, dir := script(t, `cat >"$1/input"; env | sort >"$1/env"; pwd >"$1/pwd"; echo all is well`)
	m := Compose("mx", []Item{{Name: "clamd $(id) `id`", Event: words.Begin, Reason: "not running\n"}})
	m.Report = []byte(`{"daemons":[]}`)
	if err := h.Tell(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if note(t, dir, "input") != `{"daemons":[]}` || note(t, dir, "pwd") != "/" {
		t.Errorf("input %q in %s", note(t, dir, "input"), note(t, dir, "pwd"))
	}
	own := regexp.MustCompile(`(?m)^(PWD|OLDPWD|SHLVL|_)=.*\n`) // the shell's
	if got, want := own.ReplaceAllString(note(t, dir, "env")+"\n", ""), `HOME=/
KEEPER_CAUSE=
KEEPER_CERTAINTY=
KEEPER_COUNT=1
KEEPER_DAEMON=clamd $(id) `+"`id`"+`
KEEPER_DAEMONS=clamd $(id) `+"`id`"+`
KEEPER_DONE=
KEEPER_DOWNTIME=0
KEEPER_EVENT=begin
KEEPER_HOST=mx
KEEPER_REASON=not running\x0a
KEEPER_SENDER=
KEEPER_SINCE=0001-01-01T00:00:00Z
KEEPER_SOURCE=
KEEPER_STATE=down
KEEPER_SUBJECT=clamd $(id) `+"`id`"+` is down on mx
LANG=C
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
`; got != want {
		t.Errorf("environment:\n%s", got)
	}
}

func TestHookFails(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		argv []string
		want string
	}{
		"status":       {[]string{"/bin/sh", "-c", "exit 3"}, "cannot tell /bin/sh: exit status 3"},
		"output":       {[]string{"/bin/sh", "-c", `echo one; printf 'two\033[31m\n\n'; echo three >&2; exit 3`}, `cannot tell /bin/sh: exit status 3: one | two\x1b[31m | three`},
		"last lines":   {[]string{"/bin/sh", "-c", `for i in 1 2 3 4 5 6 7 8 9; do echo $i; done; exit 3`}, `cannot tell /bin/sh: exit status 3: 5 | 6 | 7 | 8 | 9`},
		"a signal":     {[]string{"/bin/sh", "-c", "kill -9 $$"}, "cannot tell /bin/sh: signal: killed"},
		"missing":      {[]string{"/nonexistent/hook"}, "cannot tell /nonexistent/hook: no such file or directory"},
		"no program":   {[]string{plain}, "cannot tell " + plain + ": permission denied"},
		"a folder":     {[]string{"/usr/bin"}, "cannot tell /usr/bin: permission denied"},
		"relative":     {[]string{"hook"}, "cannot tell hook: its path is not absolute"},
		"relative dot": {[]string{"./hook"}, "cannot tell ./hook: its path is not absolute"},
		"an empty one": {[]string{""}, "cannot tell : its path is not absolute"},
		"none":         {nil, "cannot tell anyone: the command is empty"},
		"hostile":      {[]string{"/\x1b[31m\n"}, `cannot tell /\x1b[31m\x0a: no such file or directory`},
	} {
		if err := (Hook{Argv: tc.argv, Timeout: time.Minute}).Tell(t.Context(), Message{}); err == nil || err.Error() != tc.want {
			t.Errorf("%s: got  %v\nwant %s", name, err, tc.want)
		}
	}
}

// A hook that prints without end fills neither memory nor a disk.
func TestHookTalksTooMuch(t *testing.T) {
	t.Parallel()
	h, _ := script(t, `i=0; while [ $i -lt 20000 ]; do echo "this is line $i, and it is not short"; i=$((i+1)); done; exit 1`)
	err := h.Tell(t.Context(), Message{})
	if err == nil || !strings.HasSuffix(err.Error(), "this is line 19999, and it is not short") || len(err.Error()) > 300 {
		t.Errorf("%v", err)
	}
	h, _ = script(t, `head -c 100000 /dev/zero; exit 1`)
	if err := h.Tell(t.Context(), Message{}); err == nil || len(err.Error()) > 300 || strings.Contains(err.Error(), "\x00") {
		t.Errorf("%.400q", err)
	}
}

// A hook need not read what it is given: it was once that a write to a pipe which
// nobody reads ended the writer.
func TestHookDoesNotRead(t *testing.T) {
	t.Parallel()
	big := Message{Report: bytes.Repeat([]byte("{}"), 5<<20)}
	for name, text := range map[string]string{
		"ends":             `exit 0`,
		"closes":           `exec <&-; sleep 0.1`,
		"reads a little":   `head -c 10 >"$1/x"`,
		"leaves it behind": `exec 3<&0; sleep 60 <&3 >"$1/x" 2>&1 & echo $! >"$1/child"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, dir := script(t, text)
			began := time.Now()
			if err := h.Tell(t.Context(), big); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("it took %v", took)
			}
			endChild(dir)
		})
	}
	h, _ := script(t, `exec sleep 60`)
	h.Timeout = 100 * time.Millisecond
	if err := h.Tell(t.Context(), big); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that never reads: %v", err)
	}
}

func endChild(dir string) {
	if text, err := os.ReadFile(filepath.Join(dir, "child")); err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// What a hook leaves running keeps nobody waiting, and is left alone.
func TestHookLeavesSomethingRunning(t *testing.T) {
	t.Parallel()
	h, dir := script(t, `sleep 60 & echo $! >"$1/child"; echo done`)
	began := time.Now()
	if err := h.Tell(t.Context(), Message{}); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
	pid, _ := strconv.Atoi(note(t, dir, "child"))
	if err := syscall.Kill(pid, 0); err != nil {
		t.Errorf("the child: %v", err)
	}
	endChild(dir)
}

// overOnce is a context whose time is over once a file is there.
func overOnce(t *testing.T, path string) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(path); err == nil {
				cancel(context.DeadlineExceeded)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return ctx
}

// The time is over: the command and its helpers are ended, politely at first.
func TestHookTakesTooLong(t *testing.T) {
	t.Parallel()
	const helper = `sh -c 'echo $$ >"$1/helper"; exec sleep 120' sh "$1" & until [ -s "$1/helper" ]; do sleep 0.01; done; echo $$ >"$1/pid"; `
	for name, tc := range map[string]struct {
		text      string
		killAfter time.Duration
	}{
		"by TERM":                  {helper + `: >"$1/ready"; wait`, time.Minute},
		"with a trap":              {`trap 'exit 1' TERM; ` + helper + `: >"$1/ready"; wait`, time.Minute},
		"helper is deaf":           {`trap '' TERM; ` + helper + `trap 'exit 1' TERM; : >"$1/ready"; wait`, time.Minute},
		"by KILL":                  {`trap '' TERM; ` + helper + `: >"$1/ready"; while :; do sleep 0.02; done`, 3 * time.Second},
		"by KILL, no output taken": {`trap '' TERM; exec >/dev/null 2>&1; ` + helper + `: >"$1/ready"; while :; do sleep 0.02; done`, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, dir := script(t, `echo "at work"; `+tc.text)
			c := command(h.Argv, 0)
			c.killAfter, c.outputAfter = tc.killAfter, 100*time.Millisecond
			began := time.Now()
			err := c.run(overOnce(t, filepath.Join(dir, "ready")))
			if !errors.Is(err, context.DeadlineExceeded) || !regexp.MustCompile(`^it took longer than [0-9.]+m?s: at work$`).MatchString(err.Error()) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			gone(t, dir, "pid")
			gone(t, dir, "helper")
		})
	}
}

// A helper is asked to end before it is ended.
func TestHookHelpersHearTERM(t *testing.T) {
	t.Parallel()
	h, dir := script(t, `trap 'wait $!; exit 1' TERM
sh -c 'trap "echo term >\"$1/heard\"; exit" TERM; echo $$ >"$1/helper"; while :; do sleep 0.02; done' sh "$1" &
until [ -s "$1/helper" ]; do sleep 0.01; done; : >"$1/ready"; wait`)
	c := command(h.Argv, 0)
	c.killAfter = time.Minute
	if err := c.run(overOnce(t, filepath.Join(dir, "ready"))); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if got := note(t, dir, "heard"); got != "term" {
		t.Errorf("the helper heard %q", got)
	}
}

// The defaults are those that the manual tells of.
func TestHookTimeIsReal(t *testing.T) {
	t.Parallel()
	h, dir := script(t, `trap '' TERM; echo $$ >"$1/pid"; while :; do sleep 0.02; done`)
	h.Timeout = 2 * time.Second // in which sh has set its trap, however busy the machine is
	began := time.Now()
	err := h.Tell(t.Context(), Message{})
	if took := time.Since(began); took < 4*time.Second || took > time.Minute {
		t.Errorf("it took %v", took)
	}
	if !errors.Is(err, context.DeadlineExceeded) || !regexp.MustCompile(`^cannot tell /bin/sh: it took longer than [0-9.]+s$`).MatchString(err.Error()) {
		t.Errorf("got %v", err)
	}
	gone(t, dir, "pid")
}

func TestHookHasNoTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h, dir := script(t, `: >"$1/ran"`)
	if err := h.Tell(ctx, Message{}); err == nil || err.Error() != "cannot tell /bin/sh: it was not started: interrupted" {
		t.Errorf("got %v", err)
	}
	ctx, cancel = context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if err := h.Tell(ctx, Message{}); err == nil || err.Error() != "cannot tell /bin/sh: it was not started: no time was left" {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("it ran")
	}
}

// What not even KILL has ended in time is left behind. No script outlives KILL, so
// we hardly wait for it, and try again where it was faster.
func TestHookIsLeftBehind(t *testing.T) {
	for range 50 {
		h, dir := script(t, `trap '' TERM; echo $$ >"$1/pid"; : >"$1/ready"; while :; do echo text; done`)
		c := command(h.Argv, 0)
		c.killAfter = time.Nanosecond
		err := c.run(overOnce(t, filepath.Join(dir, "ready")))
		gone(t, dir, "pid")
		if regexp.MustCompile(`s; process \d+ cannot be killed and was left behind`).MatchString(err.Error()) {
			return
		}
	}
	t.Error("no script was ever left behind")
}

// Root runs no program that another user could change, or have put in its place.
func TestHookOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	dir := t.TempDir()
	hook := filepath.Join(dir, "hook")
	if err := executable.WriteFile(hook, []byte("#!/bin/sh\necho >\""+dir+"/ran\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	tell := func() error { return Hook{Argv: []string{hook}, Timeout: time.Minute}.Tell(t.Context(), Message{}) }
	if err := tell(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(dir+"/ran"), os.Chown(hook, 65534, 0)); err != nil {
		t.Fatal(err)
	}
	err := tell()
	var h interface{ Hint() string }
	if want := "cannot tell " + hook + ": cannot trust " + hook + ": another user owns it"; err == nil || err.Error() != want || !errors.As(err, &h) || h.Hint() != "chown root "+hook {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := os.Stat(dir + "/ran"); err == nil {
		t.Error("it ran")
	}
}
