package app

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// toySteps names the variable by which this test's own program becomes a daemon: the steps
// that it takes, one word and its argument each.
const toySteps = "DAEMON_KEEPER_TOY"

// toyLives is how long a toy lives at most, should its test have died.
const toyLives = 5 * time.Minute

func init() {
	steps, isToy := os.LookupEnv(toySteps)
	if !isToy {
		return
	}
	runtime.LockOSThread()
	for step := range strings.FieldsSeq(steps) {
		name, arg, _ := strings.Cut(step, "=")
		if err := toy(name, arg); err != nil {
			fmt.Fprintf(os.NewFile(3, "ready"), "cannot %s: %v\n", step, err)
			os.Exit(1)
		}
	}
	fmt.Fprintf(os.NewFile(3, "ready"), "up %d\n", os.Getpid())
	_ = unix.Close(3)
	signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP)
	time.Sleep(toyLives)
	os.Exit(0)
}

// toy takes a step. A daemon as it should be takes "daemon" alone.
func toy(name, arg string) error {
	number, _ := strconv.Atoi(arg)
	switch name {
	case "daemon":
		_ = unix.CloseRange(100, 1<<20, 0) // whatever the test was given itself
		_ = os.WriteFile("/proc/self/oom_score_adj", []byte("0"), 0)
		_ = os.WriteFile("/proc/self/loginuid", []byte("4294967295"), 0)
		if _, err := unix.Setsid(); err != nil && !errors.Is(err, unix.EPERM) { // it leads a group already
			return err
		}
		unix.Umask(0o022)
		_, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0) // to syslog, once it has something to say
		return errors.Join(err, os.Chdir("/"))
	case "quiet": // no socket
		return errors.Join(func() error { _, err := unix.Setsid(); return err }(), os.Chdir("/"))
	case "setsid":
		_, err := unix.Setsid()
		return err
	case "setgroups":
		var list []int
		for g := range strings.SplitSeq(arg, ",") {
			if n, err := strconv.Atoi(g); err == nil {
				list = append(list, n)
			}
		}
		return syscall.Setgroups(list)
	case "setgid":
		return syscall.Setgid(number)
	case "setuid":
		return syscall.Setuid(number)
	case "seteuid":
		return syscall.Setreuid(-1, number)
	case "setfsuid":
		_, err := unix.SetfsuidRetUid(number)
		return err
	case "no-new-privileges":
		return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	case "chdir":
		return os.Chdir(arg)
	case "rmdir":
		return os.Remove(arg)
	case "chroot":
		return unix.Chroot(arg)
	case "umask":
		n, err := strconv.ParseUint(arg, 8, 32)
		unix.Umask(int(n))
		return err
	case "tmpfs":
		return errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), unix.Mount("toy", arg, "tmpfs", 0, ""))
	case "fuse":
		return toyServe(arg)
	case "detach":
		return unix.Unmount(arg, unix.MNT_DETACH)
	case "silence":
		toySilent.Store(true)
		return nil
	case "open-folder":
		_, err := unix.Open(arg, unix.O_RDONLY|unix.O_DIRECTORY, 0)
		return err
	case "terminal":
		return toyTerminal(number)
	case "login":
		return os.WriteFile("/proc/self/loginuid", []byte(arg), 0)
	case "oom":
		return os.WriteFile("/proc/self/oom_score_adj", []byte(arg), 0)
	case "group":
		return os.WriteFile(filepath.Join(arg, "cgroup.procs"), []byte("0"), 0)
	case "close":
		return unix.Close(number)
	case "open-data":
		_, err := unix.Open(arg, unix.O_RDWR|unix.O_CREAT, 0o600)
		return err
	case "open", "open-out", "open-space":
		return toyOpen(name, arg)
	case "rename":
		return os.Rename(arg, arg+".1")
	case "remove":
		return os.Remove(arg)
	case "files":
		for range number {
			if _, err := unix.Open("/", unix.O_RDONLY, 0); err != nil {
				return err
			}
		}
		return nil
	case "lock":
		m, err := unix.Mmap(-1, 0, number<<10, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		return errors.Join(err, unix.Mlock(m))
	case "eat", "eat-child":
		return toyEat(name, number)
	case "limit-files":
		return unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(number), Max: uint64(number)})
	case "limit-locked":
		return unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: uint64(number) << 10, Max: uint64(number) << 10})
	case "limit-cores":
		return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: uint64(number), Max: uint64(number)})
	case "limit-address": // to what it has
		text, err := os.ReadFile("/proc/self/statm")
		pages, err2 := strconv.ParseUint(strings.Fields(string(text))[0], 10, 64)
		bytes := pages * uint64(os.Getpagesize())
		return errors.Join(err, err2, unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: bytes, Max: bytes}))
	case "limit-tasks": // to what it has
		list, err := os.ReadDir("/proc/self/task")
		return errors.Join(err, unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: uint64(len(list)), Max: uint64(len(list))}))
	case "map":
		f, err := os.Open(arg)
		if err == nil {
			_, err = unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE)
		}
		return errors.Join(err, f.Close())
	}
	return fmt.Errorf("there is no such step")
}

