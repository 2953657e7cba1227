//go:build !linux && !freebsd

package inspect

import (
	"context"
	"errors"
)

// Supported reports whether this system can be looked at.
const Supported = false

// ReadWorld cannot look at processes here.
func ReadWorld(context.Context) (*World, error) { return nil, errors.ErrUnsupported }

// Read cannot look at a process here.
func Read(context.Context, *World, int) (Facts, error) { return Facts{}, errors.ErrUnsupported }
