package state

import (
	"os"
	"strings"
	"syscall"

	"daemon-keeper/internal/words"
)

// begunAt is where in a lock file the last command stands that was begun under the lock,
// in bytes: behind the holder, see signLock.
const begunAt = 128

// NoteBegun writes down in an open lock file that the command of a step has been started.
// Who takes the lock over from a dead run knows by it that the start was made: that it had
// to wait for the lock does not tell, for a child of ours that was killed before it started
// the command holds the lock until it is gone. The caller holds the lock.
func NoteBegun(fd int, verb words.Verb, service string) {
	n, err := syscall.Pwrite(fd, []byte(string(verb)+" "+service+"\n"), begunAt)
	if err == nil {
		_ = syscall.Ftruncate(fd, begunAt+int64(n)) // the one of before may have been longer
	}
}

// Begun reports whether the command of the step that was under way in a journal was begun
// under these locks, by the one who had them before.
func (l *Locks) Begun(i Intent) bool {
	m, ok := i.UnderWay()
	return ok && l.begun == string(m.Verb)+" "+m.Service
}

func readBegun(f *os.File) string {
	buf := make([]byte, 512)
	n, _ := f.ReadAt(buf, begunAt)
	step, _, whole := strings.Cut(string(buf[:n]), "\n")
	if !whole {
		return ""
	}
	return step
}
