//go:build linux

// Toy is a daemon for the tests of package check. It takes the steps that its
// arguments name, one after the other, says "up PID" and lives until its
// standard input ends, which is when the test ends, however it ends.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { runtime.LockOSThread() } // main stays on the leader of the thread group

// notAllowed is the exit status that says that this machine forbids a step.
const notAllowed = 77

func main() {
	args := os.Args[1:]
	for len(args) > 0 {
		name := args[0]
		s, ok := steps[name]
		if !ok || len(args) <= s.args {
			fail(name, errors.New("no such step, or too few arguments"))
		}
		rest := args[1+s.args:]
		if err := s.do(args[1:1+s.args], rest); err != nil {
			fail(name, err)
		}
		args = rest
	}
	serve(os.Getpid())
}

func serve(pid int) {
	fmt.Println("up", pid)
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func fail(step string, err error) {
	fmt.Fprintf(os.Stderr, "toy: cannot %s: %v\n", step, err)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) {
		os.Exit(notAllowed)
	}
	os.Exit(1)
}

type step struct {
	args int
	do   func(args, rest []string) error
}

var steps = map[string]step{
	"private": {0, func(_, _ []string) error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") }},
	"tmpfs":   {1, func(a, _ []string) error { return unix.Mount("toy", a[0], "tmpfs", 0, "mode=755") }},
	"bind":    {2, func(a, _ []string) error { return unix.Mount(a[0], a[1], "", unix.MS_BIND, "") }},
	"hidepid": {1, func(a, _ []string) error { return unix.Mount("toy", "/proc", "proc", 0, "hidepid="+a[0]) }},
	"chroot":  {1, func(a, _ []string) error { return errors.Join(unix.Chroot(a[0]), unix.Chdir("/")) }},
	"pivot":   {1, func(a, _ []string) error { return pivot(a[0]) }},
	"copy":    {2, func(a, _ []string) error { return copyFile(a[0], a[1]) }},
	"remove":  {1, func(a, _ []string) error { return os.Remove(a[0]) }},
	"deep":    {2, func(a, _ []string) error { return deep(a[0], a[1]) }},
	"user":    {1, func(a, _ []string) error { return become(a[0]) }},
	"exit":    {0, func(_, _ []string) error { os.Exit(0); return nil }},
	"zombie":  {1, func(a, _ []string) error { return zombie(a[0]) }},
	"memfd":   {1, func(a, _ []string) error { return memfd(a[0]) }},
	"exec":    {1, func(a, rest []string) error { return unix.Exec(a[0], append(a, rest...), os.Environ()) }},
	// through runs a file by its path in the mount namespace of another process.
	"through": {2, func(a, rest []string) error {
		return unix.Exec("/proc/"+a[0]+"/root"+a[1], append(a[1:2:2], rest...), os.Environ())
	}},
	"wipe":         {0, func(_, _ []string) error { wipe(); return nil }},
	"leader-exits": {0, func(_, _ []string) error { return leaderExits() }},
	"group":        {1, func(a, _ []string) error { return effectiveGroup(a[0]) }},
	"name":         {1, func(a, _ []string) error { return rename(a[0]) }},
	"name-thread":  {1, func(a, _ []string) error { return nameThread(a[0]) }},
	"child":        {0, func(_, _ []string) error { return child() }},
	"spin":         {1, func(a, _ []string) error { go spin(a[0]); return nil }},
	"fill":         {1, func(a, _ []string) error { return fill(a[0]) }},
	"reserve":      {1, func(a, _ []string) error { return reserve(a[0]) }},
	"open":         {2, func(a, _ []string) error { return open(a[0], a[1]) }},
	// What it listens to, and what it says there.
	"greet":   {3, func(a, _ []string) error { return listen(a[0], a[1], greet(a[2])) }},
	"hang-up": {3, func(a, _ []string) error { return listen(a[0], a[1], hangUp(a[2])) }},
	"echo":    {2, func(a, _ []string) error { return listen(a[0], a[1], echo) }},
	// Pidfiles.
	"pidfile": {1, func(a, _ []string) error { _, err := writePID(a[0]); return err }},
	"flock":   {1, func(a, _ []string) error { return flock(a[0]) }},
	"lockf":   {1, func(a, _ []string) error { return lockf(a[0]) }},
	"thread":  {1, func(a, _ []string) error { return writeThread(a[0]) }},
	// spawn and leave have a child take the remaining steps; leave ends at once.
	"spawn": {1, func(a, rest []string) error {
		if err := spawn(a[0], rest); err != nil {
			return err
		}
		wait()
		return nil
	}},
	"leave": {1, func(a, rest []string) error {
		err := spawn(a[0], rest)
		if err == nil {
			os.Exit(0)
		}
		return err
	}},
}

// pivot makes a folder the root, as a container's runtime does.
func pivot(dir string) error {
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if err := unix.Chdir(dir); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil { // pivot_root(2)
		return err
	}
	return errors.Join(unix.Unmount(".", unix.MNT_DETACH), unix.Chdir("/"))
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}

// deep copies a program so deep below a folder that its path is longer than
// the kernel can tell, and stays where it is.
func deep(from, dir string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := unix.Chdir(dir); err != nil {
		return err
	}
	name := fmt.Sprintf("%0200d", 0)
	for range unix.PathMax/200 + 2 {
		if err := errors.Join(unix.Mkdir(name, 0o755), unix.Chdir(name)); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Base(from), data, 0o755)
}

func become(uid string) error {
	id, err := strconv.Atoi(uid)
	if err != nil {
		return err
	}
	return errors.Join(syscall.Setgroups(nil), syscall.Setgid(id), syscall.Setuid(id))
}

// effectiveGroup leaves the real group as it is.
func effectiveGroup(gid string) error {
	id, err := strconv.Atoi(gid)
	if err != nil {
		return err
	}
	return syscall.Setregid(-1, id)
}

// rename changes the kernel's name for the process, PR_SET_NAME(2const).
func rename(name string) error {
	text, err := unix.BytePtrFromString(name)
	if err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(text)), 0, 0, 0)
}

