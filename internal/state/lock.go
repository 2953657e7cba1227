package state

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// Locks are held until they are released or the process ends, however it ends:
// flock(2) leaves nothing behind that could disable the next run. The files stay
// and mean nothing; Go opens them close-on-exec, so that no daemon inherits one.
type Locks struct {
	files []*os.File
	begun string // see Begun
}

// Files are the open files to which the locks belong. Who is given a copy of them
// keeps the locks until he has closed it, too, or they are released.
func (l *Locks) Files() []*os.File { return l.files }

// HeldError says that another run is at work on a service.
type HeldError struct {
	Service string
	Holder  string // what the other has written: its process and since when; may be ""
	PID     int    // of the other, as Holder has it; 0 if it does not tell
	Since   time.Time
}

// heldBy reads who holds a lock.
func heldBy(f *os.File, service string) *HeldError {
	e := &HeldError{Service: service, Holder: readHolder(f)}
	var since string
	if n, _ := fmt.Sscanf(e.Holder, "pid %d, since %s", &e.PID, &since); n == 2 {
		e.Since, _ = time.Parse(time.RFC3339, since)
	}
	return e
}

func (e *HeldError) Error() string {
	if e.Holder == "" {
		return fmt.Sprintf("another run is at work on service %s", e.Service)
	}
	return fmt.Sprintf("another run is at work on service %s: %s", e.Service, e.Holder)
}

// Lock takes one lock for each service and never waits for another run. In sorted
// order, two runs that share services cannot each hold what the other wants.
func (d *Dir) Lock(services []string, now time.Time) (*Locks, error) {
	names := slices.Clone(services)
	slices.Sort(names)
	locks := new(Locks)
	for _, service := range slices.Compact(names) {
		f, begun, err := d.lockOne(service, now)
		if err != nil {
			locks.Release()
			return nil, err
		}
		locks.files, locks.begun = append(locks.files, f), cmp.Or(locks.begun, begun)
	}
	return locks, nil
}

func (d *Dir) lockOne(service string, now time.Time) (f *os.File, begun string, err error) {
	path := filepath.Join(d.path, words.ServiceFile(service)+".lock")
	f, err = osutil.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, "", fmt.Errorf("cannot open lock: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 { // who can open it can hold it, and so keep us from our work
		err = f.Chmod(0o600)
	}
	if err == nil {
		err = lockFile(f, func() { time.Sleep(lockPause) })
	}
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = heldBy(f, service)
	case err != nil:
		err = fmt.Errorf("cannot take lock %s: %w", path, err)
	default:
		begun = readBegun(f)
		signLock(f, now)
		return f, begun, nil
	}
	f.Close()
	return nil, "", err
}

// A command that only looks holds a lock for some microseconds, see FindHolder.
// That must not cost a daemon its restart.
const (
	lockTries = 3
	lockPause = 2 * time.Millisecond
)

func lockFile(f *os.File, pause func()) error {
	for try := 1; ; try++ {
		err := osutil.Lock(f)
		if !errors.Is(err, syscall.EWOULDBLOCK) || try == lockTries {
			return err
		}
		pause()
	}
}

// signLock writes down who holds it, for the one who finds it held. On a full
// file system it stays unsigned, and is held all the same.
func signLock(f *os.File, now time.Time) {
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(io.NewOffsetWriter(f, 0), "pid %d, since %s\n", os.Getpid(), now.Format(time.RFC3339))
	}
}

// readHolder is for people, and tells a command that a dead run has left from a run
// at work.
func readHolder(f *os.File) string {
	buf := make([]byte, 80)
	n, _ := f.ReadAt(buf, 0)
	for i, c := range buf[:n] {
		if c < ' ' || c > '~' {
			return string(buf[:i])
		}
	}
	return string(buf[:n])
}

// Release lets go of all of them. It takes our name away first, so that the next
// holder is not taken for us before it has signed.
//
// Closing would not do: a child that is being forked for another service has a
// copy of the descriptor until it executes its program, flock(2).
func (l *Locks) Release() {
	for _, f := range l.files {
		_ = f.Truncate(0) // only people read it
		_ = osutil.Unlock(f)
		f.Close()
	}
	l.files = nil
}
