//go:build !linux && !freebsd

package proctable

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

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

func commands(context.Context, uint32, func(args []string) bool) ([]Command, error) {
	return nil, ErrNotSupported
}

func args(int) ([]string, error) { return nil, ErrNotSupported }

func isStopped(int) bool { return false }

// OwnerOf cannot tell: this system's process table is not read.
func OwnerOf(int) Owner { return Owner{} }

func LockOf(string, FileID, string, []int) Lock { return Lock{} }

func SeenBy(int, string) string { return "" }

// StartTime is not known: this system's process table is not read.
func StartTime(uint64, time.Time, time.Duration) time.Time { return time.Time{} }

// ReadLocks has no list.
func ReadLocks() Locks { return nil }

// Holders cannot be told.
func (Locks) Holders(*os.File, *unix.Stat_t, string) (holders []int, known bool) { return nil, false }
