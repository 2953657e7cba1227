package rcd

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestStepFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		verb   Verb
		argv   []string
		status int
		output []string
		err    string
	}{
		{
			"exit status", Start, sh("echo one; echo two >&2; exit 3", ""), 3,
			[]string{"one", "two"},
			"cannot start service toy: exit status 3",
		},
		{"silent", Stop, sh("exit 1", ""), 1, nil, "cannot stop service toy: exit status 1"},
		{"signal", Start, sh("echo dying; kill -KILL $$", ""), -1, []string{"dying"}, "cannot start service toy: signal: killed"},
		{
			"missing program", Start,
			[]string{"/nonexistent/service", "toy", "start"},
			-1, nil,
			"cannot start service toy: fork/exec /nonexistent/service: no such file or directory",
		},
		{
			"not executable", Stop,
			[]string{"/etc/passwd", "toy", "stop"},
			-1, nil,
			"cannot stop service toy: fork/exec /etc/passwd: permission denied",
		},
		{
			"1 MiB", Start, sh("head -c 1048576 /dev/zero | tr '\\0' x; echo; echo last; exit 1", ""), 1,
			[]string{"last"},
			"cannot start service toy: exit status 1",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := newTestSystem(t).step(within(t), tt.verb, "toy", tt.argv, under())
			if err == nil || err.Error() != tt.err {
				t.Errorf("error %v\nwant  %s", err, tt.err)
			}
			failed := commandError(t, err)
			if failed.Verb != tt.verb || failed.Service != "toy" || !slices.Equal(failed.Argv, tt.argv) || failed.TimedOut {
				t.Errorf("%+v", *failed)
			}
			if failed.Status != tt.status {
				t.Errorf("status %d, want %d", failed.Status, tt.status)
			}
			if !slices.Equal(failed.Output, tt.output) {
				t.Errorf("output %.200q, want %q", failed.Output, tt.output)
			}
		})
	}
}

func TestMissingProgramIsNotExist(t *testing.T) {
	t.Parallel()
	err := newTestSystem(t).step(within(t), Start, "toy", []string{"/nonexistent/service"}, under())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v is not fs.ErrNotExist", err)
	}
}

// TestProgramForReal joins Manager, program and system: a stop that fails
// because nothing runs is not an error, a start that fails is one.
func TestProgramForReal(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "toyctl")
	const toyctl = `#!/bin/sh
echo "$@" >>"${0%/*}/calls"
case $2 in
stop) echo not there; exit 1 ;;
start) echo cannot bind; exit 6 ;;
status) exit 3 ;;
esac
`
	if err := os.WriteFile(path, []byte(toyctl), 0o700); err != nil {
		t.Fatal(err)
	}
	m := Program(path, &Outputs{Dir: dir})
	if err := m.Stop(within(t), "toy", under()); err != nil {
		t.Errorf("Stop = %v", err)
	}
	failed := commandError(t, m.Start(within(t), "toy", under()))
	if failed.Status != 6 || !slices.Equal(failed.Output, []string{"cannot bind"}) {
		t.Errorf("status %d, output %q", failed.Status, failed.Output)
	}
	if got, want := note(t, dir, "calls"), "toy stop\ntoy status\ntoy start"; got != want {
		t.Errorf("calls %q, want %q", got, want)
	}
}

// TestStepInterrupted: an end that we ask for is no time-out.
func TestStepInterrupted(t *testing.T) {
	t.Parallel()
	s, dir := newTestSystem(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	once(t, filepath.Join(dir, "ready"), cancel)
	err := s.step(ctx, Stop, "toy", sh(`: >"$1/ready"; exec sleep 60`, dir), under())
	if failed := commandError(t, err); failed.TimedOut || !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, timed out: %v", err, failed.TimedOut)
	}
	if !strings.HasPrefix(err.Error(), "cannot stop service toy: interrupted") {
		t.Errorf("error %q", err)
	}
}
