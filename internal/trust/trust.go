// Package trust reports whether a file or a folder can be changed by us and root
// only. A root program that believes others' files does what others want.
package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"daemon-keeper/internal/osutil"
)

// Error says why a file or a folder cannot be trusted.
type Error struct {
	Path string // what is at fault; it may be a folder on the way
	Why  string
	hint string

	cause error
}

func (e *Error) Error() string { return fmt.Sprintf("cannot trust %s: %s", e.Path, e.Why) }

// Hint is the way out, mostly a command; "" if there is no simple one.
func (e *Error) Hint() string { return e.hint }

func (e *Error) Unwrap() error { return e.cause }

// Folder reports whether only we and root can change a folder's entries or put
// another folder in its place. It returns the path with links followed.
func Folder(path string) (string, error) {
	resolved, err := walk(path, checkStep)
	if err != nil {
		return "", err
	}
	info, err := os.Lstat(resolved)
	switch {
	case err != nil:
		return "", failed(path, err)
	case !info.IsDir():
		return "", &Error{Path: path, Why: "it is not a folder"}
	}
	return resolved, ours(path, info)
}

// Way reports whether only we and root can decide what path leads to. What path
// itself names is not looked at, unless it is a link: see File.
func Way(path string) error {
	_, err := walk(path, checkStep)
	return err
}

// Links reports whether all links on the way are ours or root's. The end of the
// way may be missing: this is for a folder that is yet to be made.
func Links(path string) error {
	_, err := walk(path, checkLink)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Program reports whether only we and root decide what is run by a path: the file, the
// folders on the way and the links are theirs.
func Program(path string) error { return ProgramOf(path, 0) }

// ProgramOf is Program for what is run as another user, who is trusted as well.
func ProgramOf(path string, user uint32) error {
	unlessTheirs := func(info fs.FileInfo, err error) error {
		isLink := info.Mode()&fs.ModeSymlink != 0
		if err != nil && ownedBy(info, user) && (isLink || info.Mode().Perm()&0o022 == 0) {
			return nil
		}
		return err
	}
	resolved, err := walk(path, func(s step) error { return unlessTheirs(s.info, checkStep(s)) })
	if err != nil {
		return err
	}
	info, err := os.Lstat(resolved)
	switch {
	case err != nil:
		return failed(path, err)
	case !info.Mode().IsRegular(), info.Mode().Perm()&0o111 == 0:
		return failed(path, syscall.EACCES) // as execve(2) has it
	}
	return unlessTheirs(info, ours(path, info))
}

func ownedBy(info fs.FileInfo, user uint32) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Uid == user
}

// File reports whether an open file is a regular one that only we and root can write.
func File(f *os.File) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return failed(f.Name(), err)
	case !info.Mode().IsRegular():
		return &Error{Path: f.Name(), Why: "it is not a regular file"}
	}
	return ours(f.Name(), info)
}

func ours(path string, info fs.FileInfo) error {
	switch {
	case !ownedByUs(info):
		return &Error{Path: path, Why: "another user owns it", hint: "chown root " + path}
	case info.Mode().Perm()&0o022 != 0:
		return &Error{Path: path, Why: "others can write to it", hint: "chmod go-w " + path}
	}
	return nil
}

// checkStep refuses a folder whose entries others can rename. The sticky bit
// (/tmp) keeps them from that.
func checkStep(s step) error {
	switch {
	case s.info.Mode()&fs.ModeSymlink != 0:
		return checkLink(s)
	case s.last || s.info.Mode()&fs.ModeSticky != 0 && ownedByUs(s.info):
		return nil
	}
	return ours(s.path, s.info)
}

// checkLink refuses a link that another user has made: it leads wherever that
// user likes.
func checkLink(s step) error {
	if s.info.Mode()&fs.ModeSymlink != 0 && !ownedByUs(s.info) {
		return &Error{Path: s.path, Why: "it is a symbolic link that another user has made", hint: "remove the link"}
	}
	return nil
}

// ownedByUs reports whether we or root own a file. Root can do anything to us, so what root
// owns is as good as ours.
func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && (st.Uid == 0 || int(st.Uid) == os.Geteuid())
}

// failed leaves out the path that the message names already.
func failed(path string, err error) error {
	err = osutil.Cause(err)
	return &Error{Path: path, Why: err.Error(), cause: err}
}
