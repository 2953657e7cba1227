package realtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Layer is a folder to lay above a tree: what a machine has that plain Debian
// has not. Its methods take absolute paths as they will be inside, make missing
// parents, and fail the test by themselves. Do not change it while a machine
// that was started with it runs.
type Layer struct {
	t   testing.TB
	dir string
}

// NewLayer returns an empty layer, which lives as long as the test.
func NewLayer(t testing.TB) *Layer {
	t.Helper()
	return &Layer{t: t, dir: t.TempDir()}
}

// File puts a file there, owned by root.
func (l *Layer) File(path, content string, mode fs.FileMode) {
	l.t.Helper()
	name := l.place(path)
	l.check(os.WriteFile(name, []byte(content), 0o600))
	l.check(os.Chmod(name, mode)) // whatever the umask
}

// Copy puts a copy of the host's file src there, with its mode.
func (l *Layer) Copy(src, dst string) {
	l.t.Helper()
	content, err := os.ReadFile(src)
	l.check(err)
	info, err := os.Stat(src)
	l.check(err)
	l.File(dst, string(content), info.Mode())
}

// Dir puts an empty folder there. A folder that the tree has, too, keeps the
// tree's mode.
func (l *Layer) Dir(path string, mode fs.FileMode) {
	l.t.Helper()
	name := l.place(path)
	l.check(os.MkdirAll(name, 0o755))
	l.check(os.Chmod(name, mode))
}

// Symlink puts a symbolic link there.
func (l *Layer) Symlink(target, path string) {
	l.t.Helper()
	l.check(os.Symlink(target, l.place(path)))
}

// Unit installs a unit where packages install theirs, so that a mask or a
// drop-in beats it, and enables it if it says WantedBy=, as systemctl would.
func (l *Layer) Unit(name, content string) {
	l.t.Helper()
	file := "/usr/lib/systemd/system/" + name
	l.File(file, content, 0o644)
	for line := range strings.Lines(content) {
		targets, _ := strings.CutPrefix(strings.TrimSpace(line), "WantedBy=")
		if targets == strings.TrimSpace(line) {
			continue
		}
		for _, target := range strings.Fields(targets) {
			l.Symlink(file, "/etc/systemd/system/"+target+".wants/"+name)
		}
	}
}

// Mask keeps a unit of the tree from being started.
func (l *Layer) Mask(unit string) {
	l.t.Helper()
	l.Symlink("/dev/null", "/etc/systemd/system/"+unit)
}

// FastCron makes the clock of systemd's cron.service, and of nothing else, run
// factor times as fast: at 20, a cron minute lasts 3 s. cron does not hand its
// environment on, so its jobs have the true clock.
func (l *Layer) FastCron(factor int) {
	l.t.Helper()
	env := FastClock(factor)
	l.File("/etc/systemd/system/cron.service.d/fast.conf",
		fmt.Sprintf("[Service]\nEnvironment=%q %q\n", env[0], env[1]), 0o644)
	// At such a pace cron.daily may come at any moment, and rotate the very
	// log that a test reads.
	l.File("/etc/crontab", "# emptied by FastCron\n", 0o644)
}

// FastClock returns arguments for env(1) that make a program's clock run factor
// times as fast, for a cron that a test starts itself.
func FastClock(factor int) []string {
	return []string{
		// The dynamic linker puts Debian's lib/x86_64-linux-gnu for $LIB.
		"LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1",
		fmt.Sprintf("FAKETIME=+0 x%d", factor),
	}
}

// place makes the parents of path and returns its name on the host.
func (l *Layer) place(path string) string {
	l.t.Helper()
	if !filepath.IsAbs(path) {
		l.t.Fatalf("a layer takes absolute paths, not %q", path)
	}
	name := filepath.Join(l.dir, path)
	l.check(os.MkdirAll(filepath.Dir(name), 0o755))
	return name
}

func (l *Layer) check(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// stack returns overlayfs's list of folders, the topmost first: a later layer
// lies above an earlier one, and the tree at the bottom.
func stack(tree string, layers []*Layer) (string, error) {
	folders := []string{tree}
	for _, l := range layers {
		if err := l.fit(tree); err != nil {
			return "", err
		}
		folders = append(folders, l.dir)
	}
	slices.Reverse(folders)
	for _, f := range folders {
		if strings.ContainsAny(f, `:,\`) {
			return "", fmt.Errorf("cannot lay %q: overlayfs gives its characters a meaning", f)
		}
	}
	return strings.Join(folders, ":"), nil
}

// fit makes the layer's folders look like the tree's. Where both have a folder,
// overlayfs shows the upper one's mode and owner: without this, a file put into
// /tmp would take its sticky bit away. And it shows a folder instead of a link:
// a file put into /bin would hide all of /usr/bin.
func (l *Layer) fit(tree string) error {
	return filepath.WalkDir(l.dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || name == l.dir {
			return err
		}
		inside := strings.TrimPrefix(name, l.dir)
		if slices.Contains([]string{"/dev", "/proc", "/run", "/sys"}, inside) {
			return fmt.Errorf("cannot lay %s: it is a mount inside; write there once the machine runs", inside)
		}
		below, err := os.Lstat(filepath.Join(tree, inside))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if !below.IsDir() {
			return fmt.Errorf("cannot lay the folder %s: in Debian it is not a folder but a link; use its target", inside)
		}
		owner := below.Sys().(*syscall.Stat_t)
		if err := os.Chown(name, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
		return os.Chmod(name, below.Mode())
	})
}
