package keeper

import (
	"fmt"
	"syscall"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// Kin looks closer at the processes that run a daemon's program, and gets hold of them.
type Kin interface {
	// Group is the path of a process's control group; "" if there is none, or it
	// cannot be told.
	Group(pid int) string
	// Sockets are the addresses at which these processes accept connections. An
	// error means that they cannot be told.
	Sockets(pids []int) ([]proctable.Socket, error)
	// Seize gets hold of this very process: not of another one that has its number.
	// It fails with osutil.ErrEnded if the process has ended.
	Seize(k check.Kin) (Seized, error)
}

// Seized is a hold on a process, by which signals reach it or nobody.
type Seized interface {
	Signal(s syscall.Signal) error // osutil.ErrEnded if it has ended
	Ended() (bool, error)
	Close()
}

// RealKin is this machine's.
func RealKin() Kin { return realKin{} }

type realKin struct{}

func (realKin) Group(pid int) string                           { return proctable.Group(pid) }
func (realKin) Sockets(pids []int) ([]proctable.Socket, error) { return proctable.Sockets(pids) }

// Seize looks who the process is only when it holds it, and then that it has not ended
// meanwhile: so what it looked at is what it holds.
func (realKin) Seize(k check.Kin) (Seized, error) {
	p, err := osutil.OpenProcess(k.PID)
	if err != nil {
		return nil, err
	}
	is, err := proctable.Executes(k.PID, k.Start, k.File)
	ended := false
	if err == nil && is {
		ended, err = p.Ended()
	}
	switch {
	case err != nil:
		p.Close()
		return nil, fmt.Errorf("cannot tell whether process %d is still the same: %w", k.PID, err)
	case !is || ended:
		p.Close()
		return nil, osutil.ErrEnded
	}
	return p, nil
}
