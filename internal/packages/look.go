package packages

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxAge is how old a lock may be that is nothing but a file: whoever has made it may
// have died since, and nobody can tell.
const maxAge = 30 * time.Minute

// open opens a file to look at its locks. Neither a link nor a fifo in its place leads
// or holds us anywhere.
func open(path string) (*os.File, os.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// recordLock asks who holds a write lock of fcntl(2): a reader, as we would be, would
// have to wait for no other. We hold none ourselves, which closing the file would drop.
func recordLock(path string, l lock, _ time.Time) (held bool, pid int, err error) {
	f, _, err := open(path)
	if err != nil {
		return false, 0, err
	}
	defer f.Close()
	return recordLockOf(f, l)
}

func recordLockOf(f *os.File, l lock) (held bool, pid int, err error) {
	ask := syscall.Flock_t{Type: syscall.F_RDLCK, Whence: io.SeekStart, Start: l.at, Len: l.len}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &ask); err != nil {
		return false, 0, &os.PathError{Op: "look at the locks of", Path: f.Name(), Err: err}
	}
	if ask.Type == syscall.F_UNLCK {
		return false, 0, nil
	}
	// 0: of another PID namespace; -1: of an open file, not of a process.
	return true, max(int(ask.Pid), 0), nil
}

// fileLock asks for a lock of flock(2), of which only /proc/locks tells, or of fcntl(2).
func fileLock(path string, l lock, now time.Time) (held bool, pid int, err error) {
	f, info, err := open(path)
	if err != nil {
		return false, 0, err
	}
	defer f.Close()
	if held, pid, err = recordLockOf(f, l); held || err != nil {
		return held, pid, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false, 0, fmt.Errorf("nobody knows the inode of %s", path)
	}
	list, err := os.ReadFile("/proc/locks")
	if err != nil {
		return false, 0, err
	}
	for _, k := range parseLocks(string(list)) {
		if k.inode != uint64(st.Ino) {
			continue
		}
		// On btrfs and overlayfs the kernel names another device than stat(2) does.
		if k.device == device(uint64(st.Dev)) || comm(k.pid) == l.manager {
			return true, k.pid, nil
		}
	}
	return false, 0, nil
}

// kernelLock is a write lock of flock(2) in /proc/locks, proc_locks(5).
type kernelLock struct {
	pid    int
	device string // major:minor, in hex
	inode  uint64
}

// parseLocks reads /proc/locks: "1: FLOCK ADVISORY WRITE 1234 08:01:5678 0 EOF".
// A line with -> is one who waits.
func parseLocks(text string) (list []kernelLock) {
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		if len(w) != 8 || w[1] != "FLOCK" || w[3] != "WRITE" {
			continue
		}
		i := strings.LastIndexByte(w[5], ':')
		pid, err := strconv.Atoi(w[4])
		if i < 0 || err != nil || pid < 0 {
			continue
		}
		inode, err := strconv.ParseUint(w[5][i+1:], 10, 64)
		if err != nil {
			continue
		}
		list = append(list, kernelLock{pid: pid, device: w[5][:i], inode: inode})
	}
	return list
}

// device is a device's number as /proc/locks has it, makedev(3) of Linux undone.
func device(n uint64) string {
	major := n>>8&0xfff | n>>32&^0xfff
	minor := n&0xff | n>>12&^0xff&0xffffffff
	return fmt.Sprintf("%02x:%02x", major, minor)
}

func comm(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(name), "\n")
}

// lockFile asks for a file that is there while its maker is at work.
func lockFile(path string, _ lock, now time.Time) (held bool, pid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return false, 0, err
	}
	return info.Mode().IsRegular() && fresh(info, now), 0, nil
}

// fresh: a file from the future is as good as one that was made now.
func fresh(info os.FileInfo, now time.Time) bool { return now.Sub(info.ModTime()) <= maxAge }

// pidFile asks for a file with the number of a process that is still there, and was
// there when the file was written.
func pidFile(path string, _ lock, now time.Time) (held bool, pid int, err error) {
	f, info, err := open(path)
	if err != nil {
		return false, 0, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return false, 0, err
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return false, 0, nil // it is emptied at the end
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false, 0, nil // it has ended
	}
	uptime, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return false, 0, err
	}
	age, ok := ageOf(string(stat), string(uptime))
	const rounding = 2 * time.Second
	if !ok || age+rounding < now.Sub(info.ModTime()) {
		return false, 0, nil // another process has the number now
	}
	return true, pid, nil
}

// ageOf reads a process's age from its /proc/PID/stat and from /proc/uptime.
func ageOf(stat, uptime string) (time.Duration, bool) {
	const (
		startField = 22 - 3 // counted behind the name, which may hold anything
		hertz      = 100    // in which the kernel tells it to programs
	)
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	up, _, _ := strings.Cut(uptime, " ")
	seconds, err := strconv.ParseFloat(up, 64)
	if err != nil || len(fields) <= startField || !(seconds >= 0 && seconds < 1e9) {
		return 0, false
	}
	ticks, err := strconv.ParseUint(fields[startField], 10, 63)
	if err != nil || ticks > 1e11 {
		return 0, false
	}
	return time.Duration(seconds*float64(time.Second)) - time.Duration(ticks)*(time.Second/hertz), true
}
