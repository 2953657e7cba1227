package rcd

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestQuery: a failing exit status is an answer; a command that was not there or
// was killed has not answered.
func TestQuery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		argv []string
		want result
		err  string
	}{
		{sh("echo is running", ""), result{0, "is running\n"}, ""},
		{sh("echo not running >&2; exit 3", ""), result{3, "not running\n"}, ""},
		{sh("exit 255", ""), result{255, ""}, ""},
		{sh("cat", ""), result{0, ""}, ""},
		{sh("kill -KILL $$", "x"), result{}, "cannot ask /bin/sh -c kill -KILL $$ sh x: signal: killed"},
		{
			[]string{"/nonexistent/systemctl", "show"},
			result{},
			"cannot ask /nonexistent/systemctl show: fork/exec /nonexistent/systemctl: no such file or directory",
		},
	} {
		got, err := newTestSystem(t).query(within(t), tt.argv)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("query %q = %+v, %v\nwant %+v, %q", tt.argv, got, err, tt.want, tt.err)
		}
	}
}

// TestQueryLimit: 64 KiB are kept, and the command can write as much as it likes.
// It kept everything: the embedded bytes.Buffer has a ReadFrom, which io.Copy
// prefers to Write.
func TestQueryLimit(t *testing.T) {
	t.Parallel()
	r, err := newTestSystem(t).query(within(t), sh(`head -c 1048576 /dev/zero | tr '\0' x || exit 9; exit 5`, ""))
	if err != nil || r.status != 5 {
		t.Errorf("status %d, %v, want 5", r.status, err)
	}
	if len(r.output) != 64<<10 || strings.Trim(r.output, "x") != "" {
		t.Errorf("%d bytes were kept, want 64 KiB", len(r.output))
	}
}

// TestQueryLeavesPipe: a child that keeps the pipe open does not hide the answer.
func TestQueryLeavesPipe(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{"exit 0": 0, "exit 3": 3} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			s, dir := newTestSystem(t), t.TempDir()
			s.killAfter = 100 * time.Millisecond
			endLater(t, filepath.Join(dir, "daemon"))
			began := time.Now()
			r, err := s.query(within(t), sh(aDaemon+"echo answer; "+script, dir))
			if err != nil || r != (result{want, "answer\n"}) {
				t.Errorf("query = %+v, %v, want status %d", r, err, want)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
			if !alive(pidIn(filepath.Join(dir, "daemon"))) {
				t.Error("the child was ended")
			}
		})
	}
}

// TestQueryTime: a query has a limit of its own, below that of its caller.
func TestQueryTime(t *testing.T) {
	t.Parallel()
	s, dir := newTestSystem(t), t.TempDir()
	s.queryTime = 3 * time.Second
	endLater(t, filepath.Join(dir, "pid"))
	began := time.Now()
	_, err := s.query(within(t), sh(`echo $$ >"$1/pid"; exec sleep 60`, dir))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "it took longer than") {
		t.Errorf("query = %v, want that it took too long", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if pid := pidIn(filepath.Join(dir, "pid")); alive(pid) {
		t.Errorf("process %d was left", pid)
	}
}
