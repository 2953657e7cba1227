// Package state keeps what outlives a run: for now, the locks that keep two runs
// from restarting the same service at once.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Dir is a folder that only we can change.
type Dir struct {
	path string
}

// DirError says why a folder cannot be used, and what to do about it.
type DirError struct {
	Path string
	Why  string
	hint string
}

func (e *DirError) Error() string { return fmt.Sprintf("cannot use folder %s: %s", e.Path, e.Why) }

// Hint is the way out.
func (e *DirError) Hint() string { return e.hint }

// OpenDir makes the folder if it is missing (0755), and refuses one in which
// somebody else could put files of theirs in place of ours.
func OpenDir(path string) (*Dir, error) {
	if err := checkLinks(path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, &DirError{path, cause(err).Error(), "make it, or name another with --run-dir"}
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, &DirError{path, cause(err).Error(), "name another with --run-dir"}
	}
	info, err := os.Lstat(resolved)
	if err != nil {
		return nil, &DirError{path, cause(err).Error(), "name another with --run-dir"}
	}
	switch {
	case !info.IsDir():
		return nil, &DirError{path, "it is not a folder", "remove it, or name another with --run-dir"}
	case !ownedByUs(info):
		return nil, &DirError{path, "another user owns it", "chown root " + path}
	case info.Mode().Perm()&0o022 != 0:
		return nil, &DirError{path, "others can write to it", "chmod go-w " + path}
	}
	for dir := filepath.Dir(resolved); ; dir = filepath.Dir(dir) {
		if err := checkParent(dir); err != nil {
			return nil, err
		}
		if dir == "/" {
			return &Dir{resolved}, nil
		}
	}
}

// Path is the folder's, with symbolic links followed.
func (d *Dir) Path() string { return d.path }

// checkLinks refuses a path on whose way, or at whose end, another user has put
// a link: we would make folders and files wherever that user likes.
func checkLinks(path string) error {
	for ; path != "/"; path = filepath.Dir(path) {
		info, err := os.Lstat(path)
		if err == nil && info.Mode()&fs.ModeSymlink != 0 && !ownedByUs(info) {
			return &DirError{path, "it is a symbolic link that another user has made", "remove the link"}
		}
	}
	return nil
}

// checkParent refuses a folder whose entries others can rename. The sticky bit
// (/tmp) keeps them from that.
func checkParent(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return &DirError{dir, cause(err).Error(), "name another with --run-dir"}
	}
	switch {
	case !ownedByUs(info):
		return &DirError{dir, "another user owns it", "chown root " + dir}
	case info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0:
		return &DirError{dir, "others can write to it", "chmod go-w " + dir}
	}
	return nil
}

// ownedByUs: root may do as it likes to everybody, so root's is as good as ours.
func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && (st.Uid == 0 || int(st.Uid) == os.Geteuid())
}

// cause leaves out the path that the message names already.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
