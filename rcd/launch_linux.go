package rcd

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"daemon-keeper/internal/osutil"
)

// stageProgram is the path of our program as systemd-run(1) has to execute it, for which
// /proc/self is another. The launcher lives until then.
func stageProgram() (string, error) { return fmt.Sprintf("/proc/%d/exe", os.Getpid()), nil }

func dupOnExec(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3) }

func dupTo(from, to int) error { return unix.Dup3(from, to, 0) }

// closeOnExec keeps all from the program but the standard ones.
func closeOnExec() {
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) != nil { // Linux 5.11 has it
		osutil.CloseOthersOnExec()
	}
}

// endWithUs: until the stage runs, systemd-run(1) knows it by a path with our number, which
// another process may be given if we have died.
func endWithUs(attr *syscall.SysProcAttr) {
	runtime.LockOSThread() // for as long as we live: the end of this thread would count, prctl(2)
	attr.Pdeathsig = syscall.SIGKILL
}

// outliveStarter undoes endWithUs.
func outliveStarter() { _ = unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) }

// dropPrivileges is for what setuid(2) may leave, capabilities(7), keyrings(7): nothing of
// ours goes with the daemon, and it may gain what its own programs give it.
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

// unblockSignals has the program get all signals, whatever was blocked when we began.
func unblockSignals() {
	var none unix.Sigset_t
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil)
}
