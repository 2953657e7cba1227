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

// Locks are held until they are released or the process ends, however it ends: flock(2)
// leaves nothing behind that could block the next run. The files stay, without a meaning; Go
// opens them close-on-exec, so that no daemon inherits one.
type Locks struct {
	files []*os.File
	begun string // see Begun
}

// Files are the open files that hold the locks. A process with a copy of them keeps the locks
// until it has closed its copy, or until they are released.
func (l *Locks) Files() []*os.File { return l.files }

// HeldError means that another run is at work on a service.
type HeldError struct {
	Service string
	Holder  string // what the other run has written: its process and since when; may be ""
	PID     int    // of the other run, from Holder; 0 if unknown
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

// Lock takes one lock for each service, without waiting. The sorted order makes sure that two
// runs that share services never each hold a lock that the other wants.
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
	if err == nil && info.Mode().Perm()&0o077 != 0 { // anyone who can open it can hold it, and so block our work
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

// A command that only looks holds a lock for some microseconds, see FindHolder. That must not
// prevent a restart.
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

// signLock writes the holder into the lock file, for those who find it held. On a full file
// system the lock stays unsigned, but is held all the same.
func signLock(f *os.File, now time.Time) {
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(io.NewOffsetWriter(f, 0), "pid %d, since %s\n", os.Getpid(), now.Format(time.RFC3339))
	}
}

// readHolder reads the signature. It is shown to people, and it distinguishes a run at work
// from a command that a dead run has left.
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

// Release releases all locks. It removes our name first, so that the next holder is not
// mistaken for us before it has signed.
//
// Closing the files is not enough: a child that is being forked for another service has a
// copy of the descriptor until it executes its program, flock(2).
func (l *Locks) Release() {
	for _, f := range l.files {
		_ = f.Truncate(0) // only people read it
		_ = osutil.Unlock(f)
		f.Close()
	}
	l.files = nil
}
