package check

import "errors"

// Runs reports whether a process that was started then, see Usage.Start, still runs
// under its number. A zombie has ended, though its parent may never wait for it.
func Runs(pid int, start uint64) (bool, error) {
	spent, err := newTable(directly()).times(pid)
	if errors.Is(err, errGone) {
		return false, nil
	}
	return err == nil && spent.start == start && !spent.ended, err
}

// Started tells when a process was started, by which Runs knows it again.
func Started(pid int) (start uint64, err error) {
	spent, err := newTable(directly()).times(pid)
	return spent.start, err
}
