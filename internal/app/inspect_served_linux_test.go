package app

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/inspect"
	"daemon-keeper/internal/keeper"

	"golang.org/x/sys/unix"
)

// servedWait is how long nobody waits who asks no dead server.
const servedWait = 20 * time.Second

// A file system whose server is silent, and that nobody sees any more, is not touched.
func TestInspectDetachedMount(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	dir := t.TempDir()
	served := filepath.Join(dir, "served")
	steps := fmt.Sprintf("daemon fuse=%[1]s chdir=%[1]s open-folder=%[1]s detach=%[1]s silence", served)
	pid := startToy(t, steps, func(cmd *exec.Cmd) { both(folder("served"), ownMounts)(t, dir, cmd) })
	ctx, cancel := context.WithTimeout(t.Context(), servedWait)
	defer cancel()
	x, err := newInspector(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f, err := answered(ctx, func() (inspect.Facts, error) {
		return x.facts(ctx, keeper.Daemon{Name: "toy"}, check.Match{Process: proctable.Process{PID: pid}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if !f.Cwd.Known || f.Cwd.Value.Writable {
		t.Errorf("working folder: %+v", f.Cwd)
	}
}

// Whoever owns a daemon chooses what stands in its command line.
func TestInspectServedConfiguration(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	dir := t.TempDir()
	served := filepath.Join(dir, "served")
	link := filepath.Join(dir, "link.conf")
	here := filepath.Join(dir, "here.conf")
	for _, err := range []error{os.Mkdir(served, 0o755), os.Symlink(served+"/x.conf", link), os.WriteFile(here, nil, 0o644)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	if err := unix.Mount("toy", served, "fuse", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)); err != nil {
		_ = unix.Close(fd)
		t.Skip(err)
	}
	defer func() { _ = unix.Close(fd); _ = unix.Unmount(served, unix.MNT_DETACH) }()
	ctx, cancel := context.WithTimeout(t.Context(), servedWait)
	defer cancel()
	list, err := answered(ctx, func() ([]inspect.Changed, error) {
		return changed(nil, []string{served + "/x.conf", link, here}), nil
	})
	if err != nil || len(list) != 1 || list[0].Path != here {
		t.Errorf("%+v, %v", list, err)
	}
}
