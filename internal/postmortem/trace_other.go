//go:build !linux && !freebsd

package postmortem

import (
	"context"
	"errors"
)

// Tracing is nothing on this system.
type Tracing struct{}

// OurTracing is the one that runs use.
func OurTracing() Tracing { return Tracing{} }

// On says that there is none.
func (Tracing) On() error { return errors.New("cannot set up the signal trace: only Linux has it") }

// Off has nothing to end.
func (Tracing) Off() error { return nil }

// Read reads nothing.
func (Tracing) Read(context.Context) (text []byte, whole bool, err error) { return nil, true, nil }

// Describer knows nothing more here.
func (Tracing) Describer(context.Context) func(Sender) string {
	return func(Sender) string { return "" }
}
