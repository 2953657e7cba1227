package check

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"daemon-keeper/check/proctable"
)

// Named is the process that a pidfile names.
type Named struct {
	PID int    // 0 if the file names no process that can be relied on
	Why string // then: why, for people
}

// NamedBy reads pidfiles as a look does, and tells which processes they name. What is
// found is to be written down by a person who has no other knowledge of it, so a number
// that may belong to another process by now does not count.
func NamedBy(ctx context.Context, paths []string) ([]Named, error) {
	return inTime(ctx, "pidfiles", func() ([]Named, error) {
		list := make([]Named, len(paths))
		for i, path := range paths {
			list[i] = namedBy(path)
		}
		return list, nil
	})
}

func namedBy(path string) Named {
	f, text := openPIDFile(path)
	if f == nil {
		return Named{Why: path + " " + text.Trouble}
	}
	defer f.Close()
	writer := uint32(0)
	if info, err := f.Stat(); err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			writer = st.Uid
		}
	}
	r := pidReading{pidText: text}
	if r.readNumber(f); r.Number > 0 {
		r.owner = proctable.OwnerOf(r.Number)
	}
	var p proctable.Process
	if r.isProcess() {
		var runs bool
		var err error
		if p, runs, err = (Live{}).Read(r.Number); err != nil {
			return Named{Why: fmt.Sprintf("process %d, which %s names, cannot be looked at: %v", r.Number, path, err)}
		} else if !runs {
			r.owner.PID = 0
		}
	}
	if why := r.notNamed(p, writer); why != "" {
		return Named{Why: path + " " + why}
	}
	return Named{PID: r.Number}
}

// isProcess reports whether the number is that of a process, and not of a thread.
func (r pidReading) isProcess() bool {
	return r.Number > 0 && r.owner.Known && r.owner.PID == r.Number && !r.owner.Zombie
}

// notNamed tells why a pidfile names no process that could be relied on; "" if it does.
func (r pidReading) notNamed(p proctable.Process, writer uint32) string {
	const moment = 5 * time.Second // the start of a process is known by ticks, and clocks are set
	switch {
	case r.Number == 0:
		return r.Trouble
	case r.Number == 1:
		return "names process 1, the first of all: it was perhaps written in a container"
	case r.Number == os.Getpid():
		return fmt.Sprintf("names process %d, which is this one", r.Number)
	case !r.owner.Known:
		return fmt.Sprintf("names process %d, of which nothing could be told", r.Number)
	case r.owner.PID == 0, r.owner.Zombie:
		return fmt.Sprintf("names process %d, and there is no such process", r.Number)
	case r.owner.PID != r.Number:
		return fmt.Sprintf("names %d, which is a thread of %s(%d)", r.Number, r.owner.Name, r.owner.PID)
	case writer != 0 && !p.IsOf(writer):
		return fmt.Sprintf("names process %d, which belongs to another user than the file", r.Number)
	case p.Usage.Age > 0 && p.Usage.Age+moment < r.Age:
		return fmt.Sprintf("names process %d, which was started after the file was written: it may be another one", r.Number)
	}
	return ""
}
