package proctable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

func (t procTable) Read(p *Process, what Reading) error {
	dir := t.dir(p.PID)
	var err error
	if what&ArgsReading != 0 {
		if err = t.readArgs(p, dir); err != nil {
			return err
		}
	}
	if what&LabelReading != 0 {
		// EINVAL without a security module; no such file in a kernel that supports none.
		text, _, err := readProc(dir+"/attr/current", t.scratch, labelLimit)
		if isEnded(err) && isEnded(exists(dir)) {
			return ErrGone
		}
		p.Usage.Label = cleanLabel(text)
	}
	if what&FilesReading != 0 {
		if err := t.countFiles(p, dir); err != nil {
			return err
		}
	}
	if what&ThreadsReading != 0 {
		p.Usage.Threads = []int{p.PID}
		if p.Tasks != 1 {
			p.Usage.Threads = t.threadIDs(p.PID)
		}
	}
	if what&ChildrenReading != 0 {
		p.Usage.Children = t.children(p.PID)
	}
	if what&UnitReading != 0 {
		p.Usage.Unit = t.unit(p.PID)
	}
	if what&TimesReading != 0 {
		spent, err := t.timesBy(p.PID, t.scratch)
		if err != nil {
			return err
		}
		p.Usage.Age = sinceBoot() - time.Duration(spent.Start)*tick
		p.Usage.CPU, p.Usage.Start = spent.CPU, spent.Start
	}
	return nil
}

// threadIDs lists /proc/PID/task, proc_pid_task(5). What cannot be read is left out.
func (t procTable) threadIDs(pid int) []int {
	f, err := os.Open(t.dir(pid) + "/task")
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(maxThreads) // as many as there are, at the end of the list
	ids := make([]int, 0, len(names))
	for _, name := range names {
		if id, err := strconv.Atoi(name); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

func exists(path string) error {
	_, err := os.Stat(path)
	return err
}

// countFiles counts the open descriptors and reads their limit, proc_pid_fd(5)
// and proc_pid_limits(5).
func (t procTable) countFiles(p *Process, dir string) error {
	type answer struct {
		n   int
		err error
	}
	a, err := wait(t.files.stalls, p.Payer(), dir+"/fd", func() (a answer) {
		a.n, a.err = countNames(dir + "/fd")
		return a
	})
	if err = errors.Join(err, a.err); err == nil {
		p.Usage.Files = a.n
		p.Usage.FilesLimit, err = filesLimit(dir)
	}
	if isEnded(err) {
		return ErrGone
	}
	p.Usage.FilesErr = osutil.Cause(err)
	return nil
}

// countNames keeps none of them: there may be millions.
func countNames(dir string) (int, error) {
	f, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for n := 0; ; {
		names, err := f.Readdirnames(1024)
		n += len(names)
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return 0, err
		}
	}
}

func filesLimit(dir string) (int, error) {
	text, _, err := readProc(dir+"/limits", nil, statLimit)
	if err != nil {
		return 0, err
	}
	return openFiles(text)
}

// tick is the unit of the times in /proc/PID/stat: USER_HZ, which is 100 on all
// that Go runs on.
const tick = 10 * time.Millisecond

// Times reads /proc/PID/stat, proc_pid_stat(5).
func (t procTable) Times(pid int) (Times, error) {
	return t.timesBy(pid, make([]byte, 0, 1<<10)) // looks may watch several at once
}

func (t procTable) timesBy(pid int, scratch []byte) (Times, error) {
	text, err := readRecord(t.dir(pid)+"/stat", scratch, statLimit)
	switch {
	case isEnded(err):
		return Times{}, ErrGone
	case err != nil:
		return Times{}, fmt.Errorf("cannot read the process table: %w", err)
	}
	return parseStat(text)
}

func parseStat(text []byte) (Times, error) {
	// The name, in brackets, may itself hold brackets, spaces and line ends.
	end := bytes.LastIndexByte(text, ')')
	const state, utime, stime, threads, start = 3, 14, 15, 20, 22 // as the page counts them
	var numbers [4]uint64
	wanted, n, found := [4]int{utime, stime, threads, start}, state, 0
	zombie := false
	for field := range bytes.FieldsSeq(text[end+1:]) {
		if found == len(wanted) {
			break // the rest is as long again
		}
		switch n {
		case state:
			zombie = len(field) == 1 && (field[0] == 'Z' || field[0] == 'X')
		case wanted[found]:
			var err error
			if numbers[found], err = strconv.ParseUint(string(field), 10, 63); err != nil {
				return Times{}, fmt.Errorf("cannot read the process table: %w", err)
			}
			found++
		}
		n++
	}
	if end < 0 || found < len(wanted) {
		return Times{}, ErrGone // emptied as it ended
	}
	// The leader of threads that live on looks like a zombie, too.
	return Times{time.Duration(numbers[0]+numbers[1]) * tick, numbers[3], zombie && numbers[2] < 2}, nil
}

// sinceBoot is the clock by which starts are told.
func sinceBoot() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
