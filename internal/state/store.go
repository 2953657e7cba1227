package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"
)

// Store is a folder in which runs keep what they remember. Only we and root can change it, so
// nobody else influences what the next run does.
type Store struct {
	path     string
	looks    bool          // for looking only: nothing in it is changed
	patience time.Duration // how long to wait for another run that is changing a file
	seen     seen
}

// OpenStore creates the folder with mode 0700 if it is missing. The error is a DirError.
func OpenStore(path string) (*Store, error) {
	resolved, err := trust.Folder(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeStore(path); err != nil {
			return nil, err
		}
		resolved, err = trust.Folder(path)
	}
	if err != nil {
		return nil, refusedStore(path, err)
	}
	return &Store{path: resolved, patience: time.Second}, nil
}

// makeStore creates the folder for us alone, and its missing parents with the usual mode of
// /var/lib. trust.Folder has checked that nobody else can change the existing part of the
// path.
func makeStore(path string) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.Mkdir(path, 0o700)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) { // another run may have just created it
		return refusedStore(path, err)
	}
	return nil
}

// LookStore opens a folder for looking only, and creates nothing. The error is fs.ErrNotExist
// if no run has ever kept anything, fs.ErrPermission if only another user may look, and
// otherwise a DirError.
func LookStore(path string) (*Store, error) {
	resolved, err := trust.Folder(path)
	if err != nil {
		return nil, refusedStore(path, err)
	}
	folder, err := os.Open(resolved)
	if err != nil {
		return nil, refusedStore(path, err)
	}
	defer folder.Close()
	return &Store{path: resolved, looks: true, patience: time.Second}, nil
}

// Path returns the path of the folder, with symbolic links followed.
func (s *Store) Path() string { return s.path }

func (s *Store) file(name string) string { return filepath.Join(s.path, name) }

// storeError is a DirError whose cause matters to the caller.
type storeError struct {
	*DirError
	cause error
}

func (e *storeError) Unwrap() []error { return []error{e.DirError, e.cause} }

// refusedStore makes a DirError for the folder or a part of its path, with a hint how to fix
// it.
func refusedStore(path string, err error) error {
	e := &storeError{&DirError{path, osutil.Cause(err).Error(), ""}, err}
	var why *trust.Error
	if errors.As(err, &why) {
		e.DirError = &DirError{why.Path, why.Why, why.Hint()}
	}
	if e.hint == "" {
		e.hint = storeHint(err)
	}
	return e
}

func storeHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "run it as root, or name another folder with --state-dir"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room, or name another folder with --state-dir"
	case errors.Is(err, syscall.EROFS):
		return "its file system is mounted read-only; name another folder with --state-dir"
	case errors.Is(err, fs.ErrNotExist):
		return "the next run makes it, or name another folder with --state-dir"
	}
	return "name another folder with --state-dir"
}

// lockName is the file whose lock is held while a file of the store is changed. The file
// stays, without a meaning.
const lockName = "lock"

// lockPoll is a fraction of the time that a change by another run takes, with its fsync.
const lockPoll = 2 * time.Millisecond

// lock waits until no other run changes a file of the store, so that no change is lost. A run
// that hangs with the lock must not hang this one too, so the wait is short.
func (s *Store) lock() (unlockStore func(), err error) {
	if s.looks {
		return nil, &FileError{"lock", s.file(lockName), "the folder was opened for looking only", "", fs.ErrPermission}
	}
	f, err := s.openLock()
	if err != nil {
		return nil, err
	}
	for began := time.Now(); ; time.Sleep(lockPoll) {
		err := osutil.Lock(f)
		switch {
		case err == nil:
			return func() { _ = osutil.Unlock(f); f.Close() }, nil // the close releases it too, unless a child has a copy
		case !errors.Is(err, syscall.EWOULDBLOCK):
			f.Close()
			return nil, failed("lock", f.Name(), err)
		case time.Since(began) >= s.patience:
			f.Close()
			why := fmt.Sprintf("another run has held it for more than %v", s.patience)
			return nil, &FileError{"lock", f.Name(), why, "see who does: fuser " + f.Name(), err}
		}
	}
}

func (s *Store) openLock() (*os.File, error) {
	path := s.file(lockName)
	info, err := os.Lstat(path) // opening a device may have side effects
	if err == nil && !info.Mode().IsRegular() {
		return nil, &FileError{"lock", path, "it is not a regular file", "remove it", nil}
	}
	f, err := osutil.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, failed("lock", path, err)
	}
	return f, nil
}
