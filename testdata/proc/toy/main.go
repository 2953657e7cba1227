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
	"leader-exits": {0, func(_, _ []string) error { return leaderExits() }},
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

// leaderExits ends the first thread, as pthread_exit(3) does in main.
func leaderExits() error {
	runtime.GOMAXPROCS(2)
	go serve(os.Getpid())
	unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
	return nil
}