// nameThread starts a thread of that name.
func nameThread(name string) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- rename(name)
		select {}
	}()
	return <-done
}

// child starts our program once more, as a daemon starts its workers, and ends it
// at our own end.
func child() error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(path)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if _, err := io.ReadFull(out, make([]byte, len("up "))); err != nil {
		return err
	}
	fmt.Println("up", os.Getpid())
	io.Copy(io.Discard, os.Stdin)
	in.Close()
	cmd.Wait()
	os.Exit(0)
	return nil
}

// spin keeps a CPU busy until a file exists.
func spin(until string) {
	for errors.Is(unix.Access(until, unix.F_OK), unix.ENOENT) {
	}
}

// fill makes so many bytes resident.
func fill(bytes string) error {
	n, err := strconv.Atoi(bytes)
	if err != nil {
		return err
	}
	memory, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	for i := 0; i < len(memory); i += os.Getpagesize() {
		memory[i] = 1
	}
	return err
}

// reserve takes so many bytes of address space and none of memory.
func reserve(bytes string) error {
	n, err := strconv.Atoi(bytes)
	if err != nil {
		return err
	}
	_, err = unix.Mmap(-1, 0, n, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	return err
}

// open opens so many files, below a limit of so many.
func open(number, limit string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	most, err := strconv.ParseUint(limit, 10, 63)
	if err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		return err
	}
	for range n {
		if _, err := unix.Open("/dev/null", unix.O_RDONLY, 0); err != nil {
			return err
		}
	}
	return nil
}

// zombie leaves a child unwaited for.
func zombie(path string) error {
	child := exec.Command(path, "exit")
	if err := child.Start(); err != nil {
		return err
	}
	if err := unix.Waitid(unix.P_PID, child.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		return err
	}
	fmt.Println("up", child.Process.Pid)
	io.Copy(io.Discard, os.Stdin)
	child.Wait()
	os.Exit(0)
	return nil
}

// memfd runs ourselves from a file in no file system.
func memfd(name string) error {
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	fd, err := unix.MemfdCreate(name, 0)
	if err != nil {
		return err
	}
	if _, err := unix.Write(fd, data); err != nil {
		return err
	}
	return unix.Exec("/proc/self/fd/"+strconv.Itoa(fd), []string{name}, os.Environ())
}

// wipe overwrites all arguments with zero bytes, where the kernel has them.
func wipe() {
	for _, arg := range os.Args {
		clear(unsafe.Slice(unsafe.StringData(arg), len(arg)))
	}
}

// leaderExits ends the first thread, as pthread_exit(3) does in main.
func leaderExits() error {
	runtime.GOMAXPROCS(2)
	go serve(os.Getpid())
	unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
	return nil
}
