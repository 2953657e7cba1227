package proctable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The most that is read of one file of a process, in bytes. The kernel itself limits most
// of them, but a process can have any number of arguments, mounts, descriptors, locks and
// threads.
const (
	groupLimit  = 64 << 10
	statLimit   = 4 << 10
	labelLimit  = 4 << 10
	fdinfoLimit = 64 << 10
	mountsLimit = 4 << 20
)

// readProc reads a file of proc(5), as far as the limit. os.ReadFile would make six
// system calls more, to find out whether such a file can be waited for. The text
// overwrites scratch, which it may outgrow.
func readProc(path string, scratch []byte, limit int) (text []byte, err error) {
	return readUntil(path, scratch, limit, func(int) bool { return false })
}

// readRecord is readProc for a file that is a single record, single_open() in fs/seq_file.c.
// A read that does not fill the buffer has read all of it, which saves the read at the end.
func readRecord(path string, scratch []byte, limit int) (text []byte, err error) {
	return readUntil(path, scratch, limit, func(room int) bool { return room > 0 })
}

// readUntil reads up to the end, the limit, or the read after which enough is true. room is
// how many bytes of the buffer are left.
func readUntil(path string, scratch []byte, limit int, enough func(room int) bool) (text []byte, err error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	text = scratch[:0]
	for {
		if len(text) == cap(text) {
			text = slices.Grow(text, max(len(text), 512))
		}
		n, err := unix.Read(fd, text[len(text):cap(text)])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if text = text[:len(text)+n]; n == 0 || enough(cap(text)-len(text)) || len(text) >= limit {
			return text[:min(len(text), limit)], nil
		}
	}
}

// Numbers lists a folder of proc(5) whose names are numbers of processes, threads or
// descriptors, as far as the limit. Other names are left out.
func Numbers(dir string, most int) ([]int, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(most)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return numbersOf(names), err
}

func numbersOf(names []string) []int {
	list := make([]int, 0, len(names))
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// Descriptors are the numbers of those that a process has open, proc_pid_fd(5), at most so many,
// and how many there are: there may be millions.
func Descriptors(dir string, most int) (list []int, all int, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(1024)
		all += len(names)
		if room := most - len(list); room > 0 {
			list = append(list, numbersOf(names[:min(room, len(names))])...)
		}
		switch {
		case errors.Is(err, io.EOF):
			return list, all, nil
		case err != nil:
			return nil, 0, err
		}
	}
}

// IsEnded reports whether a file of a process cannot be read because the process
// has ended; any other error says nothing about it.
func IsEnded(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}

// isOurs reports whether it is we who lack something, so that no process can be read.
func isOurs(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM)
}

// failed sorts what reading something of one process has failed with: an end of the
// process, a want of ours, or a trouble of this row.
func (p *Process) failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case IsEnded(err):
		return ErrGone
	case isOurs(err):
		return fmt.Errorf("cannot read the process table: %w", err)
	}
	p.Trouble = what + " cannot be read: " + err.Error()
	return nil
}

// readArgs reads the arguments. A kernel thread and a zombie have none. A process may have
// overwritten its arguments, and with prctl(2) any range of its memory can be its arguments, of
// any length. To read them the kernel needs the lock of that memory, which the process may hold.
func (t procTable) readArgs(p *Process, dir string) error {
	p.Taken |= ArgsReading
	path := dir + "/cmdline"
	text, err := wait(t.files.stalls, p.Payer(), path, func() ([]byte, error) { return readProc(path, nil, argsLimit) })
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil
	case err != nil:
		return p.failed("its arguments", err)
	}
	args, isCut := parseArgs(text, len(text) == argsLimit)
	if p.Args = args; isCut {
		p.Trouble = tooManyArgs
	}
	return nil
}

// readScript finds the script among the arguments, as the process itself sees it.
func (t procTable) readScript(p *Process, dir string) {
	const scriptMost = 256 // no script stands behind so many options
	args := p.Args[:min(len(p.Args), scriptMost)]
	stat := func(arg string) (FileID, bool) {
		if arg == "" || p.Trouble != "" && len(p.Args) == 0 {
			return FileID{}, false
		}
		id, regular, err := t.files.seenBy(t, p, dir, arg)
		if err != nil && p.Trouble == "" {
			p.Trouble = "its script cannot be looked at: " + err.Error()
		}
		return id, regular
	}
	p.Script = ScriptArg(args, func(arg string) bool { _, regular := stat(arg); return regular })
	p.ScriptFile, _ = stat(p.Script)
	if p.Script == "" && len(args) < len(p.Args) && p.Trouble == "" {
		p.Trouble = fmt.Sprintf("none of its first %d arguments is a script", scriptMost)
	}
}

// seenFrom is a path as the process itself sees it.
func seenFrom(dir, path string) string {
	switch {
	case path == "":
		return ""
	case strings.HasPrefix(path, "/"):
		return dir + "/root" + path
	}
	return dir + "/cwd/" + path
}
