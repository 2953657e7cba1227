//go:build amd64 || arm64

package tracer

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// anchor is a variable in the same part of the memory as the runtime's variables.
var anchor [8]byte

// Start turns this process into the wrapper. It returns only if that fails.
func Start(o Options, program []string) error {
	runtime.LockOSThread()
	p := plan{Options: o, Memory: -1}
	status, err := osutil.ReadSome("/proc/thread-self/status", 64<<10)
	if err != nil {
		return fmt.Errorf("cannot read what is inherited: %w", err)
	}
	p.Ignored, p.Blocked = statusMask(status, "SigIgn"), statusMask(status, "SigBlk")
	environ := environment()
	if from, memory, err := ownMemory(); err == nil {
		p.keep(from, memory)
	}
	for number := firstOfPattern; number <= mostSignal; number++ {
		if ignorePattern&bit(number) != 0 {
			signal.Ignore(syscall.Signal(number))
		}
	}
	if err := setMask(blockPattern); err != nil {
		return err
	}
	own, err := ownProgram()
	if err != nil {
		return err
	}
	return fmt.Errorf("cannot execute %s: %w", own, syscall.Exec(own, p.args(stageWait, program), environ))
}

// keep writes the memory to a file without a name, for the next step.
func (p *plan) keep(from uintptr, memory []byte) {
	fd, err := unix.MemfdCreate("memory", 0)
	if err != nil {
		return
	}
	for at := 0; at < len(memory); {
		n, err := unix.Write(fd, memory[at:])
		if err != nil {
			_ = unix.Close(fd)
			return
		}
		at += n
	}
	p.Memory, p.Offset = fd, int64(from)-int64(uintptr(unsafe.Pointer(&anchor)))
}

var errInherited = errors.New("cannot tell which signals were ignored or blocked as it was started")

// inherited finds what the first step has inherited.
func (p *plan) inherited() error {
	if p.Memory < 0 {
		return errInherited
	}
	defer unix.Close(p.Memory)
	from, memory, err := ownMemory()
	if err != nil || int64(from)-int64(uintptr(unsafe.Pointer(&anchor))) != p.Offset {
		return errInherited
	}
	before := make([]byte, len(memory)+1)
	n, err := unix.Pread(p.Memory, before, 0)
	if err != nil {
		return errInherited
	}
	ignored, blocked, ok := findInherited(memory, before[:n])
	if !ok {
		return errInherited
	}
	// The runtime neither records nor changes the signals of job control.
	p.Ignored, p.Blocked = p.Ignored|ignored, blocked
	return nil
}

// around is how many bytes are read on each side of the anchor. The linker sorts variables by their
// sizes, so small ones are near each other; tens of megabytes may follow.
const around = 64 << 10

// ownMemory is the memory around the anchor, and its address.
func ownMemory() (from uintptr, memory []byte, err error) {
	maps, err := osutil.ReadSome("/proc/self/maps", 1<<20)
	if err != nil {
		return 0, nil, err
	}
	middle := uintptr(unsafe.Pointer(&anchor))
	from, to := writable(maps, middle)
	if from == to {
		return 0, nil, errInherited
	}
	from, to = max(from, middle&^7-around), min(to, middle&^7+around)
	f, err := os.Open("/proc/self/mem")
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	memory = make([]byte, to-from)
	_, err = f.ReadAt(memory, int64(from))
	return from, memory, err
}

// writable is the range of adjoining writable mappings around an address, proc_pid_maps(5).
func writable(maps []byte, address uintptr) (from, to uintptr) {
	var start, end uintptr
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[1], "rw") {
			continue
		}
		low, high, ok := parseRange(fields[0])
		if !ok {
			continue
		}
		if low != end {
			start = low
		}
		end = high
		if start <= address && address < end {
			from, to = start, end
		}
	}
	return from, to
}

// statusMask reads a mask of signals in /proc/PID/status.
func statusMask(status []byte, name string) uint64 {
	value, _ := proctable.Field(status, name)
	mask, err := strconv.ParseUint(value, 16, 64)
	if err != nil {
		return 0
	}
	return mask
}

// environment is our environment as the kernel has it: package os leaves out duplicates.
func environment() []string {
	text, err := osutil.ReadSome("/proc/self/environ", 16<<20)
	if err != nil || len(text) == 0 || text[len(text)-1] != 0 {
		return os.Environ()
	}
	return strings.Split(string(text[:len(text)-1]), "\x00")
}

// ownProgram is the path of our own file, because the process gets its name from the path; or a
// link of the kernel's to the file if another one has that path by now.
func ownProgram() (string, error) {
	const self = "/proc/self/exe"
	here, err := os.Stat(self)
	if err != nil {
		return "", fmt.Errorf("cannot find our own program: %w", err)
	}
	path, err := os.Readlink(self)
	if err != nil {
		return self, nil
	}
	if there, err := os.Stat(path); err != nil || !os.SameFile(here, there) {
		return self, nil
	}
	return path, nil
}
