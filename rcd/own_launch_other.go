//go:build !linux

package rcd

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func stageProgram() (string, error) { return os.Executable() }

func dupTo(from, to int) error { return unix.Dup2(from, to) }

// dropPrivileges: setuid(2) leaves nothing here.
func dropPrivileges(int) error { return nil }

// resetSignals does nothing: Go's runtime has no call for it here, and neither cron(8) nor a
// shell blocks signals.
func resetSignals() {}

// endWithUs: no other process is given a path with our number here.
func endWithUs(*syscall.SysProcAttr) {}

func outliveStarter() {}
