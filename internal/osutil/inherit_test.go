package osutil

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A descriptor that was inherited is closed in a child, however it is done.
func TestCloseOthersOnExec(t *testing.T) {
	for name, do := range map[string]func(){"at once": CloseOthersOnExec, "each": func() { closeEachOnExec(3) }} {
		fd, err := unix.Dup(int(os.Stderr.Fd())) // without the flag
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		isClosed := func() bool {
			flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			return err == nil && flags&unix.FD_CLOEXEC != 0
		}
		before := isClosed()
		if do(); before || !isClosed() {
			t.Errorf("%s: closed %v before, %v then", name, before, isClosed())
		}
	}
}
