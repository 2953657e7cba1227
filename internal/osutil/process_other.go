//go:build !linux

package osutil

import "syscall"

// Process is a hold on a process, which this system does not give.
type Process struct{}

// OpenProcess fails with ErrNoHold.
func OpenProcess(int) (*Process, error) { return nil, ErrNoHold }

// Signal fails with ErrNoHold.
func (*Process) Signal(syscall.Signal) error { return ErrNoHold }

// Ended fails with ErrNoHold.
func (*Process) Ended() (bool, error) { return false, ErrNoHold }

// Close does nothing.
func (*Process) Close() {}
