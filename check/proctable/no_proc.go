//go:build !linux

package proctable

import (
	"context"
	"errors"
	"net"
)

// Sockets are not known here: this system does not tell which process a listening
// socket belongs to in a way that is worth its price.
func Sockets([]int) ([]Socket, error) {
	return nil, errors.New("where a process listens cannot be told on this system")
}

// Group: this system has no control groups.
func Group(int) string { return "" }

// ReadStat: this system has no such file.
func ReadStat(int) (Stat, error) { return Stat{}, errors.ErrUnsupported }

// Executes does not know files by their numbers here, so it knows none.
func Executes(int, uint64, FileID) (bool, error) {
	return false, errors.New("what a process executes cannot be told for sure on this system")
}

// Listeners cannot be told here.
func Listeners(int) (map[uint64]Socket, error) {
	return nil, errors.ErrUnsupported
}

// Frozen reports whether a process is kept from running by its control group. There are
// none here.
func Frozen(int) (bool, error) { return false, nil }

// AcceptedBy has no opinion: this system does not tell which process a listening
// socket belongs to in a way that is worth its price.
func AcceptedBy(context.Context, net.Addr, []Process) string { return "" }

// newPeeks: a process that waits for a file server can be ended here.
func newPeeks() *peeks { return nil }

func ourMounts() mountPoints { return nil }
