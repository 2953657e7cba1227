package state

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/trust"
)

// ledger is a file with one line of JSON for each incident that is over. Lines are only
// appended, until the file is full; then a shorter file replaces it.
type ledger struct {
	store *Store
	lines int   // at most
	bytes int64 // at most
}

const ledgerName = "ledger.jsonl"

func newLedger(s *Store) ledger { return ledger{s, 10_000, 10 << 20} }

// Append writes down an incident that is over. When it returns, the line is on the disk; on
// an error the ledger is unchanged. Texts that are too long are cut, and the oldest incidents
// make room for new ones.
func (s *Store) Append(i past.Incident) error { return newLedger(s).append(i) }

// Incidents lists the incidents that ended at or after since, in the order of their ends, and
// counts the lines that cannot be read: torn, garbage, or of a newer version. A missing
// ledger is not an error.
func (s *Store) Incidents(since time.Time) ([]past.Incident, int, error) {
	return newLedger(s).incidents(since)
}

func (l ledger) path() string { return l.store.file(ledgerName) }

func (l ledger) append(i past.Incident) error {
	line, err := ledgerLine(i)
	if err != nil {
		return &FileError{"write", l.path(), err.Error(), "see whether the clock is right", err}
	}
	unlockStore, err := l.store.lock()
	if err != nil {
		return err
	}
	defer unlockStore()
	f, err := l.open("write", os.O_RDWR|os.O_APPEND|os.O_CREATE)
	if err != nil {
		return err
	}
	defer f.Close()
	return l.add(f, line)
}

// open follows no link, does not block, and opens only files of ours and of root.
func (l ledger) open(op string, flags int) (*os.File, error) {
	info, err := os.Lstat(l.path()) // opening a device may have side effects
	if err == nil && !info.Mode().IsRegular() {
		return nil, &FileError{op, l.path(), "it is not a regular file", "remove it", nil}
	}
	f, err := osutil.OpenFile(l.path(), flags, 0o600)
	if err != nil {
		return nil, failed(op, l.path(), err)
	}
	if err := trust.File(f); err != nil {
		f.Close()
		var why *trust.Error
		if errors.As(err, &why) && why.Hint() != "" {
			return nil, &FileError{op, l.path(), why.Why, why.Hint(), err}
		}
		return nil, failed(op, l.path(), err)
	}
	return f, nil
}

// add appends a line. If the last line has no end, because a run was killed or the machine
// lost power, it is ended first: so only that line is lost.
func (l ledger) add(f *os.File, line []byte) error {
	info, err := f.Stat()
	if err != nil {
		return failed("write", l.path(), err)
	}
	size := info.Size()
	lines, torn := 0, false
	full := size+int64(len(line)) >= l.bytes
	if !full {
		lines, torn, err = countLines(f, size)
		full = lines >= l.lines
	}
	switch {
	case err != nil:
		return failed("read", l.path(), err)
	case full:
		return l.renew(f, size, line)
	case torn:
		line = append([]byte("\n"), line...)
	}
	if err := l.write(f, size, line); err != nil {
		return failed("write", l.path(), err)
	}
	return nil
}

// write leaves no partial line behind. If it cannot undo a failed write, the next run ends
// the torn line.
func (l ledger) write(f *os.File, size int64, line []byte) error {
	_, err := f.Write(line)
	if err == nil {
		err = f.Sync()
	}
	switch {
	case err != nil:
		_ = f.Truncate(size)
		return err
	case size == 0: // the file may be new
		return osutil.SyncFolder(l.store.path)
	}
	return nil
}

func countLines(f io.ReaderAt, size int64) (lines int, torn bool, err error) {
	r, buf := io.NewSectionReader(f, 0, size), make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			lines += bytes.Count(buf[:n], []byte("\n"))
			torn = buf[n-1] != '\n'
		}
		switch {
		case errors.Is(err, io.EOF):
			return lines, torn, nil
		case err != nil:
			return 0, false, err
		}
	}
}

// renew replaces a full ledger by a new one: nine tenths of the limits, so that this happens
// once in a thousand incidents, and the new line. The lines are copied without being parsed,
// so lines of a newer version are kept.
func (l ledger) renew(f *os.File, size int64, line []byte) error {
	kept, err := tail(f, size, l.bytes*9/10-int64(len(line)), l.lines*9/10-1)
	if err != nil {
		return failed("read", l.path(), err)
	}
	return l.store.replace(ledgerName, append(kept, line...), true)
}

// tail returns as many whole lines from the end as the limits allow.
func tail(f io.ReaderAt, size, most int64, lines int) ([]byte, error) {
	from := max(size-max(most, 0), 0)
	before := min(from, 1) // the byte before shows whether a line begins here
	buf := make([]byte, size-from+before)
	if _, err := f.ReadAt(buf, from-before); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if before > 0 {
		_, buf, _ = bytes.Cut(buf, []byte("\n"))
	}
	if len(buf) > 0 && buf[len(buf)-1] != '\n' {
		buf = append(buf, '\n')
	}
	for range bytes.Count(buf, []byte("\n")) - max(lines, 0) {
		_, buf, _ = bytes.Cut(buf, []byte("\n"))
	}
	return buf, nil
}
