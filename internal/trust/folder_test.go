package trust

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A folder may be another user's; the way to it is our own or root's choice.
func TestOpenFolder(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, dir string)
		path   string // from the folder
		want   string // the folder that is opened; "" if none is
		why    string
		root   bool
	}{
		{"ours", func(*testing.T, string) {}, "d", "d", "", false},
		{"with dots", func(*testing.T, string) {}, "d/.././/d/", "d", "", false},
		{"another's", func(t *testing.T, dir string) { must(t, os.Chown(dir+"/d", stranger, 0)) }, "d", "d", "", true},
		{"for all to write", func(t *testing.T, dir string) { must(t, os.Chmod(dir+"/d", 0o777)) }, "d", "d", "", false},
		{"a link of ours", func(t *testing.T, dir string) { must(t, os.Symlink("d", dir+"/l")) }, "l", "d", "", false},
		{"an absolute one", func(t *testing.T, dir string) { must(t, os.Symlink(dir+"/d", dir+"/l")) }, "l", "d", "", false},
		{"up and down", func(t *testing.T, dir string) { must(t, os.Symlink("../"+filepath.Base(dir)+"/./d//", dir+"/l")) }, "l", "d", "", false},
		{"beyond the root", func(t *testing.T, dir string) {
			must(t, os.Symlink("../../../../../../../../../.."+dir+"/d", dir+"/l"))
		}, "l", "d", "", false},
		{"a stranger's link", func(t *testing.T, dir string) {
			must(t, os.Symlink("d", dir+"/l"))
			must(t, os.Lchown(dir+"/l", stranger, 0))
		}, "l", "", "it is a symbolic link that another user has made", true},
		{"a link of ours to a stranger's", func(t *testing.T, dir string) {
			must(t, os.Symlink("d", dir+"/k"))
			must(t, os.Lchown(dir+"/k", stranger, 0))
			must(t, os.Symlink("k", dir+"/l"))
		}, "l", "", "it is a symbolic link that another user has made", true},
		{"a link of ours that a stranger may have moved", func(t *testing.T, dir string) {
			must(t, os.Symlink("..", dir+"/d/l"))
			must(t, os.Chown(dir+"/d", stranger, 0))
		}, "d/l", "", "it is a symbolic link in a folder that others can write", true},
		{"a circle", func(t *testing.T, dir string) { must(t, os.Symlink("l", dir+"/l")) }, "l", "", "too many levels of symbolic links", false},
		{"a file", func(*testing.T, string) {}, "d/f", "", "not a directory", false},
		{"behind a file", func(*testing.T, string) {}, "d/f/x", "", "not a directory", false},
		{"nothing", func(*testing.T, string) {}, "d/x", "", "no such file or directory", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.root && os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			dir := tree(t)
			tc.change(t, dir)
			root, err := OpenFolder(dir + "/" + tc.path)
			var distrust *Error
			switch {
			case err == nil:
				defer root.Close()
				opened, err := root.Stat(".")
				must(t, err)
				want, err := os.Stat(dir + "/" + tc.want)
				must(t, err)
				if tc.want == "" || !os.SameFile(opened, want) {
					t.Errorf("opened %s", root.Name())
				}
			case tc.why == "" || !errors.As(err, &distrust) || distrust.Why != tc.why:
				t.Errorf("got %v, want %q", err, tc.why)
			}
		})
	}
}

// However a link comes and goes, it is not followed.
func TestOpenFolderThatIsBeingReplaced(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a link away")
	}
	dir := tree(t)
	must(t, os.Mkdir(dir+"/u", 0o755))
	must(t, os.MkdirAll(dir+"/u/real/m", 0o755))
	must(t, os.Mkdir(dir+"/d/m", 0o755)) // where the link leads
	must(t, os.Symlink("../d", dir+"/u/link"))
	must(t, os.Lchown(dir+"/u/link", stranger, 0))
	must(t, os.Chown(dir+"/u", stranger, 0))
	wanted, err := os.Stat(dir + "/u/real/m")
	must(t, err)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			for _, name := range []string{"real", "link"} {
				_ = os.Rename(dir+"/u/"+name, dir+"/u/way")
				_ = os.Rename(dir+"/u/way", dir+"/u/"+name)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	opened := 0
	for tries := 0; tries < 1000 || opened == 0; tries++ {
		root, err := OpenFolder(dir + "/u/way/m")
		if err != nil {
			continue
		}
		opened++
		if info, err := root.Stat("."); err != nil || !os.SameFile(info, wanted) {
			t.Errorf("a stranger's link was followed, %v", err)
		}
		root.Close()
	}
	close(stop)
	<-done
}

func TestOpenFolderCause(t *testing.T) {
	if _, err := OpenFolder(tree(t) + "/x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := OpenFolder(tree(t) + "/d/f"); !errors.Is(err, syscall.ENOTDIR) {
		t.Error(err)
	}
}
