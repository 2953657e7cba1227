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
		return pidReading{trouble: fmt.Sprintf("cannot be read: %v", err)}
	}
	r := pidReading{trouble: text.Trouble, missing: text.Missing, empty: text.Empty, age: text.Age, number: text.Number}
	if r.number > 0 {
		r.owner = proctable.OwnerOf(r.number)
		pids = append(pids[:len(pids):len(pids)], r.number)
	}
	if file.Locked && (text.File != (proctable.FileID{}) || r.missing) {
		r.lock = proctable.LockOf(text.Path, text.File, text.Resolved, pids)
	}
	return r
}

// pidText is what the file itself tells.
type pidText struct {
	Path, Resolved string           // as it was asked for, and with the links of its folder followed
	File           proctable.FileID // none if it could not be opened
	Trouble        string
	Missing, Empty bool
	Age            time.Duration
	Number         int
}

func readPIDText(path string) pidText {
	text := pidText{Path: path, Resolved: path}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		text.Resolved = filepath.Join(dir, filepath.Base(path))
	}
	f, r := openPIDFile(path)
	if f != nil {
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			text.File = proctable.FileIDOf(info)
		}
		r.readNumber(f)
	}
	text.Trouble, text.Missing, text.Empty, text.Age, text.Number = r.trouble, r.missing, r.empty, r.age, r.number
	return text
}

// openPIDFile does not follow a symbolic link, which the daemon's user may have
// laid, and does not wait for a FIFO's writer. It returns nil if the file is none
// that could be read.
func openPIDFile(path string) (*os.File, pidReading) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, pidReading{trouble: "is missing", missing: true}
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.EMLINK): // EMLINK: FreeBSD, open(2)
		return nil, pidReading{trouble: "is a symbolic link, which is not followed"}
	case err != nil:
		return nil, pidReading{trouble: fmt.Sprintf("cannot be read: %v", osutil.Cause(err))}
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() {
		return f, pidReading{age: time.Since(info.ModTime())}
	}
	f.Close()
	if err != nil {
		return nil, pidReading{trouble: fmt.Sprintf("cannot be read: %v", osutil.Cause(err))}
	}
	return nil, pidReading{trouble: "is not a regular file"}
}

// readNumber looks at no more of the file than a number needs.
func (r *pidReading) readNumber(f io.Reader) {
	const enough = 64
	text, err := io.ReadAll(io.LimitReader(f, enough))
	number, ok := parsePID(text)
	switch {
	case err != nil:
		r.trouble = fmt.Sprintf("cannot be read: %v", osutil.Cause(err))
	case len(text) == 0:
		r.trouble, r.empty = "is empty", true
	case !ok:
		r.trouble = "holds no process id"
	default:
		r.number = number
	}
}

// parsePID reads one decimal number among white space, or on the first of several
// lines, as in postmaster.pid. What else the file holds is nobody's business: its
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
