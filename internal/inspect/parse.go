package inspect

import (
	"bytes"
	"fmt"
	"path"
	"strconv"
	"strings"

	"daemon-keeper/internal/osutil"
)

// status is what package check does not read of /proc/PID/status, proc_pid_status(5).
type status struct {
	ids        Fact[IDs]
	groups     Fact[[]uint32]
	caps       Fact[Caps]
	noNewPrivs Fact[bool]
	seccomp    Fact[int]
	umask      Fact[uint32]
	locked     Fact[uint64]
	virtual    Fact[uint64]
	threads    uint64
}

// parseStatus leaves out what an older kernel does not tell, and what it cannot read.
func parseStatus(text []byte) status {
	st := status{
		ids: never[IDs]("the kernel does not tell it"), groups: never[[]uint32]("the kernel does not tell it"), caps: never[Caps]("the kernel does not tell it"),
		noNewPrivs: never[bool]("the kernel does not tell it"), seccomp: never[int]("the kernel has no seccomp"), umask: never[uint32]("the kernel does not tell it"),
		locked: never[uint64]("it has no memory of its own"), virtual: never[uint64]("it has no memory of its own"),
	}
	var ids IDs
	var caps Caps
	var users, groups, sets int
	for line := range bytes.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), ":")
		if value = strings.TrimSpace(value); !ok {
			continue
		}
		switch key {
		case "Uid":
			users = parseIDs(value, &ids.Users)
		case "Gid":
			groups = parseIDs(value, &ids.Groups)
		case "Groups":
			if list, ok := parseNumbers(value); ok {
				st.groups = known(list)
			}
		case "Threads":
			st.threads, _ = strconv.ParseUint(value, 10, 32)
		case "NoNewPrivs":
			st.noNewPrivs = known(value == "1")
		case "Seccomp":
			if n, err := strconv.Atoi(value); err == nil {
				st.seccomp = known(n)
			}
		case "Umask":
			if n, err := strconv.ParseUint(value, 8, 32); err == nil {
				st.umask = known(uint32(n))
			}
		case "VmLck":
			st.locked = parseKibibytes(value)
		case "VmSize":
			st.virtual = parseKibibytes(value)
		}
		for name, set := range map[string]*uint64{"CapInh": &caps.Inheritable, "CapPrm": &caps.Permitted, "CapEff": &caps.Effective, "CapBnd": &caps.Bounding, "CapAmb": &caps.Ambient} {
			if key != name {
				continue
			}
			if n, err := strconv.ParseUint(value, 16, 64); err == nil {
				*set = n
				sets++
			}
		}
	}
	if users == len(ids.Users) && groups == len(ids.Groups) {
		st.ids = known(ids)
	}
	if sets >= 4 { // CapAmb is since Linux 4.3
		st.caps = known(caps)
	}
	return st
}

// parseIDs reads four numbers, and returns how many there were.
func parseIDs(text string, ids *[4]uint32) int {
	list, ok := parseNumbers(text)
	if !ok || len(list) != len(ids) {
		return 0
	}
	return copy(ids[:], list)
}

func parseNumbers(text string) ([]uint32, bool) {
	list := []uint32{}
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			return nil, false
		}
		list = append(list, uint32(n))
	}
	return list, true
}

func parseKibibytes(text string) Fact[uint64] {
	n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(text, "kB")), 10, 54)
	if err != nil {
		return denied[uint64](err)
	}
	return known(n << 10)
}

// parseLimits reads /proc/PID/limits, proc_pid_limits(5).
func parseLimits(text []byte) map[Resource]Limit {
	names := map[string]Resource{
		"Max open files": OpenFiles, "Max processes": Processes, "Max core file size": CoreSize, "Max locked memory": LockedMem, "Max address space": Address,
	}
	limits := make(map[Resource]Limit)
	for line := range bytes.Lines(text) {
		for name, r := range names {
			rest, ok := strings.CutPrefix(string(line), name)
			fields := strings.Fields(rest)
			if !ok || len(fields) < 2 {
				continue
			}
			soft, err := parseLimit(fields[0])
			hard, err2 := parseLimit(fields[1])
			if err == nil && err2 == nil {
				limits[r] = Limit{soft, hard}
			}
		}
	}
	return limits
}

func parseLimit(text string) (uint64, error) {
	if text == "unlimited" || text == "max" {
		return Unlimited, nil
	}
	return strconv.ParseUint(text, 10, 64)
}

// opened is what /proc/PID/fdinfo/N says, proc_pid_fdinfo(5).
type opened struct {
	flags uint64
	mount string
}

