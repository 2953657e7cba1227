package osutil

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Only a regular file is opened, and nobody is waited for.
func TestOpenRegular(t *testing.T) {
	dir := t.TempDir()
	file, link, fifo := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "fifo")
	if err := errors.Join(os.WriteFile(file, []byte("x"), 0o600), os.Symlink(file, link), syscall.Mkfifo(fifo, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path  string
		flags int
		want  error
	}{
		{file, NoFollow, nil},
		{link, 0, nil},
		{link, NoFollow, syscall.ELOOP},
		{fifo, 0, ErrNotRegular},
		{dir, 0, ErrNotRegular},
		{os.DevNull, 0, ErrNotRegular},
		{filepath.Join(dir, "nosuch"), 0, fs.ErrNotExist},
	} {
		f, err := OpenRegular(tc.path, tc.flags)
		if tc.want == nil && err != nil || !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.path, err, tc.want)
		}
		var named *fs.PathError
		if err != nil && (!errors.As(err, &named) || named.Path != tc.path) {
			t.Errorf("%s: the error does not name it: %v", tc.path, err)
		}
		f.Close() // which may be nil
	}
}