// toyOpen opens a file for writing: as a log, as standard output, or as one that takes space.
func toyOpen(how, name string) error {
	fd, err := unix.Open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_CLOEXEC, 0o600)
	switch {
	case err != nil:
		return err
	case how == "open-out":
		return unix.Dup2(fd, 1)
	case how == "open-space":
		return unix.Fallocate(fd, 0, 0, 200<<20)
	}
	return nil
}

func toyEat(how string, mebibytes int) error {
	if how == "eat-child" {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), toySteps+"=eat="+strconv.Itoa(mebibytes))
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		cmd.ExtraFiles = []*os.File{null}
		_ = cmd.Run() // the kernel kills it
		return nil
	}
	m, err := unix.Mmap(-1, 0, mebibytes<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil {
		return err
	}
	for i := 0; i < len(m); i += 4096 {
		m[i] = 1
	}
	return nil
}

// toyTerminal opens a new terminal as this descriptor; with 0 as the controlling one, too.
func toyTerminal(as int) error {
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return err
	}
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return err
	}
	fd, err := unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if as == 0 {
		return unix.IoctlSetInt(fd, unix.TIOCSCTTY, 0)
	}
	return unix.Dup3(fd, as, 0)
}

// toySilent: the file system that it serves does not answer any more.
var toySilent atomic.Bool

// toyServe mounts a file system that this process serves itself. It knows of no file: ENOSYS
// is an answer, too.
func toyServe(folder string) error {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	err = errors.Join(
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("toy", folder, "fuse", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)),
	)
	go func() {
		buf := make([]byte, 1<<17)
		for {
			n, err := unix.Read(fd, buf)
			if err != nil || n < 40 {
				return
			}
			if toySilent.Load() {
				continue
			}
			const initialize = 26 // FUSE_INIT, <linux/fuse.h>
			unique := binary.NativeEndian.Uint64(buf[8:])
			out := make([]byte, 16, 80)
			if binary.NativeEndian.Uint32(buf[4:]) == initialize {
				out = out[:80]
				copy(out[16:], buf[40:48]) // the same version
				binary.NativeEndian.PutUint32(out[16+20:], 4096)
			} else {
				errno := -int32(unix.ENOSYS)
				*(*int32)(unsafe.Pointer(&out[4])) = errno
			}
			binary.NativeEndian.PutUint32(out, uint32(len(out)))
			binary.NativeEndian.PutUint64(out[8:], unique)
			_, _ = unix.Write(fd, out)
		}
	}()
	return err
}

// startToy has a toy take steps, and waits until it has. The command may be changed before.
func startToy(t *testing.T, steps string, change func(*exec.Cmd)) int {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = []string{toySteps + "=" + steps}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	ready, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{theirs}
	if change != nil {
		change(cmd)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	theirs.Close()
	defer ready.Close()
	if err := ready.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 512)
	n, err := ready.Read(buf)
	var pid int
	if _, scanErr := fmt.Sscanf(string(buf[:n]), "up %d", &pid); scanErr != nil {
		text := strings.TrimSpace(string(buf[:n]))
		if strings.Contains(text, "operation not permitted") || strings.Contains(text, "no such device") || strings.Contains(text, "no such file") {
			t.Skipf("this machine forbids it: the toy %s", text)
		}
		t.Fatalf("the toy says %q: %v", text, err)
	}
	t.Cleanup(func() { // it may be a child of a child
		if p, err := os.FindProcess(pid); err == nil && pid != cmd.Process.Pid {
			_ = p.Kill()
		}
	})
	return pid
}
