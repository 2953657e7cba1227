package inspect

import (
	"strconv"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// places are the known mounts, by their ids.
type places struct {
	mounts map[string]proctable.Mount
	local  map[string]bool
}

// readPlaces reads the mounts of the process, ours and those of process 1. Descriptors may be on
// mounts that the process itself does not see, if they were opened before it got its own namespace.
// A mount that is in none of these (umount -l) is not touched: its server may be dead.
func readPlaces(theirs []proctable.Mount) places {
	p := places{make(map[string]proctable.Mount), make(map[string]bool)}
	ours, _ := osutil.ReadSome("/proc/self/mountinfo", mostMaps)
	first, _ := osutil.ReadSome("/proc/1/mountinfo", mostMaps)
	mounts := parseMountinfo(ours)
	root, _ := mountAt(mounts, "/") // if it does not answer, nothing works anyway
	for _, m := range append(append(parseMountinfo(first), mounts...), theirs...) {
		p.mounts[m.ID] = m
		p.local[m.ID] = m.IsLocal() || m.Device == root.Device
	}
	if id := memoryMount(); id != "" {
		p.local[id] = true
	}
	return p
}

// memoryMount is the mount of files of memfd_create(2), which is internal to the kernel and in no table.
func memoryMount() string {
	fd, err := unix.MemfdCreate("inspect", unix.MFD_CLOEXEC)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	return mountOf(fd)
}

func mountOf(fd int) string {
	text, _ := osutil.ReadSome("/proc/self/fdinfo/"+strconv.Itoa(fd), mostStatus)
	mount, _ := proctable.Field(text, "mnt_id")
	return mount
}

// touch calls look for the file behind a link of /proc, if the file is on a local mount. The link is
// opened first with O_PATH, which asks no server; so the mount and look are of the same file. mount
// is "" if the link cannot be opened.
func (r *reader) touch(at string, look func(fd int)) (mount string) {
	fd, err := unix.Open(at, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	if mount = mountOf(fd); r.places.local[mount] {
		look(fd)
	}
	return mount
}

// ownLink is the link that leads to a descriptor of ours.
func ownLink(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// isRoot reports whether a folder is our root.
func isRoot(fd int) bool {
	var theirs, ours unix.Stat_t
	if unix.Fstat(fd, &theirs) != nil || unix.Stat("/", &ours) != nil {
		return true // it cannot be told
	}
	return theirs.Dev == ours.Dev && theirs.Ino == ours.Ino
}
