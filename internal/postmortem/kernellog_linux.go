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

// readKernelLog reads /dev/kmsg. If that cannot be read, or no longer has the time in question, it
// reads the journal, or else the files of syslogd. In a container nothing is read: the kernel's
// log has the process ids of the host.
func readKernelLog(ctx context.Context, d Dead) (kernelRecords, error) {
	r := kernelRecords{Page: os.Getpagesize()}
	if !inFirstPIDs() {
		return r, nil
	}
	r.Slept = slept()
	r.Lead, r.Exact = lead()
	covers, err := r.readKmsg(ctx, d)
	if covers && err == nil {
		return r, nil
	}
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	entries, _, journalErr := journal(ctx, d, "MESSAGE,_TRANSPORT,SYSLOG_FACILITY", "-b", "_TRANSPORT=kernel")
	if journalErr == nil && len(entries) > 0 {
		r.Records, r.Lead, r.Exact = nil, 0, true // the journal has them, too, with journald's time
		for _, entry := range entries {
			r.keep([]byte(kernelOfJournal(entry)))
		}
		return r, nil
	}
	for _, path := range [...]string{"/var/log/kern.log", "/var/log/messages"} {
		if end, fileErr := osutil.ReadEnd(path, mostKernelFile); fileErr == nil {
			r.Lines = wholeLines(end)
			return r, nil
		}
	}
	return r, err
}

// mostKernelFile bounds what is read of a file of syslogd's.
const mostKernelFile = 4 << 20

// readKmsg reads /dev/kmsg, which gives one record for each read, and reports whether it
// reaches back to when the daemon was last seen.
func (r *kernelRecords) readKmsg(ctx context.Context, d Dead) (covers bool, err error) {
	f, err := osutil.Open("/dev/kmsg")
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	buf := make([]byte, 8<<10) // the longest record
	conn, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	first := true
	for total := 0; total < mostKernelLog && ctx.Err() == nil; {
		n, readErr := 0, error(nil)
		err := conn.Control(func(fd uintptr) { n, readErr = unix.Read(int(fd), buf) }) // os.File would wait for the next record
		switch {
		case err != nil:
			return covers, err
		case errors.Is(readErr, unix.EAGAIN), n == 0 && readErr == nil:
			return covers, nil
		case errors.Is(readErr, unix.EPIPE), errors.Is(readErr, unix.EINTR): // records were overwritten
			total += len(buf)
			continue
		case readErr != nil:
			return covers, readErr
		}
		total += n
		if first {
			covers, first = kernelCovers(buf[:n], d), false
		}
		r.keep(buf[:n])
	}
	return covers, ctx.Err()
}

// keep keeps a record that may be about the end of a process, or about the tasks that there were
// when there was too little memory.
func (r *kernelRecords) keep(record []byte) {
	if _, text, ok := kernelRecord(record); ok && ofInterest(text) {
		r.Records = append(r.Records, append([]byte(nil), record...))
	}
}

// lead measures the clock of the kernel's log, where debugfs is mounted, as systemd does.
func lead() (time.Duration, bool) {
	for _, path := range [...]string{"/sys/kernel/debug/sched/debug", "/proc/sched_debug"} {
		if text, err := osutil.ReadSome(path, 1<<10); err == nil {
			return clocks(text)
		}
	}
	return 0, false
}

// slept is how long the machine has been suspended since boot.
func slept() time.Duration {
	var up, awake unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) != nil || unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) != nil {
		return 0
	}
	return max(time.Duration(up.Nano()-awake.Nano()), 0)
}

// inFirstPIDs reports whether we are in the first PID namespace, so that we see processes with the
// ids that the kernel's own records have. Its inode is fixed, linux/proc_ns.h.
func inFirstPIDs() bool {
	target, err := os.Readlink("/proc/self/ns/pid")
	return err == nil && target == "pid:[4026531836]"
}
