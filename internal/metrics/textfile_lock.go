package metrics

import (
	"errors"
	"os"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
)

// lockName is the file that is locked while metrics are written. node_exporter does
// not read it.
const lockName = ".daemon-keeper.lock"

// lock makes another run that writes at the same time wait for its turn: else both
// would go on from the same number of restarts, and one of them would be lost.
//
// Nobody else can hold it: what is locked is a file of ours that only we can open. If
// somebody has put another in its place, or keeps removing it, there is no lock, and at
// worst one restart is not counted; no file is ever broken.
func (t textfile) lock(root *os.Root) (unlock func()) {
	const (
		pause    = 5 * time.Millisecond
		mostGone = 50 // times that it was another's file by the time that it was locked
	)
	for began, gone := time.Now(), 0; time.Since(began) < t.patience && gone < mostGone; {
		f := openLock(root)
		if f == nil {
			break
		}
		err := osutil.Lock(f)
		switch {
		case err == nil && isAt(root, lockName, f):
			return func() {
				_ = root.Remove(lockName) // whoever waits for it opens the next one
				f.Close()
			}
		case err == nil:
			gone++
		case errors.Is(err, syscall.EWOULDBLOCK):
			time.Sleep(pause)
		default:
			gone = mostGone
		}
		f.Close()
	}
	return func() {}
}

// openLock returns nil if there is no such file of ours.
func openLock(root *os.Root) *os.File {
	f, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE|osutil.NoFollow, 0o600)
	if err != nil {
		return nil
	}
	if info, err := f.Stat(); err != nil || !onlyOurs(info) {
		f.Close()
		return nil
	}
	return f
}

// onlyOurs reports whether nobody else, but root, can open a file.
func onlyOurs(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Mode().IsRegular() && info.Mode().Perm()&0o077 == 0 && int(st.Uid) == os.Geteuid()
}

// isAt reports whether a file still has its name: another run may have removed it, or
// a link may have led to it.
func isAt(root *os.Root, name string, f *os.File) bool {
	named, err := root.Lstat(name)
	opened, err2 := f.Stat()
	return err == nil && err2 == nil && os.SameFile(named, opened)
}
