package rcd

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stageProgram is the path of our program as systemd-run(1) has to execute it: its own
// /proc/self is systemd-run. The launcher lives until that is done.
func stageProgram() (string, error) { return fmt.Sprintf("/proc/%d/exe", os.Getpid()), nil }

func dupTo(from, to int) error { return unix.Dup3(from, to, 0) }

// endWithUs: until the stage runs, systemd-run(1) knows it by a path with our number. After our
// death another process may be given that number.
func endWithUs(attr *syscall.SysProcAttr) {
	runtime.LockOSThread() // for as long as we live: the end of this thread would count, prctl(2)
	attr.Pdeathsig = syscall.SIGKILL
}

// outliveStarter undoes endWithUs.
func outliveStarter() { _ = unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) }

// dropPrivileges takes from the daemon what setuid(2) may leave: capabilities(7) and keyrings(7).
// It may still gain privileges by programs such as sudo(8).
func dropPrivileges(uid int) error {
	if uid == 0 {
		return nil
	}
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) // Linux 4.3
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("its capabilities: %w", err)
	}
	_, _ = unix.KeyctlJoinSessionKeyring("") // kernels may have none
	return nil
}

// resetSignals has the program get all signals, whatever was ignored or blocked when we began.
// Go's runtime does not touch those that the C library has for itself, and an exec would leave them
// ignored. A sigaction(2) of zeros is SIG_DFL with an empty mask, which has 8 bytes.
func resetSignals() {
	const most, maskSize = 64, 8
	var normal [64]byte
	for signal := 1; signal <= most; signal++ { // KILL and STOP are refused
		_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(&normal)), 0, maskSize, 0, 0)
	}
	var none unix.Sigset_t
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil)
}
