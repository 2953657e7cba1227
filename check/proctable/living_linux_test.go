package proctable

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// sleeper is a process of another user: its file may be executed by anybody, and read by root
// only, so that /proc says root is its owner.
func sleeper(t *testing.T, groups []uint32) int {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can start a process as another user")
	}
	dir, err := os.MkdirTemp("", "living")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	sleep, err := filepath.EvalSymlinks("/bin/sleep")
	if err != nil || filepath.Base(sleep) != "sleep" {
		t.Skipf("sleep is a part of %q: %v", sleep, err) // which goes by the name of the file
	}
	text, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sleeper")
	if err := errors.Join(os.Chmod(dir, 0o711), os.WriteFile(file, text, 0o700), os.Chmod(file, 0o711)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file)
	cmd.Args = []string{"a name", "600"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, Groups: groups}}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	// Start returns before execve(2) has laid out the arguments.
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid)); len(args) > 0 {
			return cmd.Process.Pid
		} else if err != nil || time.Now().After(end) {
			t.Fatalf("no arguments: %v", err)
		}
	}
}

// Of a process in many groups, and of one whose files are root's in /proc, the user is known.
func TestReadLiving(t *testing.T) {
	var many []uint32
	for i := range uint32(20_000) {
		many = append(many, 4_000_000_000+i)
	}
	for name, groups := range map[string][]uint32{"in no other group": {65534}, "in many groups": many} {
		pid := sleeper(t, groups)
		l, err := ReadLiving(pid)
		if err != nil || l.Name != "sleeper" || filepath.Base(l.Program) != "sleeper" || !slices.Equal(l.Args, []string{"a name", "600"}) ||
			!l.HasUsers || l.Users != [4]uint32{65534, 65534, 65534, 65534} || l.Parent != os.Getpid() || l.Ended {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
		if st, err := (procTable{root: "/proc"}).readStatus(pid, nil); err != nil || st.Users != l.Users || st.Threads != 1 {
			t.Errorf("%s: %+v, %v", name, st, err)
		}
	}
}

// What has ended, and what there never was, is gone.
func TestReadLivingOfNone(t *testing.T) {
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Skip(err)
	}
	if l, err := ReadLiving(cmd.Process.Pid); !errors.Is(err, ErrGone) {
		t.Errorf("%+v, %v", l, err)
	}
	zombie := exec.Command("true")
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = zombie.Wait() }()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		l, err := ReadLiving(zombie.Process.Pid)
		if err == nil && l.State == 'Z' && l.Program == "" && l.Args == nil && !l.Ended {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%+v, %v", l, err)
		}
	}
}
