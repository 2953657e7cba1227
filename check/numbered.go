package check

import "context"

// Numbered is what a number in the process table belongs to.
type Numbered struct {
	Process  Process // its PID is 0 if there is no such process
	IsThread bool    // the number is not that of the process but of one of its threads
	Thread   string  // the name of that thread; "" if it has gone
	Kernel   bool    // it is a part of the kernel, which executes no file
}

// Numbered looks up a number that was read somewhere; known is false if it cannot be told
// what it belongs to. It signals nothing, not even with 0.
func (Live) Numbered(number int) (n Numbered, known bool) {
	o := ownerOf(number)
	if !o.known || o.pid == 0 {
		return Numbered{}, o.known
	}
	table := newTable(directly())
	p, runs, err := readLive(table, o.pid)
	if err != nil || !runs {
		p = Process{PID: o.pid, Name: o.name, Zombie: o.zombie, Denied: err != nil}
	}
	if err == nil && !runs && !o.zombie {
		if again := ownerOf(number); again.pid != o.pid {
			return Numbered{}, again.known
		}
		n.Kernel = true
	}
	n.Process, n.IsThread = p, o.pid != number
	if n.IsThread {
		for _, t := range table.threads(o.pid) {
			if t.id == number {
				n.Thread = t.name
			}
		}
	}
	return n, true
}

// Sight reports whether the process table can be believed where it says that there is no
// such process: it is no error only then.
func Sight(ctx context.Context) error {
	table := newTable(directly())
	pids, err := table.pids(ctx)
	if err != nil {
		return err
	}
	return sighted(pids, table.self().PID, table.needsInit())
}
