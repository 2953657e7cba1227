package osutil

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Process is a hold on a process, pidfd_open(2): a signal that is sent through it
// reaches that process or none, even if its number belongs to another one by then.
type Process struct {
	fd int
}

// OpenProcess gets hold of the process that has this number now. To be sure that it is the
// wanted process, look at it after OpenProcess, and then ask whether it has Ended. If it has
// not, what was seen belongs to the process that is held.
func OpenProcess(pid int) (*Process, error) {
	fd, err := unix.PidfdOpen(pid, 0) // close-on-exec by itself
	switch {
	case err == nil:
		return &Process{fd}, nil
	case errors.Is(err, unix.ESRCH):
		return nil, ErrEnded
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM): // old kernels, and old seccomp filters
		return nil, ErrNoHold
	}
	return nil, fmt.Errorf("cannot get hold of process %d: %w", pid, err)
}

// Signal sends a signal; ErrEnded if the process has ended.
func (p *Process) Signal(s syscall.Signal) error {
	err := unix.PidfdSendSignal(p.fd, s, nil, 0)
	switch {
	case errors.Is(err, unix.ESRCH):
		return ErrEnded
	case errors.Is(err, unix.ENOSYS):
		return ErrNoHold
	}
	return err
}

// Ended reports whether the process has ended. A zombie has.
func (p *Process) Ended() (bool, error) {
	fds := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return n > 0, err
	}
}

// Close ends the hold.
func (p *Process) Close() { _ = unix.Close(p.fd) }
