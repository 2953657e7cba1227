package packages

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// maxAge is how old a lock may be that is only a file: the process that has made it may have ended
// since.
const maxAge = 30 * time.Minute

// open opens a file to look at its locks. It does not follow a link, nor wait for a FIFO. A file that
// others can write is refused: any user may hold a lock of it.
func open(path string) (*os.File, os.FileInfo, error) {
	f, err := osutil.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is not a regular file", path)
	case !isRoots(info):
		err = fmt.Errorf("%s can be written by others than root", path)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// recordLock asks for a write lock of fcntl(2), as if we wanted a read lock. We hold no lock of this
// file ourselves: to close it would release that.
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
	// 0: of a process of another PID namespace; -1: of an open file, not of a process.
	pid = max(int(ask.Pid), 0)
	if uid, ok := realUser(pid); ok && !isRoot(uid) {
		return false, 0, nil
	}
	return true, pid, nil
}

// fileLock asks for a lock of fcntl(2), or of flock(2), which only /proc/locks shows.
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
	text, err := osutil.ReadSome("/proc/locks", proctable.MostLockText)
	if err == nil && len(text) == proctable.MostLockText {
		err = fmt.Errorf("/proc/locks is larger than %d bytes", proctable.MostLockText)
	}
	if err != nil {
		return false, 0, err
	}
	for l := range proctable.ParseLocks(text) {
		isOne := l.Kind == "FLOCK" && l.IsWrite && l.PID >= 0 && l.Inode == uint64(st.Ino)
		if isOne && holds(l, info) {
			return true, l.PID, nil
		}
	}
	return false, 0, nil
}

// holds reports whether a lock with the inode number of a file is root's, and of that file. A file of
// another file system may have the same number, and any user may mount one. On btrfs and overlayfs
// /proc/locks has another device than stat(2). So it looks whether the process has the file open;
// or compares the devices if the process has ended and left the lock to a child.
func holds(l proctable.FileLock, file os.FileInfo) bool {
	uid, ok := realUser(l.PID)
	if ok {
		return isRoot(uid) && hasOpen(l.PID, file)
	}
	st, ok := file.Sys().(*syscall.Stat_t)
	return ok && l.IsOn(uint64(st.Dev)) && file.Mode().Perm()&0o077 == 0
}

// isRoots reports whether only root, or we, can write to a file.
func isRoots(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	mode := info.Mode().Perm()
	return ok && isRoot(st.Uid) && mode&0o002 == 0 && (mode&0o020 == 0 || st.Gid == 0 || int(st.Uid) == os.Geteuid())
}

// isRoot reports whether a user is root, or ourselves: tests may run as another user.
func isRoot(uid uint32) bool { return uid == 0 || int(uid) == os.Geteuid() }

// realUser is the user who has started a process: that of a set-user-ID program, too.
func realUser(pid int) (uid uint32, ok bool) {
	if pid <= 0 {
		return 0, false
	}
	text, err := osutil.ReadSome(fmt.Sprintf("/proc/%d/status", pid), proctable.MostStatus)
	if err != nil {
		return 0, false
	}
	st, err := proctable.ParseStatus(text)
	return st.Users[proctable.Real], err == nil
}

// mostOpen is how many descriptors are looked at: package managers have fewer.
const mostOpen = 4096

// hasOpen reports whether a process has a file open. Files of other names are not looked at: they
// may be on a file system that does not answer.
func hasOpen(pid int, file os.FileInfo) bool {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	names, _ := f.Readdirnames(mostOpen)
	for _, name := range names {
		path := dir + "/" + name
		if link, err := os.Readlink(path); err != nil || filepath.Base(link) != file.Name() {
			continue
		}
		if info, err := os.Stat(path); err == nil && os.SameFile(info, file) {
			return true
		}
	}
	return false
}

// lockFile asks for a file that exists while its package manager is at work.
func lockFile(path string, _ lock, now time.Time) (held bool, pid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return false, 0, err
	}
	return info.Mode().IsRegular() && isRoots(info) && fresh(info, now), 0, nil
}

// fresh reports whether a file is not too old. Its time may be in the future.
func fresh(info os.FileInfo, now time.Time) bool { return now.Sub(info.ModTime()) <= maxAge }

// pidFile asks for a file with the id of a process that still runs, and that is older than the file.
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
	if uid, ok := realUser(pid); ok && !isRoot(uid) {
		return false, 0, nil
	}
	process, err := proctable.ReadStat(pid)
	if errors.Is(err, proctable.ErrGone) {
		return false, 0, nil
	}
	up, upErr := osutil.Uptime()
	if err := cmp.Or(err, upErr); err != nil {
		return false, 0, err
	}
	const rounding = 2 * time.Second
	if age := up - process.Start; age+rounding < now.Sub(info.ModTime()) {
		return false, 0, nil // another process has the number now
	}
	return true, pid, nil
}
