//go:build !linux && !freebsd

package proctable

import "context"

// noTable is a system whose processes gopsutil cannot list with their
// executables. It says so; it is never an empty table.
type noTable struct{}

func New(*Files) Table { return noTable{} }

func (noTable) PIDs(context.Context) ([]int, error) { return nil, ErrNotSupported }

func (noTable) Self() Self { return Self{} }

func (noTable) NeedsInit() bool { return true }

func (noTable) Comm(int) (string, bool) { return "", false }

func (noTable) Exe(int) (string, error) { return "", ErrNotSupported }

func (noTable) Examine(int, string, error, Asks) (Process, error) {
	return Process{}, ErrNotSupported
}

func (noTable) Read(*Process, Reading) error { return ErrNotSupported }

func (noTable) Threads(int) []Thread { return nil }

func (noTable) Times(int) (Times, error) { return Times{}, ErrNotSupported }
