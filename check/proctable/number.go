package proctable

import "errors"

// Look reads what ask wants to know of a process. ErrGone, ErrNoExe and ErrNone mean the same
// as those of Examine.
func Look(t Table, pid int, ask Asks) (Process, error) {
	exe, err := t.Exe(pid)
	if errors.Is(err, ErrGone) {
		return Process{}, err
	}
	return t.Examine(pid, exe, err, ask)
}

// ReadAll reads all of a process, its age and its unit; runs is false if there is none.
func ReadAll(t Table, pid int) (p Process, runs bool, err error) {
	p, err = Look(t, pid, AsksAll(func(Process) bool { return true }))
	if err == nil {
		err = t.Read(&p, TimesReading|UnitReading)
	}
	switch {
	case errors.Is(err, ErrGone), errors.Is(err, ErrNoExe):
		return Process{}, false, nil
	case err != nil:
		return Process{}, false, err
	}
	return p, !p.Zombie, nil
}

// Numbered is what a number in the process table belongs to.
type Numbered struct {
	Process  Process // its PID is 0 if there is no such process
	IsThread bool    // the number is not that of the process but of one of its threads
	Thread   string  // the name of that thread; "" if it has gone
	Kernel   bool    // it is a part of the kernel, which executes no file
}

// Lookup finds out what a number belongs to that was read somewhere; known is false if that
// cannot be told. It sends no signal, not even 0.
func Lookup(number int) (n Numbered, known bool) {
	o := OwnerOf(number)
	if !o.Known || o.PID == 0 {
		return Numbered{}, o.Known
	}
	table := New(Directly())
	p, runs, err := ReadAll(table, o.PID)
	if err != nil || !runs {
		p = Process{PID: o.PID, Name: o.Name, Zombie: o.Zombie, Denied: err != nil}
	}
	if err == nil && !runs && !o.Zombie {
		if again := OwnerOf(number); again.PID != o.PID {
			return Numbered{}, again.Known
		}
		n.Kernel = true
	}
	n.Process, n.IsThread = p, o.PID != number
	if n.IsThread {
		for _, t := range table.Threads(o.PID) {
			if t.ID == number {
				n.Thread = t.Name
			}
		}
	}
	return n, true
}

// Owner is what a number in the process table belongs to.
type Owner struct {
	Known  bool // it could be told
	PID    int  // 0: there is no such process; another number: the number is a thread's
	Name   string
	Zombie bool
}

// Lock is the state of the lock of a pidfile.
type Lock struct {
	Known   bool  // it could be told
	Holders []int // process ids; SomeHolder if the system does not tell which
	Removed []int // processes that hold the lock of a file of that path that was removed
}

// SomeHolder is a process whose number is not known.
const SomeHolder = -1

// Runs reports whether a process that was started then, see Usage.Start, still runs
// under its number. A zombie has ended, though its parent may never wait for it.
func Runs(pid int, start uint64) (bool, error) {
	spent, err := New(Directly()).Times(pid)
	if errors.Is(err, ErrGone) {
		return false, nil
	}
	return err == nil && spent.Start == start && !spent.Ended, err
}

// Started tells when a process was started, by which Runs knows it again.
func Started(pid int) (start uint64, err error) {
	spent, err := New(Directly()).Times(pid)
	return spent.Start, err
}
