package inspect

import (
	"strconv"
	"strings"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// places are the mounts that are known: by their numbers, and which of them answer for sure.
type places struct {
	mounts map[string]proctable.Mount
	local  map[string]bool
}

// readPlaces takes all mounts that can be seen, for descriptors may be of mounts that the process
// does not see: its starter's, from before it got a namespace of its own. One that nobody sees
// any more (umount -l) is not among them, and not touched: its server may be dead.
func readPlaces(theirs []proctable.Mount) places {
	p := places{make(map[string]proctable.Mount), make(map[string]bool)}
	ours, _ := osutil.ReadSome("/proc/self/mountinfo", mostMaps)
	first, _ := osutil.ReadSome("/proc/1/mountinfo", mostMaps)
	mounts := parseMountinfo(ours)
	root, _ := mountAt(mounts, "/") // if that does not answer, nothing works, and nothing of ours waits any better
	for _, m := range append(append(parseMountinfo(first), mounts...), theirs...) {
		p.mounts[m.ID] = m
		p.local[m.ID] = isLocal(m.Kind) || m.Device == root.Device
	}
	if id := memoryMount(); id != "" {
		p.local[id] = true
	}
	return p
}

// memoryMount is that of memfd_create(2), which is the kernel's own and in no table.
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

// touch looks at what a link of /proc leads to, if that answers for sure. The link is opened
// first, which asks no server, so that it is the same file that is asked for its mount and then
// looked at. mount is "" if it cannot be opened.
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

// isLocal reports whether a file system of this kind answers for sure. An automounter mounts
// what it is asked for, which may be anything.
func isLocal(kind string) bool {
	return kind != "autofs" && !servedElsewhere(kind) && !strings.HasPrefix(kind, "fuse.")
}
