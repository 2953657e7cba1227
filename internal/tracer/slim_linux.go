//go:build amd64 || arm64

package tracer

import (
	"bufio"
	"bytes"
	"fmt"
	"runtime/debug"
	"strings"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// slim gives back the memory that only the start has needed. Most of it is the program
// itself, with all that it can do besides: of its file the kernel reads again what is
// needed again, madvise(2).
func slim() {
	debug.FreeOSMemory()
	maps, err := osutil.ReadSome("/proc/self/maps", 1<<20)
	if err != nil {
		return
	}
	for s := bufio.NewScanner(bytes.NewReader(maps)); s.Scan(); {
		fields := strings.Fields(s.Text())
		var from, to uintptr
		if len(fields) < 6 || fields[1] != "r-xp" && fields[1] != "r--p" || !strings.HasPrefix(fields[5], "/") {
			continue
		}
		if _, err := fmt.Sscanf(fields[0], "%x-%x", &from, &to); err == nil {
			_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED)
		}
	}
}
