// Package osutil is what several rooms do with the system. It knows nothing of the
// project.
package osutil

import "errors"

// Errors of OpenProcess and of the methods of a Process.
var (
	// ErrEnded says that the process has ended.
	ErrEnded = errors.New("the process has ended")
	// ErrNoHold says that this system, or this kernel, gives no hold on a process: a
	// signal to a number could reach another process that has got it since.
	ErrNoHold = errors.New("this system gives no hold on a process (Linux 5.3 does)")
)
