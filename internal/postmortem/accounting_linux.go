package postmortem

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"daemon-keeper/internal/osutil"
)

// accountFiles are where distributions have them: Debian and SUSE, Red Hat; and the ones
// that were rotated last.
var accountFiles = [...]string{"/var/log/account/pacct", "/var/log/account/pacct.0", "/var/log/account/pacct.1", "/var/account/pacct", "/var/account/pacct-1"}

// mostAccounts bounds what is read of each: 16,384 ends of processes.
const mostAccounts = 1 << 20

// ReadAccounts reads the ends of the files that there are, those that have changed lately.
func ReadAccounts(ctx context.Context) ([][]byte, error) {
	var list [][]byte
	var errs []error
	for _, path := range accountFiles {
		if ctx.Err() != nil {
			return list, ctx.Err()
		}
		data, err := accountsEnd(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		list = append(list, data)
	}
	return list, errors.Join(errs...)
}

// accountsEnd is the end of one, from a whole record on.
func accountsEnd(path string) ([]byte, error) {
	f, err := osutil.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || time.Since(info.ModTime()) > time.Hour {
		return nil, nil
	}
	whole := info.Size() - info.Size()%accountSize
	from := max(whole-mostAccounts, 0)
	return io.ReadAll(io.NewSectionReader(f, from, whole-from))
}
