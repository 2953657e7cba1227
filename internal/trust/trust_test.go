package trust

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const stranger = 12345

// tree is a folder d with a file f in it, and what a case changes.
func tree(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	must(t, os.Mkdir(filepath.Join(dir, "d"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "d", "f"), nil, 0o644))
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWays(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, dir string)
		path   string // from the folder
		why    string // "": trusted
		at     string // what is at fault
		root   bool
	}{
		{"ours", func(*testing.T, string) {}, "d/f", "", "", false},
		{"a folder that others can write", func(t *testing.T, dir string) { must(t, os.Chmod(dir+"/d", 0o777)) }, "d/f", "others can write to it", "d", false},
		{"what stands at the end is for File", func(t *testing.T, dir string) { must(t, os.Chmod(dir+"/d/f", 0o666)) }, "d/f", "", "", false},
		{"a sticky folder", func(t *testing.T, dir string) { must(t, os.Chmod(dir+"/d", 0o777|os.ModeSticky)) }, "d/f", "", "", false},
		{"a stranger's sticky folder", func(t *testing.T, dir string) {
			must(t, os.Chmod(dir+"/d", 0o755|os.ModeSticky))
			must(t, os.Chown(dir+"/d", stranger, 0))
		}, "d/f", "another user owns it", "d", true},
		{"a link of ours", func(t *testing.T, dir string) { must(t, os.Symlink("d", dir+"/l")) }, "l/f", "", "", false},
		{"a link that leads up and down", func(t *testing.T, dir string) { must(t, os.Symlink("../"+filepath.Base(dir)+"/./d//", dir+"/l")) }, "l/f", "", "", false},
		{"an absolute link", func(t *testing.T, dir string) { must(t, os.Symlink(dir+"/d/f", dir+"/l")) }, "l", "", "", false},
		{"a stranger's link", func(t *testing.T, dir string) {
			must(t, os.Symlink("d", dir+"/l"))
			must(t, os.Lchown(dir+"/l", stranger, 0))
		}, "l/f", "it is a symbolic link that another user has made", "l", true},
		{"a link of ours to a stranger's link", func(t *testing.T, dir string) {
			must(t, os.Symlink("d", dir+"/l"))
			must(t, os.Lchown(dir+"/l", stranger, 0))
			must(t, os.Symlink("l", dir+"/k"))
		}, "k/f", "it is a symbolic link that another user has made", "l", true},
		{"a link through a folder that others can write", func(t *testing.T, dir string) {
			must(t, os.Mkdir(dir+"/o", 0o755))
			must(t, os.Chmod(dir+"/o", 0o777))
			must(t, os.Symlink("../d", dir+"/o/l"))
			must(t, os.Symlink("o/l", dir+"/k"))
		}, "k/f", "others can write to it", "o", false},
		{"a circle", func(t *testing.T, dir string) { must(t, os.Symlink("l", dir+"/l")) }, "l/f", "too many levels of symbolic links", "l/f", false},
		{"nothing", func(*testing.T, string) {}, "d/x", "no such file or directory", "d/x", false},
		{"a file on the way", func(*testing.T, string) {}, "d/f/x", "not a directory", "d/f/x", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.root && os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			dir := tree(t)
			tc.change(t, dir)
			err := Way(filepath.Join(dir, tc.path))
			var distrust *Error
			switch {
			case tc.why == "" && err != nil:
				t.Error(err)
			case tc.why != "" && (!errors.As(err, &distrust) || distrust.Why != tc.why || distrust.Path != filepath.Join(dir, tc.at)):
				t.Errorf("got %v, want %s of %s", err, tc.why, tc.at)
			}
		})
	}
}

