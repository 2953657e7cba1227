package config

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/internal/executable"
)

// What others own or can write is refused with the command that mends it, and
// what it does not concern is kept.
func TestOwners(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, dir string)
		kept   string
		why    string
		hint   string
		root   bool // needs root to be made
	}{
		{"nothing wrong", func(*testing.T, string) {}, "m a b", "", "", false},
		{"a main file that the group can write", func(t *testing.T, dir string) { chmod(t, dir+"/keeper.yaml", 0o664) }, "a b", "keeper.yaml: others can write to it", "chmod go-w DIR/keeper.yaml", false},
		{"a drop-in that all can write", func(t *testing.T, dir string) { chmod(t, dir+"/keeper.d/a.yaml", 0o646) }, "m b", "keeper.d/a.yaml: others can write to it", "chmod go-w DIR/keeper.d/a.yaml", false},
		{"a drop-in of another user", func(t *testing.T, dir string) { chown(t, dir+"/keeper.d/a.yaml") }, "m b", "keeper.d/a.yaml: another user owns it", "chown root DIR/keeper.d/a.yaml", true},
		{"a main file of another user", func(t *testing.T, dir string) { chown(t, dir+"/keeper.yaml") }, "a b", "keeper.yaml: another user owns it", "chown root DIR/keeper.yaml", true},
		{"a folder that the group can write", func(t *testing.T, dir string) { chmod(t, dir+"/keeper.d", 0o775) }, "m", "keeper.d: others can write to it", "chmod go-w DIR/keeper.d", false},
		{"a sticky folder is no better", func(t *testing.T, dir string) { chmod(t, dir+"/keeper.d", 0o777|os.ModeSticky) }, "m", "keeper.d: others can write to it", "chmod go-w DIR/keeper.d", false},
		{"a folder of another user", func(t *testing.T, dir string) { chown(t, dir+"/keeper.d") }, "m", "keeper.d: another user owns it", "chown root DIR/keeper.d", true},
		{"a drop-in that is another user's link", func(t *testing.T, dir string) {
			link(t, "b.yaml", dir+"/keeper.d/a.yaml")
			chown(t, dir+"/keeper.d/a.yaml")
		}, "m b", "keeper.d/a.yaml: it is a symbolic link that another user has made", "remove the link", true},
		{"a link into a folder that others can write", func(t *testing.T, dir string) {
			mkdir(t, dir+"/open", 0o777)
			write(t, dir+"/open/a.yaml", daemon("a"))
			link(t, "../open/a.yaml", dir+"/keeper.d/a.yaml")
		}, "m b", "open: others can write to it", "chmod go-w DIR/open", false},
		{"a link of ours to a file of ours", func(t *testing.T, dir string) {
			write(t, dir+"/elsewhere.yaml", daemon("e"))
			link(t, "../elsewhere.yaml", dir+"/keeper.d/a.yaml")
		}, "m e b", "", "", false},
		{"the folder above all", func(t *testing.T, dir string) { chmod(t, dir, 0o777) }, "", ": others can write to it", "chmod go-w DIR", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.root && os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			path := lay(t, map[string]string{"main": daemon("m"), "a.yaml": daemon("a"), "b.yaml": daemon("b")})
			dir := filepath.Dir(path)
			tc.change(t, dir)
			opts := testOptions()
			opts.CheckOwner = true
			c, mistakes, err := Load(path, opts)
			if err != nil || names(c) != tc.kept {
				t.Errorf("kept %q, want %q; %v", names(c), tc.kept, err)
			}
			if (len(mistakes) == 0) != (tc.why == "") {
				t.Fatal(mistakes)
			}
			for _, m := range mistakes {
				if !strings.HasSuffix(m.Message, tc.why) || m.Hint() != strings.ReplaceAll(tc.hint, "DIR", dir) {
					t.Errorf("%s: hint %q", m, m.Hint())
				}
			}
			opts.CheckOwner = false
			if _, mistakes, err := Load(path, opts); err != nil || len(mistakes) > 0 && !strings.Contains(mistakes[0].Message, "is defined in") {
				t.Errorf("unchecked: %v, %v", mistakes, err)
			}
		})
	}
}

// What only root may read is a mistake for others, and no reason to say that
// there is nothing.
func TestUnreadable(t *testing.T) {
	if os.Geteuid() == 0 { // who reads everything
		asNobody(t)
		return
	}
	path := lay(t, map[string]string{"main": daemon("m"), "a.yaml": daemon("a")})
	chmod(t, path, 0)
	if _, kept, mistakes := read(t, path); kept != "a" || mistakes != "keeper.yaml: cannot read it: permission denied" {
		t.Errorf("kept %q, %s", kept, mistakes)
	}
	folder := filepath.Join(filepath.Dir(path), "keeper.d")
	chmod(t, folder, 0)
	t.Cleanup(func() { chmod(t, folder, 0o755) }) // so that it can be removed
	if _, kept, mistakes := read(t, path); kept != "" || !strings.Contains(mistakes, "keeper.d: cannot read it: permission denied") {
		t.Errorf("kept %q, %s", kept, mistakes)
	}
}

// asNobody runs the test once more, without root's rights.
func asNobody(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		chmod(t, d, 0o755)
	}
	theirs := filepath.Join(dir, "theirs")
	if err := errors.Join(os.Mkdir(theirs, 0o755), os.Chown(theirs, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := executable.WriteFile(dir+"/test", program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(dir+"/test", "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+theirs)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func chown(t *testing.T, path string) {
	t.Helper()
	if err := os.Lchown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
}

// link replaces what is at the path.
func link(t *testing.T, target, path string) {
	t.Helper()
	_ = os.Remove(path)
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}
