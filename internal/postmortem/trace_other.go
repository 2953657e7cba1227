//go:build !linux

package postmortem

import (
	"context"
	"errors"
)

// Tracing is nothing on this system.
type Tracing struct{}

// OurTracing is the one that runs use.
func OurTracing() Tracing { return Tracing{} }

// On says what there is in its place.
func (Tracing) On() error {
	return errors.New("cannot set up the signal trace: only Linux has it; on FreeBSD set auditd_enable=YES (sysrc auditd_enable=YES) and add pc to flags: in /etc/security/audit_control")
}

// Off has nothing to end.
func (Tracing) Off() error { return nil }

// Read reads nothing.
func (Tracing) Read(context.Context) (text []byte, whole bool, err error) { return nil, true, nil }
