package keeper

import (
	"fmt"
	"syscall"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// Kin looks more closely at the processes that run a daemon's program, and gets hold of them.
type Kin interface {
	// Group returns the path of a process's control group; "" if there is none or it is
	// unknown.
	Group(pid int) string
	// Sockets lists the addresses at which these processes accept connections. An error means
	// that they are unknown.
	Sockets(pids []int) ([]proctable.Socket, error)
	// Seize gets hold of exactly this process, never of another one that has the same PID. It
	// fails with osutil.ErrEnded if the process has ended.
	Seize(k check.Kin) (Seized, error)
}

// Seized is a hold on a process: a signal reaches this process or none.
type Seized interface {
	Signal(s syscall.Signal) error // osutil.ErrEnded if it has ended
	Ended() (bool, error)
	Close()
}

// RealKin looks at this machine.
func RealKin() Kin { return realKin{} }

type realKin struct{}

func (realKin) Group(pid int) string                           { return proctable.Group(pid) }
func (realKin) Sockets(pids []int) ([]proctable.Socket, error) { return proctable.Sockets(pids) }

// Seize first gets hold of the process, then checks that it is the right one and that it has
// not ended. So the process that was checked is the one that is held.
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
