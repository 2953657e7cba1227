package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// readPIDFiles reads each pidfile that is asked for, once the processes are known
// that may hold its lock.
func (s *Snapshot) readPIDFiles(f *proctable.Files, specs []Spec) {
	files := make(map[string]PIDFile)
	pids := make(map[string][]int)
	for i := range specs {
		spec := &specs[i]
		if spec.PIDFile == nil {
			continue
		}
		path := spec.PIDFile.Path
		files[path] = PIDFile{path, spec.PIDFile.Locked || files[path].Locked}
		for _, p := range s.Processes {
			if match(s, spec, &Match{Process: p}) == counts {
				pids[path] = append(pids[path], p.PID)
			}
		}
	}
	for path, file := range files {
		s.pidFiles[path] = readPIDFile(f, file, pids[path])
	}
}

// readPIDFile signals nothing, not even with 0, and takes no lock, not even for a
// moment, in which a daemon could be starting.
func readPIDFile(f *proctable.Files, file PIDFile, pids []int) pidReading {
	text, err := pidTextOf(f, file.Path)
	if err != nil {
		return pidReading{pidText: pidText{Trouble: fmt.Sprintf("cannot be read: %v", err)}}
	}
	r := pidReading{pidText: text}
	if r.Number > 0 {
		r.owner = proctable.OwnerOf(r.Number)
		pids = append(pids[:len(pids):len(pids)], r.Number)
	}
	if file.Locked && (text.File != (proctable.FileID{}) || r.Missing) {
		r.lock = proctable.LockOf(text.Path, text.File, text.Resolved, pids)
	}
	return r
}

func readPIDText(path string) pidText {
	resolved := path
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		resolved = filepath.Join(dir, filepath.Base(path))
	}
	f, text := openPIDFile(path)
	text.Path, text.Resolved = path, resolved
	if f != nil {
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			text.File = proctable.FileIDOf(info)
		}
		text.readNumber(f)
	}
	return text
}

// openPIDFile does not follow a symbolic link, which the daemon's user may have
// laid, and does not wait for a FIFO's writer. It returns nil if the file
// cannot be read.
func openPIDFile(path string) (file *os.File, text pidText) {
	f, err := osutil.OpenRegular(path, osutil.NoFollow)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, pidText{Trouble: "is missing", Missing: true}
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.EMLINK): // EMLINK: FreeBSD, open(2)
		return nil, pidText{Trouble: "is a symbolic link, which is not followed"}
	case errors.Is(err, osutil.ErrNotRegular):
		return nil, pidText{Trouble: "is not a regular file"}
	}
	var info fs.FileInfo
	if err == nil {
		info, err = f.Stat()
	}
	if err != nil {
		f.Close() // which may be nil
		return nil, pidText{Trouble: fmt.Sprintf("cannot be read: %v", osutil.Cause(err))}
	}
	return f, pidText{Age: time.Since(info.ModTime())}
}

// readNumber looks at no more of the file than a number needs.
func (t *pidText) readNumber(f io.Reader) {
	const enough = 64
	text, err := io.ReadAll(io.LimitReader(f, enough))
	number, ok := parsePID(text)
	switch {
	case err != nil:
		t.Trouble = fmt.Sprintf("cannot be read: %v", osutil.Cause(err))
	case len(text) == 0:
		t.Trouble, t.Empty = "is empty", true
	case !ok:
		t.Trouble = "holds no process id"
	default:
		t.Number = number
	}
}

// parsePID reads one decimal number among white space, or on the first of several
// lines, as in postmaster.pid. Nothing else of the file is told: its
// path may lead to a secret.
func parsePID(text []byte) (int, bool) {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] < '0' || line[0] > '9' { // ParseInt takes a sign
		return 0, false
	}
	n, err := strconv.ParseInt(string(line), 10, 32)
	if err != nil || n == 0 {
		return 0, false
	}
	return int(n), true
}
