//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arguments has the kernel believe that a range of our address space, of which next to
// nothing is in memory, holds our arguments, prctl(2). No privilege is needed.
func arguments(args []string) error {
	length, err := strconv.ParseUint(args[0], 10, 63)
	if err != nil {
		return err
	}
	start, _, errno := unix.Syscall6(unix.SYS_MMAP, 0, uintptr(length), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE, ^uintptr(0), 0)
	if errno != 0 {
		return errno
	}
	var m struct { // struct prctl_mm_map, <linux/prctl.h>
		StartCode, EndCode, StartData, EndData, StartBrk, Brk, StartStack uint64
		ArgStart, ArgEnd, EnvStart, EnvEnd                                uint64
		Auxv                                                              uint64
		AuxvSize, ExeFD                                                   uint32
	}
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return err
	}
	fields := fieldsOf(string(text))
	m.StartCode, m.EndCode, m.StartStack = fields[26], fields[27], fields[28]
	m.StartData, m.EndData, m.StartBrk = fields[45], fields[46], fields[47]
	brk, _, _ := unix.Syscall(unix.SYS_BRK, 0, 0, 0)
	m.Brk = uint64(brk)
	m.EnvStart, m.EnvEnd = fields[50], fields[51]
	m.ArgStart, m.ArgEnd = uint64(start), uint64(start)+length
	m.ExeFD = ^uint32(0)
	const mmMap = 14 // PR_SET_MM_MAP
	if _, _, errno := unix.Syscall6(unix.SYS_PRCTL, unix.PR_SET_MM, mmMap, uintptr(unsafe.Pointer(&m)), unsafe.Sizeof(m), 0, 0); errno != 0 {
		return fmt.Errorf("prctl: %w", errno)
	}
	return nil
}

// fieldsOf numbers the fields of proc_pid_stat(5) as the page does.
func fieldsOf(stat string) (fields [53]uint64) {
	n := 3
	for i := lastByte(stat, ')') + 2; i < len(stat) && n < len(fields); i++ {
		j := i
		for j < len(stat) && stat[j] != ' ' && stat[j] != '\n' {
			j++
		}
		fields[n], _ = strconv.ParseUint(stat[i:j], 10, 64)
		n, i = n+1, j
	}
	return fields
}

func lastByte(s string, c byte) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// mounts is for one who is root in namespaces of their own: unshare -Ur -m. Each bind
// mount of the whole tree into itself doubles it.
func mounts(args []string) error {
	doublings, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	if err := unix.Mount("none", args[1], "tmpfs", 0, ""); err != nil {
		return err
	}
	for i := range doublings {
		at := fmt.Sprintf("%s/%d", args[1], i)
		if err := os.Mkdir(at, 0o755); err != nil {
			return err
		}
		err := unix.Mount(args[1], at, "", unix.MS_BIND|unix.MS_REC, "")
		switch {
		case errors.Is(err, unix.ENOSPC) && i > 0: // fs.mount-max
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// user executes a program: with "real" only our real user changes, as when a
// program that is set-user-ID root is run by somebody.
func user(args []string) error {
	uid, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	effective := uid
	if args[0] == "real" {
		effective = 0
	}
	if err := syscall.Setresuid(uid, effective, effective); err != nil {
		return err
	}
	return syscall.Exec(args[2], args[2:], os.Environ())
}
