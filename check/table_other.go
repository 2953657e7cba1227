//go:build !linux && !freebsd

package check

import "context"

// noTable is a system whose processes gopsutil cannot list with their
// executables. It says so; it is never an empty table.
type noTable struct{}

func newTable(*files) table { return noTable{} }

func (noTable) pids(context.Context) ([]int, error) { return nil, ErrNotSupported }

func (noTable) self() Self { return Self{} }

func (noTable) needsInit() bool { return true }

func (noTable) comm(int) (string, bool) { return "", false }

func (noTable) exe(int) (string, error) { return "", ErrNotSupported }

func (noTable) examine(int, string, error, asks) (Process, error) {
	return Process{}, ErrNotSupported
}

func (noTable) read(*Process, reading) error { return ErrNotSupported }

func (noTable) threads(int) []thread { return nil }

func (noTable) times(int) (times, error) { return times{}, ErrNotSupported }
