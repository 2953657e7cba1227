//go:build !linux

package postmortem

import (
	"errors"
	"runtime"
)

// onFreeBSD is what FreeBSD has instead of a signal trace.
const onFreeBSD = ". FreeBSD's audit knows who has sent a signal: " +
	"sed -i '' 's/^flags:.*/&,pc/' /etc/security/audit_control; sysrc auditd_enable=YES && service auditd start" +
	"; and its kernel says which processes a fault has ended: sysctl kern.logsigexit=1"

// Tracing does nothing on this system.
type Tracing struct{}

// OurTracing is the trace that runs use.
func OurTracing() Tracing { return Tracing{} }

// On fails; the error says what there is instead.
func (Tracing) On() error {
	const text = "cannot set up the signal trace: only Linux has it"
	if runtime.GOOS == "freebsd" {
		return errors.New(text + onFreeBSD)
	}
	return errors.New(text)
}

// Off has nothing to end.
func (Tracing) Off() error { return nil }
