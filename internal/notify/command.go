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

// call is a command to run.
type call struct {
	argv        []string
	env         []string // in addition to the fixed variables
	input       []byte
	timeout     time.Duration // 0: only the context limits it
	killAfter   time.Duration // from TERM to KILL, if it exceeds its time
	outputAfter time.Duration // how long its output is read after it has ended
}

func command(argv []string, timeout time.Duration) call {
	return call{argv: argv, timeout: timeout, killAfter: 2 * time.Second, outputAfter: time.Second}
}

// run runs the command until it ends or its time is over. The command starts with a fixed
// environment, in /, and in a session of its own, like the commands of package rcd; the umask
// is ours. No daemon is started here, so its whole process group may be killed.
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
	cmd.WaitDelay = c.outputAfter // a process that it leaves behind may keep its output open
	if len(c.input) > 0 {
		cmd.Stdin = bytes.NewReader(c.input) // not reading it is not an error: os/exec ignores EPIPE
	}
	err := c.supervise(ctx, cmd)
	if err == nil || errors.Is(err, exec.ErrWaitDelay) { // it has succeeded
		return nil
	}
	err = osutil.Cause(err) // the reader already knows the path
	if said := out.String(); said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	return err
}

// supervise runs a command until it or ctx ends. If not even KILL ends it, because it is
// stuck in the kernel, it is left behind.
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
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // for processes that have ignored TERM
			return err
		case <-time.After(c.killAfter):
		}
	}
	return fmt.Errorf("%w; process %d cannot be killed and was left behind", err, cmd.Process.Pid)
}

// overError means that the time was over, or that we were told to end.
type overError struct {
	took time.Duration
	why  error // the context's error
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
