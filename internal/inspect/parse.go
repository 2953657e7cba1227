package inspect

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"strconv"
	"strings"

	"daemon-keeper/check/proctable"
)

// told is the fact in a line of /proc/PID/status, proc_pid_status(5). It is not known if the file
// could not be read, or if this kernel does not have the line: lacking is the reason then.
func told[T any](status []byte, err error, key, lacking string, parse func(string) (T, error)) Fact[T] {
	value, ok := proctable.Field(status, key)
	switch {
	case err != nil:
		return denied[T](err)
	case !ok:
		return never[T](lacking)
	}
	return Know(parse(value))
}

// readStatus sets the facts of /proc/PID/status.
func (f *Facts) readStatus(text []byte, err error) {
	const older = "the kernel does not tell it"
	st, parseErr := proctable.ParseStatus(text)
	f.IDs = Know(IDs{st.Users, st.Groups}, cmp.Or(err, parseErr))
	f.Groups = told(text, err, "Groups", older, parseNumbers)
	f.Caps = told(text, err, "CapEff", older, func(string) (Caps, error) { return parseCaps(text) })
	f.NoNewPrivs = told(text, err, "NoNewPrivs", older, strconv.ParseBool)
	f.Seccomp = told(text, err, "Seccomp", "the kernel has no seccomp", strconv.Atoi)
	f.Umask = told(text, err, "Umask", older, func(value string) (uint32, error) {
		n, err := strconv.ParseUint(value, 8, 32)
		return uint32(n), err
	})
	const none = "it has no memory of its own"
	f.Locked = told(text, err, "VmLck", none, proctable.Kibibytes)
	f.Virtual = told(text, err, "VmSize", none, proctable.Kibibytes)
}

func parseCaps(status []byte) (c Caps, err error) {
	for key, set := range map[string]*uint64{"CapInh": &c.Inheritable, "CapPrm": &c.Permitted, "CapEff": &c.Effective, "CapBnd": &c.Bounding, "CapAmb": &c.Ambient} {
		value, ok := proctable.Field(status, key)
		if !ok && key == "CapAmb" { // it is there since Linux 4.3
			continue
		}
		n, parseErr := strconv.ParseUint(value, 16, 64)
		*set, err = n, cmp.Or(err, parseErr)
	}
	return c, err
}

func parseNumbers(text string) ([]uint32, error) {
	list := []uint32{}
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			return nil, err
		}
		list = append(list, uint32(n))
	}
	return list, nil
}

// parseLimits reads /proc/PID/limits, proc_pid_limits(5), which has our names of resources.
func parseLimits(text []byte) map[Resource]Limit {
	limits := make(map[Resource]Limit)
	for _, r := range []Resource{OpenFiles, Processes, CoreSize, LockedMem, Address} {
		if soft, hard, ok := proctable.ParseLimit(text, "Max "+string(r)); ok {
			limits[r] = Limit{soft, hard}
		}
	}
	return limits
}

func parseMountinfo(text []byte) []proctable.Mount {
	var list []proctable.Mount
	for line := range bytes.Lines(text) {
		if m, ok := proctable.ParseMount(line); ok {
			list = append(list, m)
		}
	}
	return list
}

// mountAt is the mount of a path. If several are at one point, the last one covers the others.
func mountAt(list []proctable.Mount, name string) (m proctable.Mount, ok bool) {
	for _, x := range list {
		if within(name, x.Point) && (!ok || len(x.Point) >= len(m.Point)) {
			m, ok = x, true
		}
	}
	return m, ok
}

// servedElsewhere reports whether a file system of this kind is served by another machine or by a
// process.
func servedElsewhere(kind string) bool {
	switch kind {
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "9p", "afs", "glusterfs", "lustre", "beegfs", "ocfs2", "gfs2", "coda", "fuse", "fuseblk", "fusefs":
		return true
	}
	return strings.HasPrefix(kind, "fuse.") && kind != "fuse.lxcfs"
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

// parseReplaced finds files in /proc/PID/maps, proc_pid_maps(5), that are executed and were removed or
// replaced. Memory without a file, and that of devices, does not count.
func parseReplaced(text []byte) []string {
	var list []string
	seen := make(map[string]bool)
	for line := range bytes.Lines(text) {
		const perms, rest = 1, 5
		fields := strings.SplitN(strings.TrimSuffix(string(line), "\n"), " ", rest+1)
		if len(fields) <= rest || !strings.Contains(fields[perms], "x") {
			continue
		}
		name, deleted := strings.CutSuffix(strings.TrimLeft(fields[rest], " "), proctable.DeletedMark)
		if !deleted || seen[name] || !strings.HasPrefix(name, "/") || !isLibrary(name) {
			continue
		}
		seen[name] = true
		list = append(list, name)
	}
	return list
}

// isLibrary reports whether a mapped file is an installed library, and not code that a just-in-time
// compiler has written.
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
