package inspect

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// files reads its descriptors.
func (r *reader) files() {
	dir := r.dir + "/fd"
	numbers, all, err := proctable.Descriptors(dir, mostOpen)
	if err != nil {
		r.f.Files = denied[[]File](err)
		return
	}
	slices.Sort(numbers)
	list := []File{}
	for _, n := range numbers {
		if x, ok := r.file(dir, n); ok {
			list = append(list, x)
		}
	}
	r.f.Files = known(list)
	if all > mostOpen {
		r.f.Open = uint64(all)
	}
}

// file reads a descriptor; ok is false if it was closed meanwhile.
func (r *reader) file(dir string, number int) (x File, ok bool) {
	at := dir + "/" + strconv.Itoa(number)
	link, err := os.Readlink(at)
	if err != nil {
		return x, false
	}
	text, err := r.read("fdinfo/"+strconv.Itoa(number), mostStatus)
	if errors.Is(err, fs.ErrNotExist) {
		return x, false
	}
	flags := openFlags(text)
	x = File{Number: number, Path: link}
	x.Read, x.Write = flags&unix.O_ACCMODE != unix.O_WRONLY, flags&unix.O_ACCMODE != unix.O_RDONLY
	x.Append, x.CloseOn = flags&unix.O_APPEND != 0, flags&unix.O_CLOEXEC != 0
	switch {
	case strings.HasPrefix(link, "pipe:["):
		x.Kind = Pipe
		r.pipe(&x, at)
	case strings.HasPrefix(link, "socket:["):
		x.Kind = Socket
		var inode uint32
		if _, err := fmt.Sscanf(link, "socket:[%d]", &inode); err == nil {
			x.Peer = r.w.peers[inode]
		}
	case strings.HasPrefix(link, "/"):
		x.Path, x.Deleted = strings.CutSuffix(link, proctable.DeletedMark)
		r.touch(at, func(fd int) {
			x.stat(fd)
			if x.Kind == Pipe && x.Write && r.w.blind == "" {
				x.Silent = hasNoReader(fd)
			}
		})
	}
	return x, true
}

// stat looks at the file behind the descriptor; another file may have its name by now.
func (x *File) stat(fd int) {
	var st unix.Statx_t
	const flags, wanted = unix.AT_STATX_DONT_SYNC | unix.AT_EMPTY_PATH, unix.STATX_BASIC_STATS | unix.STATX_BTIME
	if unix.Statx(fd, "", flags, wanted, &st) != nil {
		return
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		x.Kind = Regular
	case unix.S_IFDIR:
		x.Kind = Directory
	case unix.S_IFIFO:
		x.Kind = Pipe
	case unix.S_IFCHR:
		x.Kind = charDevice(st.Rdev_major, st.Rdev_minor)
	case unix.S_IFBLK:
		x.Kind = Device
	}
	x.Deleted = x.Deleted && st.Nlink == 0
	x.Size, x.Held, x.Inode, x.Mode = st.Size, st.Blocks*512, st.Ino, uint32(st.Mode&0o7777)
	x.Memory = inMemory(x.Path, fd)
	if st.Mask&unix.STATX_BTIME != 0 {
		x.Born = time.Unix(st.Btime.Sec, int64(st.Btime.Nsec))
	}
}

// charDevice is the kind of a character device, by its numbers, <linux/major.h>.
func charDevice(major, minor uint32) Kind {
	switch {
	case major == 1 && minor == 3:
		return Null
	case major >= 136 && major <= 143, major == 4, major == 5 && minor <= 1:
		return Terminal
	}
	return Device
}

// inMemory reports whether a file is not on a disk: memfd_create(2), shared memory, tmpfs.
func inMemory(name string, fd int) bool {
	if strings.HasPrefix(name, "/memfd:") || strings.HasPrefix(name, "/SYSV") || strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/[aio]") {
		return true
	}
	var s unix.Statfs_t
	if unix.Fstatfs(fd, &s) != nil {
		return false
	}
	switch uint32(s.Type) {
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC, unix.HUGETLBFS_MAGIC, unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC:
		return true
	}
	return false
}

// pipe finds out who is at the other end.
func (r *reader) pipe(x *File, at string) {
	if r.w.blind != "" {
		return
	}
	var others []holding
	mine := false
	for _, h := range r.w.held[x.Path] {
		flags, ok := flagsOf(h)
		if !ok {
			continue
		}
		reads := flags&unix.O_ACCMODE != unix.O_WRONLY
		writes := flags&unix.O_ACCMODE != unix.O_RDONLY
		if x.Write && !reads || !x.Write && !writes {
			continue
		}
		if h.pid == r.f.PID || r.family[h.pid] {
			mine = true
			continue
		}
		others = append(others, h)
	}
	switch {
	case mine:
	case len(others) == 0:
		if x.Write {
			x.Silent = isSilent(at)
		}
	default:
		x.Peer = fmt.Sprintf("%s(%d)", r.w.procs[others[0].pid].name, others[0].pid)
		for _, s := range r.w.strangers(r.f.PID, x.Path, r.family) {
			if slices.ContainsFunc(others, func(h holding) bool { return h.pid == s.PID }) {
				x.Foreign = fmt.Sprintf("%s(%d)", s.Name, s.PID)
			}
		}
	}
}

func flagsOf(h holding) (uint64, bool) {
	text, err := osutil.ReadSome(fmt.Sprintf("%s/fdinfo/%d", procDir(h.pid), h.number), mostStatus)
	if err != nil {
		return 0, false
	}
	return openFlags(text), true
}

// openFlags are the flags of open(2) in /proc/PID/fdinfo/N, proc_pid_fdinfo(5).
func openFlags(fdinfo []byte) uint64 {
	value, _ := proctable.Field(fdinfo, "flags")
	flags, _ := strconv.ParseUint(value, 8, 64)
	return flags
}

// isSilent reports whether a pipe without a name has no reader. The descriptor may be another file
// by now.
func isSilent(at string) bool {
	fd, err := unix.Open(at, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	link, err := os.Readlink(ownLink(fd))
	return err == nil && strings.HasPrefix(link, "pipe:[") && hasNoReader(fd)
}

// hasNoReader reports whether a pipe has no reader. It asks the kernel, because we may not see the
// process that reads. The end for writing is opened for a moment: open(2) fails with ENXIO for a
// FIFO without a reader, fifo(7), and poll(2) returns POLLERR for other pipes. Nothing is written,
// and the daemon has the same end open already, so no other process notices.
func hasNoReader(place int) bool {
	fd, err := unix.Open(ownLink(place), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return errors.Is(err, unix.ENXIO)
	}
	defer unix.Close(fd)
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&unix.POLLERR != 0
}