// A folder in which we put or read files must be ours itself, sticky or not.
func TestFolder(t *testing.T) {
	dir := tree(t)
	must(t, os.Symlink("d", dir+"/l"))
	if got, err := Folder(dir + "/l"); err != nil || got != dir+"/d" {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := Folder(dir + "/d/f"); err == nil || !strings.Contains(err.Error(), "it is not a folder") {
		t.Error(err)
	}
	must(t, os.Chmod(dir+"/d", 0o777|os.ModeSticky))
	var distrust *Error
	if _, err := Folder(dir + "/l"); !errors.As(err, &distrust) || distrust.Hint() != "chmod go-w "+dir+"/l" {
		t.Error(err)
	}
}

func TestFile(t *testing.T) {
	path := tree(t) + "/d/f"
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	if err := File(f); err != nil {
		t.Error(err)
	}
	var distrust *Error
	must(t, os.Chmod(path, 0o664))
	if err := File(f); !errors.As(err, &distrust) || distrust.Hint() != "chmod go-w "+path || err.Error() != "cannot trust "+path+": others can write to it" {
		t.Error(err)
	}
	if os.Geteuid() == 0 {
		must(t, os.Chown(path, stranger, 0))
		if err := File(f); !errors.As(err, &distrust) || distrust.Hint() != "chown root "+path {
			t.Error(err)
		}
	}
	must(t, syscall.Mkfifo(path+"o", 0o600))
	fifo, err := os.OpenFile(path+"o", os.O_RDWR, 0)
	must(t, err)
	defer fifo.Close()
	if err := File(fifo); err == nil {
		t.Error("a fifo is a regular file")
	}
}

// Whoever can change a program, or put another in its place, would be whoever runs it.
func TestProgram(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, dir string)
		path   string
		why    string // "": trusted
		root   bool
	}{
		{"ours", func(*testing.T, string) {}, "d/f", "", false},
		{"a link to it", func(t *testing.T, dir string) { must(t, os.Symlink("d/f", dir+"/l")) }, "l", "", false},
		{"another's", func(t *testing.T, dir string) { must(t, os.Chown(dir+"/d/f", stranger, 0)) }, "d/f", "another user owns it", true},
		{"for others to write", func(t *testing.T, dir string) { must(t, os.Chmod(dir+"/d/f", 0o775)) }, "d/f", "others can write to it", false},
		{"in another's folder", func(t *testing.T, dir string) { must(t, os.Chown(dir+"/d", stranger, 0)) }, "d/f", "another user owns it", true},
		{"behind another's link", func(t *testing.T, dir string) {
			must(t, os.Symlink("d/f", dir+"/l"))
			must(t, os.Lchown(dir+"/l", stranger, 0))
		}, "l", "it is a symbolic link that another user has made", true},
		{"no program", func(t *testing.T, dir string) { must(t, os.Chmod(dir+"/d/f", 0o644)) }, "d/f", "permission denied", false},
		{"a folder", func(*testing.T, string) {}, "d", "permission denied", false},
		{"nothing", func(*testing.T, string) {}, "d/x", "no such file or directory", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.root && os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			dir := tree(t)
			must(t, os.Chmod(dir+"/d/f", 0o755))
			tc.change(t, dir)
			err := Program(dir + "/" + tc.path)
			var distrust *Error
			if (err == nil) != (tc.why == "") || err != nil && (!errors.As(err, &distrust) || distrust.Why != tc.why) {
				t.Errorf("got %v, want %q", err, tc.why)
			}
		})
	}
}

// What is yet to be made is not a mistake, but a stranger's link on the way is.
func TestLinks(t *testing.T) {
	dir := tree(t)
	must(t, os.Chmod(dir+"/d", 0o777))
	for _, path := range []string{"/d/f", "/d/x/y/z"} {
		if err := Links(dir + path); err != nil {
			t.Error(err)
		}
	}
	must(t, os.Symlink("d", dir+"/l"))
	must(t, os.Symlink("nowhere", dir+"/n"))
	for _, path := range []string{"/l/x", "/n/x"} {
		if err := Links(dir + path); err != nil {
			t.Error(err)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give a link away")
	}
	must(t, os.Lchown(dir+"/l", stranger, 0))
	if err := Links(dir + "/l/x/y"); err == nil {
		t.Error("a stranger's link is trusted")
	}
}

// The system's own error stays known.
func TestCause(t *testing.T) {
	if err := Way(tree(t) + "/x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// What runs as another user may be that user's, but nobody else's.
func TestProgramOf(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, dir string)
		path   string
		theirs string // why not, if it runs as the stranger
		others string // or as somebody else
	}{
		{"root's", func(*testing.T, string) {}, "d/f", "", ""},
		{"theirs", func(t *testing.T, dir string) { must(t, os.Chown(dir+"/d/f", stranger, 0)) }, "d/f", "", "another user owns it"},
		{"in their folder", func(t *testing.T, dir string) { must(t, os.Chown(dir+"/d", stranger, 0)) }, "d/f", "", "another user owns it"},
		{"behind their link", func(t *testing.T, dir string) {
			must(t, os.Symlink("d/f", dir+"/l"))
			must(t, os.Lchown(dir+"/l", stranger, 0))
		}, "l", "", "it is a symbolic link that another user has made"},
		{"theirs, for others to write", func(t *testing.T, dir string) {
			must(t, os.Chown(dir+"/d/f", stranger, 0))
			must(t, os.Chmod(dir+"/d/f", 0o775))
		}, "d/f", "another user owns it", "another user owns it"},
		{"root's, for others to write", func(t *testing.T, dir string) { must(t, os.Chmod(dir+"/d/f", 0o757)) }, "d/f", "others can write to it", "others can write to it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := tree(t)
			must(t, os.Chmod(dir+"/d/f", 0o755))
			tc.change(t, dir)
			for user, want := range map[uint32]string{stranger: tc.theirs, stranger + 1: tc.others} {
				err := ProgramOf(dir+"/"+tc.path, user)
				var distrust *Error
				if (err == nil) != (want == "") || err != nil && (!errors.As(err, &distrust) || distrust.Why != want) {
					t.Errorf("as %d: got %v, want %q", user, err, want)
				}
			}
		})
	}
}
