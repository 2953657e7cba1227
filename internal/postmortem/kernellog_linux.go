package postmortem

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// mostKernelLog bounds what is read of the kernel's log, whose buffer mostly has
// 256 KiB to 4 MiB.
const mostKernelLog = 16 << 20

// ReadKernelLog reads /dev/kmsg, which gives one record for each read. A container's is
// that of its host, with the numbers that processes have there.
func ReadKernelLog(ctx context.Context) (KernelRecords, error) {
	var r KernelRecords
	if !inFirstPIDs() {
		return r, nil
	}
	f, err := osutil.Open("/dev/kmsg")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil
	case err != nil:
		return r, err
	}
	defer f.Close()
	r.Slept = slept()
	buf := make([]byte, 8<<10) // the longest record
	conn, err := f.SyscallConn()
	if err != nil {
		return r, err
	}
	for total := 0; total < mostKernelLog && ctx.Err() == nil; {
		n, readErr := 0, error(nil)
		err := conn.Control(func(fd uintptr) { n, readErr = unix.Read(int(fd), buf) }) // a File would wait for the next record
		switch {
		case err != nil:
			return r, err
		case errors.Is(readErr, unix.EAGAIN), n == 0 && readErr == nil:
			return r, nil
		case errors.Is(readErr, unix.EPIPE), errors.Is(readErr, unix.EINTR): // records were overwritten
			total += len(buf)
			continue
		case readErr != nil:
			return r, readErr
		}
		total += n
		r.keep(buf[:n])
	}
	return r, ctx.Err()
}

// keep keeps a record that may be about the end of a process.
func (r *KernelRecords) keep(record []byte) {
	if _, text, ok := kernelRecord(record); ok {
		if f, _ := kernelLine(text); f.Cause != "" {
			r.Records = append(r.Records, append([]byte(nil), record...))
		}
	}
}

// slept is how long the machine has been suspended since boot.
func slept() time.Duration {
	var up, awake unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) != nil || unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) != nil {
		return 0
	}
	return max(time.Duration(up.Nano()-awake.Nano()), 0)
}

// inFirstPIDs reports whether processes have for us the numbers that the kernel's own
// records have: those of the first PID namespace, whose inode is fixed, linux/proc_ns.h.
func inFirstPIDs() bool {
	target, err := os.Readlink("/proc/self/ns/pid")
	return err == nil && target == "pid:[4026531836]"
}