func parseFDInfo(text []byte) opened {
	var o opened
	for line := range bytes.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), ":")
		switch value = strings.TrimSpace(value); key {
		case "flags":
			o.flags, _ = strconv.ParseUint(value, 8, 64)
		case "mnt_id":
			o.mount = value
		}
	}
	return o
}

// mount is a line of /proc/PID/mountinfo, proc_pid_mountinfo(5).
type mount struct {
	id, point, kind string
	device          string // major:minor
}

func parseMountinfo(text []byte) []mount {
	var list []mount
	for line := range bytes.Lines(text) {
		before, behind, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), " - ")
		fields := strings.Fields(before)
		if !ok || len(fields) < 5 {
			continue
		}
		kind, _, _ := strings.Cut(behind, " ")
		list = append(list, mount{id: fields[0], device: fields[2], point: osutil.UnescapeMount(fields[4]), kind: kind})
	}
	return list
}

// mountAt is the mount that a path is on; the last of those that cover each other is on top.
func mountAt(list []mount, name string) (m mount, ok bool) {
	for _, x := range list {
		if within(name, x.point) && (!ok || len(x.point) >= len(m.point)) {
			m, ok = x, true
		}
	}
	return m, ok
}

// servedElsewhere reports whether a file system of this kind has another machine behind it,
// or a process.
func servedElsewhere(kind string) bool {
	switch kind {
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "9p", "afs", "glusterfs", "lustre", "beegfs", "ocfs2", "gfs2", "coda", "fuse", "fuseblk", "fusefs":
		return true
	}
	return strings.HasPrefix(kind, "fuse.") && kind != "fuse.lxcfs"
}

// parseGroups reads /proc/PID/cgroup, cgroups(7): the path for a controller of version 1,
// and that of version 2, whose name is "".
func parseGroups(text []byte) map[string]string {
	groups := make(map[string]string)
	for line := range bytes.Lines(text) {
		_, rest, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), ":")
		controllers, name, ok := strings.Cut(rest, ":")
		if !ok || !strings.HasPrefix(name, "/") {
			continue
		}
		for c := range strings.SplitSeq(controllers, ",") {
			groups[c] = name
		}
	}
	return groups
}

// parseCounters reads lines "name number": memory.stat, memory.events, memory.oom_control.
func parseCounters(text []byte) map[string]uint64 {
	list := make(map[string]uint64)
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64); err == nil {
			list[name] = n
		}
	}
	return list
}

// parseReplaced finds in /proc/PID/maps, proc_pid_maps(5), the files that are executed and are
// in no folder any more. What lies in memory only, or is a device's, is no library.
func parseReplaced(text []byte) []string {
	var list []string
	seen := make(map[string]bool)
	for line := range bytes.Lines(text) {
		const perms, rest = 1, 5
		fields := strings.SplitN(strings.TrimSuffix(string(line), "\n"), " ", rest+1)
		if len(fields) <= rest || !strings.Contains(fields[perms], "x") {
			continue
		}
		name, deleted := strings.CutSuffix(strings.TrimLeft(fields[rest], " "), deletedMark)
		if !deleted || seen[name] || !strings.HasPrefix(name, "/") || !isLibrary(name) {
			continue
		}
		seen[name] = true
		list = append(list, name)
	}
	return list
}

// isLibrary reports whether a mapped file is code that somebody has installed, and not
// something that a compiler of a language's own has written.
func isLibrary(name string) bool {
	for _, folder := range []string{"/memfd:", "/dev/", "/SYSV", "/run/"} {
		if strings.HasPrefix(name, folder) {
			return false
		}
	}
	if dir := path.Dir(name); dir == "/tmp" || dir == "/var/tmp" { // what Java unpacks there, loads and removes
		return false
	}
	return strings.Contains(name, ".so") || within(name, "/lib") || within(name, "/lib64") || within(name, "/usr/lib") || within(name, "/usr/lib64") || within(name, "/usr/local/lib")
}

// deletedMark is what Linux puts behind the path of a file that has no name any more.
const deletedMark = " (deleted)"

// terminalName is the name of a device by the numbers in /proc/PID/stat, proc_pid_stat(5).
func terminalName(device int) string {
	n := uint32(device)
	major, minor := n>>8&0xfff, n&0xff|n>>12&0xfff00
	switch {
	case device == 0:
		return ""
	case major >= 136 && major <= 143:
		return fmt.Sprintf("/dev/pts/%d", (major-136)*256+minor)
	case major == 4 && minor < 64:
		return fmt.Sprintf("/dev/tty%d", minor)
	case major == 4:
		return fmt.Sprintf("/dev/ttyS%d", minor-64)
	case major == 5 && minor == 1:
		return "/dev/console"
	}
	return fmt.Sprintf("terminal %d:%d", major, minor)
}
