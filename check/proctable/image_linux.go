package proctable

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// livingThread finds a thread that goes on after the leader of its group has
// called pthread_exit(3), which makes the process look like a zombie. Threads that
// have exited are not listed, so that the first few tell.
func livingThread(dir string) (threadDir, exe string, err error) {
	const first = 64
	tasks, err := readNames(dir+"/task", first)
	if err != nil {
		return "", "", err
	}
	for _, task := range tasks {
		d := dir + "/task/" + task
		if exe, err := os.Readlink(d + "/exe"); err == nil {
			return d, exe, nil
		}
	}
	return "", "", nil
}

// readImage looks at the file behind the path of an executable. A package manager
// may hold on to the old file under another name for a moment, so a link count
// above 0 does not make it less deleted.
func (t procTable) readImage(p *Process, dir, exe string) error {
	type image struct {
		file  FileID
		links uint32
		err   error
	}
	i, err := wait(t.files.stalls, p.Payer(), dir+"/exe", func() (i image) {
		i.file, i.links, i.err = statImage(dir + "/exe")
		return i
	})
	if err = errors.Join(err, i.err); err != nil {
		p.Exe = strings.TrimSuffix(exe, DeletedMark)
		return err
	}
	p.Exe, p.File = exe, i.file
	path, marked := strings.CutSuffix(exe, DeletedMark)
	if !marked || i.links > 0 && t.files.isThere(p.Payer(), exe) {
		return nil // it is really called so
	}
	p.Exe, p.Deleted = path, true
	return nil
}

// statImage does not wait for the server of a network file system that hangs. A
// file that may not be seen although its path may is on a file system that keeps
// root out (FUSE): it is no file that we could have been asked for.
func statImage(path string) (file FileID, links uint32, err error) {
	var st unix.Statx_t
	switch err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC, unix.STATX_INO|unix.STATX_NLINK, &st); {
	case err == nil:
		return FileID{Dev: unix.Mkdev(st.Dev_major, st.Dev_minor), Ino: st.Ino}, st.Nlink, nil
	case errors.Is(err, unix.EACCES):
		return FileID{}, 0, nil
	case !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM): // before Linux 4.11; old seccomp filters
		return FileID{}, 0, err
	}
	var old unix.Stat_t
	if err := unix.Stat(path, &old); err != nil && !errors.Is(err, unix.EACCES) {
		return FileID{}, 0, err
	} else if err != nil {
		return FileID{}, 0, nil
	}
	return FileID{Dev: uint64(old.Dev), Ino: old.Ino}, uint32(old.Nlink), nil
}
