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

// maxAge is how old a lock may be that is nothing but a file: whoever has made it may
// have died since, and nobody can tell.
const maxAge = 30 * time.Minute

// open opens a file to look at its locks. Neither a link nor a fifo in its place leads
// or holds us anywhere. Of a file that others can write anybody may hold a lock.
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
	pid = max(int(ask.Pid), 0)
	if uid, ok := realUser(pid); ok && !isRoot(uid) {
		return false, 0, nil
	}
	return true, pid, nil
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

// holds reports whether a lock with a file's inode number is root's on that very file.
// Another file system has the same numbers, and any user may mount one. On btrfs and
// overlayfs the kernel names another device in /proc/locks than stat(2) does; so what
// the process has open is looked at, unless it has ended and left the lock to a child.
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

// isRoot: what we have done ourselves is as good as root's, in tests mostly.
func isRoot(uid uint32) bool { return uid == 0 || int(uid) == os.Geteuid() }

// realUser is who has started a process: a set-user-ID program is still that user's.
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

// mostOpen is more than a package manager has open.
const mostOpen = 4096

// hasOpen reports whether a process has a file open. Only a file of that name is looked
// at: another may be on a file system that does not answer.
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

// lockFile asks for a file that is there while its maker is at work.
func lockFile(path string, _ lock, now time.Time) (held bool, pid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return false, 0, err
	}
	return info.Mode().IsRegular() && isRoots(info) && fresh(info, now), 0, nil
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
