package inspect

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"daemon-keeper/internal/osutil"
)

// A process in very many groups has users like any other.
func TestReadOfManyGroups(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a process groups")
	}
	var groups []uint32
	for i := range uint32(20_000) {
		groups = append(groups, 4_000_000_000+i)
	}
	cmd := exec.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65533, Groups: groups}}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	f, err := Read(t.Context(), &World{}, cmd.Process.Pid)
	if err != nil || f.IDs.Value.user() != 65534 || len(f.Groups.Value) != len(groups) || !f.Caps.Known {
		t.Errorf("%+v, %d groups, %+v, %v", f.IDs, len(f.Groups.Value), f.Caps, err)
	}
}

// Only a process that the kernel does not know has ended. It is not so if we lack descriptors.
func TestReadWithoutDescriptors(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 3
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	_, err := Read(t.Context(), &World{}, os.Getpid())
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, syscall.EMFILE) || errors.Is(err, osutil.ErrEnded) {
		t.Error(err)
	}
}
