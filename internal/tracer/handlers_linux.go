//go:build amd64 || arm64

package tracer

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// All signals are blocked before Go's runtime begins, and one thread reads them and their senders
// by signalfd(2). But the runtime unblocks some signals in its threads, SIGTERM among them. So each
// signal has a handler of ours, a few instructions outside of Go. The handler sends the signal with
// its siginfo_t to the thread that reads. No signal is lost that the kernel itself does not lose.

//lint:ignore U1000 the assembler tells its address
func forward()

//lint:ignore U1000 the assembler tells its address
func restore()

func forwardAddress() uintptr
func restoreAddress() uintptr

// What the handlers read.
var (
	//lint:ignore U1000 the assembler reads it
	readerPID int32
	//lint:ignore U1000 the assembler reads it
	readerTID int32
	//lint:ignore U1000 the assembler reads it
	runtimeHandler uintptr
	codeBase       int32
)

// catch takes over the signals of the whole process. The goroutine must be locked to its
// thread, which will be the one that reads; it returns the descriptor to read them from.
func catch() (int, error) {
	if err := setMask(everySignal); err != nil {
		return -1, err
	}
	readerPID, readerTID = int32(os.Getpid()), int32(unix.Gettid())
	codeBase = randomBase()
	all := unix.Sigset_t{}
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	fd, err := unix.Signalfd(-1, &all, unix.SFD_CLOEXEC|unix.SFD_NONBLOCK)
	if err != nil {
		return -1, fmt.Errorf("cannot read signals: %w", err)
	}
	old, err := setAction(int(unix.SIGSEGV), nil)
	if err != nil {
		return -1, err
	}
	runtimeHandler = old.handler
	for number := 1; number <= mostSignal; number++ {
		if !canCatch(number) {
			continue
		}
		if _, err := setAction(number, ours()); err != nil {
			return -1, err
		}
	}
	return fd, nil
}

// canCatch reports whether a signal can have a handler. Go needs 33 for system calls that all of
// its threads must make.
func canCatch(number int) bool {
	return number != int(unix.SIGKILL) && number != int(unix.SIGSTOP) && number != 33
}

// randomBase is a code below all that the kernel uses. It is random, because other processes may
// send signals with any negative code.
func randomBase() int32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return -(1<<30 | int32(binary.LittleEndian.Uint32(b[:])>>3)) &^ 0xff
}

// sigaction is the kernel's, include/linux/signal_types.h.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const (
	defaultAction = 0
	ignoreAction  = 1
	maskSize      = 8

	saSiginfo  = 0x4
	saRestorer = 0x04000000
	saOnStack  = 0x08000000
	saRestart  = 0x10000000
)

func ours() *sigaction {
	return &sigaction{forwardAddress(), saSiginfo | saOnStack | saRestart | saRestorer, restoreAddress(), everySignal}
}

// setAction is sigaction(2). If action is nil, it only returns the old one.
func setAction(number int, action *sigaction) (old sigaction, err error) {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(number), uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(&old)), maskSize, 0, 0)
	if errno != 0 {
		return old, fmt.Errorf("cannot handle signal %d: %w", number, errno)
	}
	return old, nil
}

// setMask sets which signals are blocked in this thread.
func setMask(mask uint64) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&mask)), 0, maskSize, 0, 0)
	if errno != 0 {
		return fmt.Errorf("cannot block signals: %w", errno)
	}
	return nil
}
