//go:build !linux && !freebsd

package postmortem

import "context"

// ReadRoom reads nothing on this system.
func ReadRoom(context.Context, Dead) (Used, error) { return Used{}, nil }
