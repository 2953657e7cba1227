//go:build !linux

package postmortem

import "context"

// ReadKernelLog reads nothing: this system's kernel log has no times that can be relied on.
func ReadKernelLog(context.Context) (KernelRecords, error) { return KernelRecords{}, nil }
