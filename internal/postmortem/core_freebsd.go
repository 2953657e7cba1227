package postmortem

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// readCores looks for images where the kernel writes them.
func readCores(ctx context.Context, d Dead) ([]coreDump, error) {
	if on, err := unix.SysctlUint32("kern.coredump"); err == nil && on == 0 {
		return nil, Absent("run sysctl kern.coredump=1, and take it out of /etc/sysctl.conf")
	}
	text, err := unix.Sysctl("kern.corefile")
	if err != nil {
		return nil, fmt.Errorf("cannot read kern.corefile: %w", err)
	}
	pattern, ok := splitCorePattern(text, 'P')
	if !ok {
		return nil, nil
	}
	return coresOf(ctx, d, pattern), ctx.Err()
}
