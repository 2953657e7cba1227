package postmortem

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// mostMessages bounds what is read of /var/log/messages.
const mostMessages = 4 << 20

// readKernelLog reads the kernel's message buffer, and the end of the file to which
// syslogd writes what the kernel says.
func readKernelLog(context.Context, Dead) (kernelRecords, error) {
	var r kernelRecords
	if on, err := unix.SysctlUint32("kern.logsigexit"); err == nil && on == 0 {
		return r, Absent("run sysctl kern.logsigexit=1, and echo kern.logsigexit=1 >>/etc/sysctl.conf")
	}
	buffer, err := unix.SysctlRaw("kern.msgbuf")
	if err != nil {
		err = fmt.Errorf("cannot read kern.msgbuf: %w", err)
	}
	r.Buffer = buffer
	end, fileErr := osutil.ReadEnd("/var/log/messages", mostMessages)
	if fileErr != nil {
		if errors.Is(fileErr, fs.ErrNotExist) {
			return r, err
		}
		return r, errors.Join(err, fileErr)
	}
	r.Lines = wholeLines(end)
	return r, err
}
