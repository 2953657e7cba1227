package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
)

// call is a command to be run.
type call struct {
	argv        []string
	env         []string // besides the fixed ones
	input       []byte
	timeout     time.Duration // 0: only the context's
	killAfter   time.Duration // from TERM to KILL, where it outlives its time
	outputAfter time.Duration // how long its output is read once it has ended
}

func command(argv []string, timeout time.Duration) call {
	return call{argv: argv, timeout: timeout, killAfter: 2 * time.Second, outputAfter: time.Second}
}

// run runs it until it or its time ends. The command starts with a fixed
// environment, in /, and in a session of its own, as those of rcd do; the umask is
// ours. (No daemon comes of it, so here its whole group may be ended.)
func (c call) run(ctx context.Context) error {
	if !filepath.IsAbs(c.argv[0]) {
		return errors.New("its path is not absolute")
	}
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	osutil.CloseOthersOnExec()
	out := new(tail)
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Dir = "/"
	cmd.Env = append([]string{"PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin", "HOME=/", "LANG=C"}, c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = c.outputAfter // for one that leaves something behind which keeps its output open
	if len(c.input) > 0 {
		cmd.Stdin = bytes.NewReader(c.input) // one that does not read it is no error: os/exec ignores EPIPE
	}
	err := c.supervise(ctx, cmd)
	if err == nil || errors.Is(err, exec.ErrWaitDelay) { // it has ended well
		return nil
	}
	err = osutil.Cause(err) // whoever reads it knows the path already
	if said := out.String(); said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	return err
}

// supervise runs a command until it or ctx ends. One that not even KILL ends,
// because it is stuck in the kernel, is left behind.
func (c call) supervise(ctx context.Context, cmd *exec.Cmd) error {
	if ctx.Err() != nil {
		return fmt.Errorf("it was not started: %w", over(ctx, 0))
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	err := over(ctx, time.Since(began))
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = syscall.Kill(-cmd.Process.Pid, sig)
		select {
		case <-done:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // those that have not heard the TERM
			return err
		case <-time.After(c.killAfter):
		}
	}
	return fmt.Errorf("%w; process %d cannot be killed and was left behind", err, cmd.Process.Pid)
}

// overError says that the time was over, or that we were told to end.
type overError struct {
	took time.Duration
	why  error // the context's
}

func over(ctx context.Context, took time.Duration) error {
	return &overError{took, context.Cause(ctx)}
}

func (e *overError) Error() string {
	switch {
	case !errors.Is(e.why, context.DeadlineExceeded):
		return "interrupted"
	case e.took == 0:
		return "no time was left"
	case e.took < time.Second:
		return fmt.Sprintf("it took longer than %v", e.took.Round(time.Millisecond))
	}
	return fmt.Sprintf("it took longer than %v", e.took.Round(100*time.Millisecond))
}

func (e *overError) Unwrap() error { return e.why }
