package realtest

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

//go:embed tree.sh
var treeScript string

// basePackages are in every tree: the base, of which the others are copies, with more
// packages. They come above Debian's essential ones (which hold sh,
// perl, service, logger, setpriv, unshare, start-stop-daemon). faketime is for
// FastCron.
var basePackages = []string{
	"cron", "dbus", "faketime", "iproute2", "procps", "rsyslog", "systemd", "systemd-sysv",
}

// Consumers are the packages of the programs that read what daemon-keeper prints, or
// that put it on a machine, in one tree, because each tree takes a minute to build.
// promtool comes with prometheus only.
func Consumers() []string {
	return []string{
		"ansible-core", "ansible-lint", "bash-completion", "curl", "fish", "libarchive-tools", "lintian", "mon", "monitoring-plugins-basic", "nagios4-core",
		"prometheus", "prometheus-node-exporter", "rpm", "sudo", "zsh",
	}
}

// Tree returns the folder of a Debian 12 with systemd, cron, rsyslog and the
// named packages. It is built once (under a minute, 200 MB) and kept in the
// repository's .cache/realtest, under a name made of all that it depends on.
// Nobody may write to it: give it to Boot or Enter.
func Tree(t testing.TB, packages ...string) string {
	t.Helper()
	Need(t)
	cache := filepath.Join(repository(t), ".cache", "realtest")
	tree, err := buildTree(cache, treeScript, "", basePackages, t.Logf)
	if err == nil && len(packages) > 0 {
		packages = slices.Sorted(slices.Values(packages))
		tree, err = buildTree(cache, treeScript, tree, slices.Compact(packages), t.Logf)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// repository is the folder of go.mod, above the one that go test runs in.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("cannot find the repository: no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}

// buildTree makes the tree unless it is there, from the tree base if that is not empty. A tree under its final name is
// whole, because only the last step, a rename, puts it there.
func buildTree(cache, script, base string, packages []string, logf func(string, ...any)) (string, error) {
	sum := sha256.Sum256(fmt.Appendln(nil, runtime.GOARCH, filepath.Base(base), packages, script))
	tree := filepath.Join(cache, fmt.Sprintf("bookworm-%x", sum[:6]))
	if present(tree) {
		return tree, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	// Whatever the repository's own .gitignore says: never commit this folder.
	if err := os.WriteFile(filepath.Join(cache, ".gitignore"), []byte("*\n"), 0o644); err != nil {
		return "", err
	}

	// Another test process may be building the same one; it is worth waiting for.
	// If that one is killed, the kernel drops its lock.
	lock, err := os.OpenFile(tree+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("cannot lock %s: %w", lock.Name(), err)
	}
	if present(tree) {
		return tree, nil
	}

	building := tree + ".building" // ours alone while we hold the lock
	if err := os.RemoveAll(building); err != nil {
		return "", fmt.Errorf("cannot remove a half-built tree: %w", err)
	}
	logf("building %s, once: %s", tree, strings.Join(packages, " "))
	folder, tmp := filepath.Join(building, "root"), filepath.Join(building, "tmp")
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return "", err
	}
	if err := runTreeScript(script, folder, tmp, base, packages); err != nil {
		return "", err
	}
	if err := os.Rename(folder, tree); err != nil {
		return "", err
	}
	return tree, os.RemoveAll(building)
}

func present(tree string) bool {
	_, err := os.Stat(tree)
	return !errors.Is(err, fs.ErrNotExist)
}

func runTreeScript(script, folder, tmp, base string, packages []string) error {
	// In namespaces of its own, so that a build that is killed leaves neither
	// processes nor mounts behind (mmdebstrap mounts /proc and /sys in the tree).
	args := []string{
		"--mount", "--propagation", "private", "--pid", "--mount-proc", "--fork", "--kill-child",
		"sh", "-c", script, "tree.sh", folder, base,
	}
	cmd := exec.Command("unshare", append(args, packages...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp) // where the next build finds what a killed one left
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The signal comes when the thread that forked ends, not the process; Wait
	// keeps this goroutine, and so the thread, in place.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the Debian tree: %w\n%s", err, out)
	}
	return nil
}
