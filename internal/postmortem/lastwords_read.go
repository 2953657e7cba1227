package postmortem

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"daemon-keeper/internal/osutil"
)

// What is read at most.
const (
	mostEntries = 60      // of the journal: those of a next life may be among them
	mostUnit    = 1 << 20 // bytes of it
	mostOutput  = 8 << 10
)

// ReadLastWords reads the ends of the unit's journal and of the output of its start.
func ReadLastWords(ctx context.Context, d Dead) (Written, error) {
	var w Written
	var errs [3]error
	if filepath.IsAbs(d.Output) {
		end, err := osutil.ReadEnd(d.Output, mostOutput)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs[0] = err
		}
		w.Output, w.At = wholeLines(end), end.Modified
	}
	if filepath.IsAbs(d.Log) {
		end, err := osutil.ReadEnd(d.Log, mostOutput)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs[2] = err
		}
		w.Log, w.LogAt = wholeLines(end), end.Modified
	}
	if d.Manager == "systemd" && d.Service != "" {
		_, last, _ := d.span()
		out, _, err := osutil.Output(ctx, mostUnit, "journalctl", "-r", "-q", "-o", "json", "--no-pager", "--unit="+d.Service, fmt.Sprint("--lines=", mostEntries),
			fmt.Sprintf("--until=@%d", last.Add(2*slack).Unix()), "--output-fields=MESSAGE,MESSAGE_ID,_PID,_SOURCE_REALTIME_TIMESTAMP")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs[1] = err
		}
		w.Journal = journalEntries(out)
		slices.Reverse(w.Journal)
	}
	return w, errors.Join(errs[:]...)
}
