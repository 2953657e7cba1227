package proctable

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// mountPoints are those at which a file system begins that somebody else serves: a
// program (FUSE) or another machine (NFS). A process that touches a file there waits until
// the server answers. Not even SIGKILL ends it before.
type mountPoints map[string]bool

// local are the file systems that need no server. A file system that is not in this list may
// need one.
var local = map[string]bool{
	"aufs": true, "bcachefs": true, "bpf": true, "btrfs": true, "cgroup": true, "cgroup2": true, "configfs": true, "cramfs": true,
	"debugfs": true, "devpts": true, "devtmpfs": true, "ecryptfs": true, "efivarfs": true, "erofs": true, "exfat": true,
	"ext2": true, "ext3": true, "ext4": true, "f2fs": true, "fusectl": true, "hfsplus": true, "hugetlbfs": true, "iso9660": true,
	"jfs": true, "minix": true, "mqueue": true, "nilfs2": true, "nsfs": true, "ntfs3": true, "overlay": true, "proc": true,
	"pstore": true, "ramfs": true, "reiserfs": true, "romfs": true, "rootfs": true, "securityfs": true, "selinuxfs": true,
	"squashfs": true, "sysfs": true, "tmpfs": true, "tracefs": true, "udf": true, "ufs": true, "vfat": true, "xfs": true, "zfs": true,
	"binfmt_misc": true, "rpc_pipefs": true, "smackfs": true,
}

// Mount is a line of /proc/PID/mountinfo, proc_pid_mountinfo(5).
type Mount struct {
	ID     string // its number
	Device string // major:minor
	Point  string // the path at which it begins
	Kind   string // of file system
}

// IsLocal reports whether a file system needs no server: neither another machine nor a program.
func (m Mount) IsLocal() bool { return local[m.Kind] }

// ParseMount reads such a line.
func ParseMount(line []byte) (m Mount, ok bool) {
	id, device, point, kind, ok := mountFields(line)
	return Mount{string(id), string(device), unescapeMount(string(point)), string(kind)}, ok
}

// mountFields are what we need of such a line. It allocates nothing: each look reads all of our own.
func mountFields(line []byte) (id, device, point, kind []byte, ok bool) {
	before, behind, ok := bytes.Cut(line, []byte(" - "))
	var fields [5][]byte
	for i := 0; i < len(fields) && ok; i++ {
		ok = len(before) > 0
		fields[i], before, _ = bytes.Cut(before, []byte(" "))
	}
	kind, _, _ = bytes.Cut(bytes.TrimSuffix(behind, []byte("\n")), []byte(" "))
	return fields[0], fields[2], fields[4], kind, ok
}

// parseMounts reads proc_pid_mountinfo(5). If the root itself is served by others,
// nothing works without them, and nothing of ours waits any better.
func parseMounts(mountinfo io.Reader) (mountPoints, error) {
	m := make(mountPoints)
	lines := bufio.NewScanner(mountinfo)
	lines.Buffer(nil, 64<<10)
	for lines.Scan() {
		_, _, field, kind, ok := mountFields(lines.Bytes())
		if !ok {
			return nil, fmt.Errorf("a mount table with the line %.60q", lines.Text())
		}
		switch point := unescapeMount(string(field)); {
		case local[string(kind)]:
			delete(m, point) // it covers what was there
		case point != "/":
			m[point] = true
		}
	}
	return m, lines.Err()
}

// lead reports whether a path leads to one of them. It follows symbolic links by itself,
// and touches nothing behind such a point. A relative path does not lead there.
func (m mountPoints) lead(path string) bool {
	if len(m) == 0 || !filepath.IsAbs(path) {
		return false
	}
	const mostLinks = 255
	at, rest := "/", path
	for links := 0; ; {
		var name string
		name, rest, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		switch name {
		case "":
			return false
		case ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		if m[next] {
			return true
		}
		info, err := os.Lstat(next)
		if err != nil {
			return false // the usual way finds the same, and says why
		}
		if info.Mode().Type() != os.ModeSymlink {
			at = next
			continue
		}
		target, err := os.Readlink(next)
		if links++; err != nil || links > mostLinks {
			return false
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		rest = target + "/" + rest
	}
}

// isAbsence reports whether the error says that there is no file at that path, or that
// we may not see it; any other error says nothing about the file.
func isAbsence(err error) bool {
	absences := []error{syscall.ENOENT, syscall.ENOTDIR, syscall.ELOOP, syscall.ENAMETOOLONG, syscall.EACCES, syscall.EPERM, syscall.ESRCH}
	return slices.ContainsFunc(absences, func(e error) bool { return errors.Is(err, e) })
}

// Served are the places that others serve: another machine, or another process. A process that
// touches a file there waits until the server answers.
type Served struct{ points mountPoints }

// WhatIsServed reads where they are.
func WhatIsServed() Served { return Served{ourMounts()} }

// Lead reports whether a path leads to one of them, by symbolic links, too. It touches
// nothing there.
func (s Served) Lead(path string) bool { return s.points.lead(path) }

// unescapeMount undoes what the kernel does to white space and backslashes in a path of a
// table of mounts, proc_pid_mountinfo(5): \040.
func unescapeMount(path string) string {
	if !strings.Contains(path, `\`) {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+4 <= len(path) {
			if c, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}
