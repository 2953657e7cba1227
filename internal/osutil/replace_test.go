package osutil

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReplace(t *testing.T) {
	for _, tc := range []struct {
		name string
		make func(t *testing.T, dir string)
		file NewFile
		err  error
		want string // what the file holds afterwards
	}{
		{"a new one", nil, NewFile{Name: "f", Mode: 0o600}, nil, "new"},
		{"for all to read", nil, NewFile{Name: "f", Mode: 0o644, Sync: true}, nil, "new"},
		{"in place of one", put("f", "old"), NewFile{Name: "f", Mode: 0o600, Sync: true}, nil, "new"},
		{"in place of a link", func(t *testing.T, dir string) {
			put("target", "old")(t, dir)
			must(t, os.Symlink("target", dir+"/f"))
		}, NewFile{Name: "f", Mode: 0o600}, nil, "new"},
		{"in place of a folder", func(t *testing.T, dir string) { must(t, os.Mkdir(dir+"/f", 0o700)) }, NewFile{Name: "f", Mode: 0o600}, fs.ErrExist, ""},
		{"another's temporary file", func(t *testing.T, dir string) {
			put("f", "old")(t, dir)
			put(".tmp", "its own")(t, dir)
		}, NewFile{Name: "f", Mode: 0o600}, fs.ErrExist, "old"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			if tc.make != nil {
				tc.make(t, dir)
			}
			root, err := os.OpenRoot(dir)
			must(t, err)
			defer root.Close()
			tc.file.Temporary, tc.file.Data = ".tmp", []byte("new")
			if err := Replace(root, tc.file); !errors.Is(err, tc.err) {
				t.Fatalf("%v, want %v", err, tc.err)
			}
			if _, err := os.Lstat(dir + "/.tmp"); (err == nil) != (tc.name == "another's temporary file") {
				t.Errorf("the temporary file: %v", err)
			}
			if text, _ := os.ReadFile(dir + "/f"); string(text) != tc.want {
				t.Errorf("it holds %q", text)
			}
			if info, err := os.Lstat(dir + "/f"); tc.err == nil && (err != nil || info.Mode() != tc.file.Mode) {
				t.Errorf("%v, %v", info, err)
			}
			if text, err := os.ReadFile(dir + "/target"); err == nil && string(text) != "old" {
				t.Errorf("what the link led to holds %q", text)
			}
		})
	}
}

// What is opened may be anything that another user has put there.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	put("f", "text")(t, dir)
	must(t, os.Symlink("f", dir+"/link"))
	must(t, unix.Mkfifo(dir+"/fifo", 0o600))
	for name, want := range map[string]bool{"f": true, "link": false, "fifo": true, "missing": false} {
		f, err := Open(filepath.Join(dir, name)) // does not wait
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
	for most, want := range map[int64]string{2: "te", 4: "text", 9: "text"} {
		if text, err := ReadSome(dir+"/f", most); err != nil || string(text) != want {
			t.Errorf("%q, %v", text, err)
		}
	}
}

func put(name, text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
