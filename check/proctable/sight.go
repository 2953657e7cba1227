package proctable

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotSupported is what Look answers on a system whose process table it cannot read.
var ErrNotSupported = errors.New("reading the process table is not supported on this system")

// BlindError says that the process table shows too little to tell anything.
type BlindError struct {
	Why  string
	hint string
}

func (e *BlindError) Error() string { return "cannot trust the process table: " + e.Why }

// Hint is the way out.
func (e *BlindError) Hint() string { return e.hint }

// What reading one row can end in, besides success.
var (
	ErrGone  = errors.New("the process has ended") // nothing to report
	ErrNoExe = errors.New("no executable")         // kernel thread or zombie
	ErrLost  = errors.New("executable deleted")    // FreeBSD: the path is lost
	ErrDeny  = errors.New("permission denied")     // it may not be looked at
	ErrLong  = errors.New("path too long")         // Linux: the path cannot be told, the file can
	ErrNone  = errors.New("nobody's concern")      // it can be none of those that are asked for
)

const asRoot = "run it as root, on the host itself"

// Sighted reports whether the list of processes can be believed. hidepid= on
// Linux and security.bsd.see_other_uids=0 on FreeBSD leave out the processes of
// others without an error, PID 1 first of all.
func Sighted(pids []int, self int, needsInit bool) error {
	var seenSelf, seenInit bool
	for _, pid := range pids {
		seenSelf = seenSelf || pid == self
		seenInit = seenInit || pid == 1
	}
	switch {
	case len(pids) < 2:
		return &BlindError{fmt.Sprintf("it has %d rows", len(pids)), asRoot}
	case !seenSelf:
		return &BlindError{fmt.Sprintf("our own process %d is not in it", self), asRoot}
	case needsInit && !seenInit:
		return &BlindError{"process 1 is not in it; it hides the processes of other users", asRoot}
	}
	return nil
}

// Sight reports whether the process table can be believed where it says that there is no
// such process: it is no error only then.
func Sight(ctx context.Context) error {
	table := New(Directly())
	pids, err := table.PIDs(ctx)
	if err != nil {
		return err
	}
	return Sighted(pids, table.Self().PID, table.NeedsInit())
}
