package rcd

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestStartLeavesDaemon: a daemon that never closes its standard output neither
// keeps us waiting nor dies of SIGPIPE when it writes after we have gone.
func TestStartLeavesDaemon(t *testing.T) {
	t.Parallel()
	s, dir := newTestSystem(t), t.TempDir()
	endLater(t, filepath.Join(dir, "pid"))
	const start = `
(
	until [ -e "$1/go" ]; do sleep 0.02; done
	echo late
	echo late, too >&2
	echo survived >"$1/survived"
) &
echo $! >"$1/pid"
echo started`

	began := time.Now()
	if err := s.step(within(t), Start, "toy", sh(start, dir), under()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 15*time.Second { // the daemon waits for us
		t.Errorf("the start took %v", took)
	}
	if !alive(pidIn(filepath.Join(dir, "pid"))) {
		t.Fatal("the daemon has ended")
	}
	write(t, filepath.Join(dir, "go"), "")
	waitUntil(t, "the daemon has survived", func() bool { return exists(filepath.Join(dir, "survived")) })
	if got, want := read(t, s.outputs.Path("toy")), "started\nlate\nlate, too\n"; got != want {
		t.Errorf("output %q, want %q", got, want)
	}
}

// TestStepWithoutOutputs: no folder, nothing kept, and the command runs.
func TestStepWithoutOutputs(t *testing.T) {
	t.Parallel()
	for _, outputs := range []*Outputs{{}, {Dir: "/nonexistent/run"}} {
		s, dir := newTestSystem(t), t.TempDir()
		s.outputs = outputs
		err := s.step(within(t), Start, "toy", sh(`echo text; (readlink /proc/$$/fd/1 >"$1/stdout"); exit 7`, dir), under())
		if failed := commandError(t, err); failed.Status != 7 || failed.Output != nil {
			t.Errorf("status %d, output %q, want 7 and none", failed.Status, failed.Output)
		}
		if got := note(t, dir, "stdout"); got != os.DevNull {
			t.Errorf("standard output is %q", got)
		}
	}
}

// TestStepIgnoresPlanted: nobody reads the FIFO, so opening it would wait for ever.
func TestStepIgnoresPlanted(t *testing.T) {
	t.Parallel()
	s, dir := newTestSystem(t), t.TempDir()
	target := filepath.Join(dir, "target")
	write(t, target, "precious")
	if err := fifoBehindSymlink(s.outputs.Path("fifo"), target); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, s.outputs.Path("link")); err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"fifo", "link"} {
		if err := s.step(within(t), Start, service, sh(`echo text`, dir), under()); err != nil {
			t.Errorf("%s: %v", service, err)
		}
	}
	if got := read(t, target); got != "precious" {
		t.Errorf("the target has %q", got)
	}
}
