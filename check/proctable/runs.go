package proctable

import "errors"

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
