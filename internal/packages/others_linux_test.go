package packages

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/apart"
)

const nobody = 65534

// Nobody but root is a package manager: neither who locks a file with the same inode
// number on a file system of their own, from a program called apk, nor who may read the
// lock's file.
func TestAtWorkOfAnotherUser(t *testing.T) {
	if !apart.Mounts(t) {
		return
	}
	dir := t.TempDir()
	const path = "/lib/apk/db/lock"
	var root [2]string // the machine's, and the other user's: two file systems with the same inode numbers
	for i, name := range []string{"/machine", "/theirs"} {
		root[i] = dir + name
		if err := os.Mkdir(root[i], 0o755); err != nil {
			t.Fatal(err)
		}
		apart.Memory(t, root[i], "mode=755")
		if err := errors.Join(os.MkdirAll(root[i]+filepath.Dir(path), 0o755), os.WriteFile(root[i]+path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, os.Chown(root[1]+path, nobody, nobody))
	var st [2]syscall.Stat_t
	for i := range st {
		must(t, syscall.Stat(root[i]+path, &st[i]))
	}
	if st[0].Ino != st[1].Ino || st[0].Dev == st[1].Dev {
		t.Skipf("inodes %d and %d of devices %d and %d", st[0].Ino, st[1].Ino, st[0].Dev, st[1].Dev)
	}
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	apk := dir + "/apk"
	copyTo(t, apk)

	other := func() *exec.Cmd {
		cmd := exec.Command(apk, "-test.run=^TestHold$")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		return cmd
	}
	idle := func(when string) {
		t.Helper()
		if w, err := atWork(root[0], locksOf("linux"), time.Now()); w != nil || err != nil {
			t.Errorf("%s: %v, %v", when, w, err)
		}
	}
	_, let := holdBy(t, other(), "flock", root[1]+path)
	idle("the inode number of the lock")
	let()
	must(t, os.Chmod(root[0]+path, 0o644))
	_, let = holdBy(t, other(), "read-only flock", root[0]+path)
	idle("the lock itself, that all may read")
	let()

	pid, _ := hold(t, "flock", root[0]+path)
	if w, err := atWork(root[0], locksOf("linux"), time.Now()); err != nil || w == nil || *w != (Work{"apk", path, pid}) {
		t.Errorf("root's: %+v, %v, want process %d", w, err, pid)
	}
}

// A lock's file that others can write is none that could be believed, and is said to be.
func TestAtWorkOfAFileOfOthers(t *testing.T) {
	locks := locksOf("linux")
	for _, l := range locks[:7] {
		root := machine(t, locks)
		hold(t, "record", root+l.path)
		must(t, os.Chmod(root+l.path, 0o666))
		if w, err := atWork(root, locks, time.Now()); w != nil || err == nil || !strings.Contains(err.Error(), "can be written by others than root") {
			t.Errorf("%s: %v, %v", l.path, w, err)
		}
	}
}

func copyTo(t *testing.T, path string) {
	t.Helper()
	from, err := os.Open(os.Args[0])
	must(t, err)
	defer from.Close()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	must(t, err)
	_, err = io.Copy(to, from)
	must(t, errors.Join(err, to.Close()))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Who has started a process is known, in however many groups it is: a user may give
// themselves 65,536 in a user namespace.
func TestRealUserOfManyGroups(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a process groups")
	}
	var groups []uint32
	for i := range uint32(20_000) {
		groups = append(groups, 4_000_000_000+i)
	}
	cmd := exec.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, Groups: groups}}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	if uid, ok := realUser(cmd.Process.Pid); uid != nobody || !ok {
		t.Error(uid, ok)
	}
}
