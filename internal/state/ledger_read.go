package state

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"daemon-keeper/internal/past"
)

func (l ledger) incidents(since time.Time) ([]past.Incident, int, error) {
	f, err := l.open("read", os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	list, bad, err := l.read(f, since)
	if err != nil {
		return nil, 0, failed("read", l.path(), err)
	}
	return list, bad, nil
}

// read takes no lock: each line is written by one call, and a shortened ledger is a new file.
// Of a file that is larger than any ledger of ours only the end is read. Lines that are added
// in the meantime are not read.
func (l ledger) read(f *os.File, since time.Time) ([]past.Incident, int, error) {
	size, err := wholeLines(f)
	if err != nil {
		return nil, 0, err
	}
	from := max(size-l.bytes-longestLine, 0)
	return readLedger(io.NewSectionReader(f, from, size-from), since)
}

// wholeLines returns the size of a file once its last line has an end. One that is being written
// may be seen in parts, a page each. One that a killed run has left has no end: it is not waited
// for any longer.
func wholeLines(f *os.File) (int64, error) {
	const tries, pause = 25, 10 * time.Millisecond
	for try := 1; ; try++ {
		info, err := f.Stat()
		if err != nil || info.Size() == 0 {
			return 0, err
		}
		var last [1]byte
		_, err = f.ReadAt(last[:], info.Size()-1)
		if err != nil || last[0] == '\n' || try == tries {
			return info.Size(), err
		}
		time.Sleep(pause)
	}
}

// readLedger reads lines, and counts those that are not incidents.
func readLedger(r io.Reader, since time.Time) (list []past.Incident, bad int, err error) {
	lines := bufio.NewReaderSize(r, longestLine)
	for {
		data, err := lines.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = lines.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, err
		}
		if long {
			bad++
		} else if data = bytes.TrimSpace(data); len(data) > 0 {
			i, err := readLine(data)
			switch {
			case err != nil:
				bad++
			case !i.End().Before(since):
				list = append(list, i)
			}
		}
		if err != nil {
			return list, bad, nil
		}
	}
}
