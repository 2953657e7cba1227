package state

import (
	"os"
	"strings"
	"syscall"

	"daemon-keeper/internal/words"
)

// begunAt is the offset in bytes, in a lock file, of the last command that was begun under
// the lock. It follows the holder, see signLock.
const begunAt = 128

// NoteBegun writes into an open lock file that the command of a step has been started. A run
// that takes the lock over from a dead run learns from it that the start was made. Having
// waited for the lock is not enough: a child of ours that is killed before it has started the
// command holds the lock until it is gone. The caller holds the lock.
func NoteBegun(fd int, verb words.Verb, service string) {
	n, err := syscall.Pwrite(fd, []byte(string(verb)+" "+service+"\n"), begunAt)
	if err == nil {
		_ = syscall.Ftruncate(fd, begunAt+int64(n)) // the previous text may have been longer
	}
}

// Begun reports whether the previous holder of these locks had begun the command of the step
// that was under way in a journal.
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
