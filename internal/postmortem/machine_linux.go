package postmortem

import (
	"context"
	"errors"
	"io/fs"
	"runtime"

	"daemon-keeper/internal/osutil"
)

// mostWtmp bounds what is read of wtmp: 2,700 records.
const mostWtmp = 1 << 20

// ReadMachine reads what happened to the machine.
func ReadMachine(ctx context.Context, d Dead) (Happened, error) {
	if !d.Rebooted {
		r, err := ReadKernelLog(ctx, d)
		return Happened{Kernel: r}, err
	}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "386" {
		if end, err := osutil.ReadEnd("/var/log/wtmp", mostWtmp); err == nil {
			if e := wtmpEnding(end.Data); e != UnknownEnding {
				return Happened{Ending: e}, nil
			}
		}
	}
	out, _, err := osutil.Output(ctx, mostUnit, "journalctl", "-b", "-1", "-r", "-q", "-o", "json", "--no-pager", "--lines=50", "--output-fields=MESSAGE_ID,_COMM")
	if errors.Is(err, fs.ErrNotExist) || ctx.Err() == nil { // an error, too, if there is no earlier boot
		err = nil
	}
	return Happened{Ending: journalEnding(journalEntries(out))}, err
}
