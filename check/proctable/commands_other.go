//go:build !linux && !freebsd

package proctable

import "context"

func commands(context.Context, uint32, func(args []string) bool) ([]Command, error) {
	return nil, ErrNotSupported
}

func args(int) ([]string, error) { return nil, ErrNotSupported }

func isStopped(int) bool { return false }
