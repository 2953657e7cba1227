package proctable

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
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
		text, err := readProc(dir+"/attr/current", t.scratch, labelLimit)
		if IsEnded(err) && IsEnded(exists(dir)) {
			return ErrGone
		}
		p.Usage.Label = CleanLabel(text)
	}
	if what&FilesReading != 0 {
		if err := t.countFiles(p, dir); err != nil {
			return err
		}
	}
	if what&ThreadsReading != 0 {
		p.Usage.Threads = []int{p.PID}
		if p.Tasks != 1 {
			p.Usage.Threads, _ = Numbers(dir+"/task", MaxThreads) // proc_pid_task(5)
		}
	}
	if what&ChildrenReading != 0 {
		p.Usage.Children = t.children(p.PID)
	}
	if what&UnitReading != 0 {
		p.Usage.Unit = t.unit(p.PID)
	}
	if what&TimesReading != 0 {
		st, err := t.stat(p.PID, t.scratch)
		if err != nil {
			return err
		}
		up, _ := osutil.Uptime() // the clock by which starts are told
		p.Usage.Age, p.Usage.Started = up-st.Start, time.Now().Add(st.Start-up)
		p.Usage.CPU, p.Usage.Start = st.CPU, uint64(st.Start/tick)
	}
	return nil
}

func exists(path string) error {
	_, err := os.Stat(path)
	return err
}

// countFiles counts the open descriptors and reads their limit, proc_pid_fd(5)
// and proc_pid_limits(5).
func (t procTable) countFiles(p *Process, dir string) error {
	n, err := wait(t.files.stalls, p.Payer(), dir+"/fd", func() (int, error) {
		_, all, err := Descriptors(dir+"/fd", 0)
		return all, err
	})
	if err == nil {
		p.Usage.Files = n
		p.Usage.FilesLimit, err = filesLimit(dir)
	}
	if IsEnded(err) {
		return ErrGone
	}
	p.Usage.FilesErr = osutil.Cause(err)
	return nil
}

func filesLimit(dir string) (int, error) {
	text, err := readProc(dir+"/limits", nil, statLimit)
	if err != nil {
		return 0, err
	}
	soft, _, ok := ParseLimit(text, OpenFiles)
	if !ok || soft > math.MaxInt32 {
		return 0, errors.New("its limits name none for open files")
	}
	return int(soft), nil
}

// Times reads /proc/PID/stat.
func (t procTable) Times(pid int) (Times, error) {
	st, err := t.stat(pid, make([]byte, 0, 1<<10)) // looks may watch several at once
	return Times{st.CPU, uint64(st.Start / tick), st.Ended()}, err
}

func (t procTable) stat(pid int, scratch []byte) (Stat, error) {
	text, err := readRecord(t.dir(pid)+"/stat", scratch, statLimit)
	switch {
	case IsEnded(err):
		return Stat{}, ErrGone
	case err != nil:
		return Stat{}, fmt.Errorf("cannot read the process table: %w", err)
	}
	return ParseStat(text)
}

// ReadStat reads what the kernel says of a process or a thread; ErrGone if there is none of
// this number.
func ReadStat(id int) (Stat, error) {
	return procTable{root: "/proc"}.stat(id, make([]byte, 0, 1<<10))
}

// children lists what the main thread of a process has started. A kernel without
// CONFIG_PROC_CHILDREN has no such file; then no children are known. One read is enough:
// it holds as many as are worth remembering.
func (t procTable) children(pid int) []int {
	fd, err := unix.Open(t.dir(pid)+"/task/"+strconv.Itoa(pid)+"/children", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, t.scratch[:cap(t.scratch)])
	if err != nil {
		return nil
	}
	return parseChildren(t.scratch[:n])
}

// threadsLimit is how many threads of a process are looked at for their names.
const threadsLimit = 1024

// Threads reads /proc/PID/task/TID/comm, proc_pid_task(5), which anybody may.
func (t procTable) Threads(pid int) []Thread {
	dir := t.dir(pid) + "/task/"
	ids, err := Numbers(dir, threadsLimit)
	if err != nil {
		return nil
	}
	var list []Thread
	for _, id := range ids {
		if comm, err := readProc(dir+strconv.Itoa(id)+"/comm", nil, statLimit); err == nil {
			list = append(list, Thread{id, strings.TrimSuffix(string(comm), "\n")})
		}
	}
	return list
}
