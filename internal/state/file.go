package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"
)

// FileError says why a file of a store cannot be used, and what to do about it.
type FileError struct {
	Op   string // read, write, remove or lock
	Path string
	Why  string
	hint string

	cause error // nil if the file's content is wrong, which no retry changes
}

func (e *FileError) Error() string { return fmt.Sprintf("cannot %s %s: %s", e.Op, e.Path, e.Why) }

// Hint says what the user can do.
func (e *FileError) Hint() string { return e.hint }

func (e *FileError) Unwrap() error { return e.cause }

// failed makes a FileError from an error of the system.
func failed(op, path string, err error) error {
	e := &FileError{op, path, osutil.Cause(err).Error(), "", err}
	switch {
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.EISDIR):
		e.Why, e.hint = "it is a folder", "remove it"
	case errors.Is(err, fs.ErrNotExist):
		e.hint = "somebody has removed the folder; the next run makes it"
	default:
		e.hint = storeHint(err)
	}
	return e
}

// bad makes a FileError for a file with wrong content.
func bad(path, why string) error { return &FileError{Op: "read", Path: path, Why: why} }

// isBad reports whether an error is about a file's content.
func isBad(err error) bool {
	var file *FileError
	return errors.As(err, &file) && file.cause == nil && file.Op == "read"
}

// load reads a file of the store. The parser need not limit the size: load does. A file that
// cannot be believed is renamed to .bad-KIND, and the error says so; the next run does not
// see it again. If the file is missing, the error is fs.ErrNotExist.
func load[T any](s *Store, name, kind string, limit int64, parse func([]byte) (T, error)) (T, error) {
	path := s.file(name)
	var none T
	info, err := os.Lstat(path)
	if err != nil {
		return none, failed("read", path, err)
	}
	data, err := read(path, info, limit)
	if err == nil {
		var parsed T
		if parsed, err = parse(data); err == nil {
			return parsed, nil
		}
		err = bad(path, err.Error())
	}
	if isBad(err) {
		err = s.setAside(name, kind, info, err)
	}
	return none, err
}

// read follows no link, does not wait for a pipe, opens no device, and refuses a file that
// somebody else could have written.
func read(path string, info fs.FileInfo, limit int64) ([]byte, error) {
	if !info.Mode().IsRegular() { // opening a device may do something
		return nil, bad(path, "it is not a regular file")
	}
	f, err := osutil.Open(path)
	if err != nil {
		return nil, failed("read", path, err)
	}
	defer f.Close()
	if err := trust.File(f); err != nil {
		var why *trust.Error
		if errors.As(err, &why) && why.Unwrap() == nil {
			return nil, bad(path, why.Why)
		}
		return nil, failed("read", path, err)
	}
	var data bytes.Buffer
	data.Grow(int(min(info.Size(), limit)) + bytes.MinRead) // otherwise it would be read in many small pieces
	n, err := data.ReadFrom(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, failed("read", path, err)
	case n > limit:
		return nil, bad(path, fmt.Sprintf("it is larger than %d bytes", limit))
	}
	return data.Bytes(), nil
}

// asidePrefix begins the names of files that no run could use. One of each kind is kept, for
// people who want to know what has happened.
const asidePrefix = ".bad-"

// setAside moves a bad file out of the way of the next run, if it is still there.
func (s *Store) setAside(name, kind string, seen fs.FileInfo, why error) error {
	e := why.(*FileError) //nolint:errorlint // see isBad
	if s.looks {
		e.hint = "the next run sets it aside"
		return e
	}
	now, err := os.Lstat(e.Path)
	if err != nil || !os.SameFile(seen, now) {
		e.hint = "another run has replaced it meanwhile"
		return e
	}
	aside := s.file(asidePrefix + kind)
	_ = os.Remove(aside) // a folder would prevent the rename
	switch err := os.Rename(e.Path, aside); {
	case err == nil:
		e.hint = "it counts as empty from now on, and is kept as " + aside
	case os.Remove(e.Path) == nil:
		e.hint = "it has been removed"
	default:
		e.hint = "remove it"
	}
	return e
}

// temporaryPrefix begins the names of files that are not complete yet.
const temporaryPrefix = ".tmp-"

// replace replaces a file atomically: however the run ends, either the old file or the new
// one is there. With sync this is also true after a power failure. On an error the old file
// stays.
func (s *Store) replace(name string, data []byte, sync bool) error {
	path := s.file(name)
	if s.looks {
		return &FileError{"write", path, "the folder was opened for looking only", "", fs.ErrPermission}
	}
	root, err := os.OpenRoot(s.path)
	if err != nil {
		return failed("write", path, err)
	}
	defer root.Close()
	err = osutil.Replace(root, osutil.NewFile{
		Name: name, Temporary: temporaryPrefix + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36),
		Data: data, Mode: 0o600, Sync: sync,
	})
	if err != nil {
		return failed("write", path, err)
	}
	return nil
}

// remove removes a file of the store. A missing file is not an error.
func (s *Store) remove(name string) error {
	if s.looks {
		return &FileError{"remove", s.file(name), "the folder was opened for looking only", "", fs.ErrPermission}
	}
	err := os.Remove(s.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = osutil.SyncFolder(s.path)
	}
	if err != nil {
		return failed("remove", s.file(name), err)
	}
	return nil
}

// abandoned is the age at which a temporary file belongs to a killed run: writing one takes
// milliseconds.
const abandoned = time.Hour

// sweep removes a temporary file that a killed run has left behind. Its errors are ignored: a
// remaining file does no harm, and the next run tries again.
func (s *Store) sweep(name string, now time.Time) {
	if s.looks || !strings.HasPrefix(name, temporaryPrefix) {
		return
	}
	info, err := os.Lstat(s.file(name))
	if err == nil && now.Sub(info.ModTime()).Abs() > abandoned { // the clock may have been set back
		_ = os.Remove(s.file(name))
	}
}
