package postmortem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
)

// accountFolder is where a system has its accounting files: the current one, and rotated ones,
// which have names that begin with the same name.
type accountFolder struct{ dir, name string }

// mostAccounts bounds what is read of all: 65,536 ends of processes.
const mostAccounts = 4 << 20

// readAccounts reads the ends of the files that have changed since the daemon was seen up.
// switchOn is the command that switches accounting on, for the case that it is off.
func readAccounts(ctx context.Context, d Dead, folders []accountFolder, switchOn string) (accountRecords, error) {
	r := accountRecords{Whole: true}
	files, err := accountFiles(d, folders)
	if len(files) == 0 && err == nil {
		err = Absent(switchOn)
	}
	left := int64(mostAccounts)
	for _, file := range files { // the newest first
		if left <= 0 || ctx.Err() != nil {
			r.Whole = false
			break
		}
		end, readErr := osutil.ReadEnd(file.path, left)
		if readErr != nil {
			r.Whole, err = false, errors.Join(err, readErr)
			continue
		}
		left -= int64(len(end.Data))
		r.Whole = r.Whole && (end.Whole || accountsReach(end, d))
		r.Files = append(r.Files, end)
	}
	slices.Reverse(r.Files)
	return r, errors.Join(err, ctx.Err())
}

// accountsReach reports whether records reach back before the time in question.
func accountsReach(file osutil.End, d Dead) bool {
	list := accountsOf(file)
	return len(list) > 0 && beforeSpan(list[0].ended, d)
}

// namesIn are the names in a folder; of more than 10,000 they are some.
func namesIn(folder string) ([]string, error) {
	f, err := os.OpenFile(folder, os.O_RDONLY|syscall.O_DIRECTORY, 0) // a daemon's user may have put a FIFO there
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(10_000)
	if errors.Is(err, io.EOF) { // it is empty
		err = nil
	}
	return names, err
}

type accountFile struct {
	path     string
	modified time.Time
}

// accountFiles are the files that may have records of the time in question, the newest first.
// Compressed files are not read: the error names them.
func accountFiles(d Dead, folders []accountFolder) (list []accountFile, err error) {
	first, _, _ := d.span()
	for _, folder := range folders {
		names, openErr := namesIn(folder.dir)
		if openErr != nil && !errors.Is(openErr, fs.ErrNotExist) {
			err = errors.Join(err, openErr)
		}
		for _, name := range names {
			path := filepath.Join(folder.dir, name)
			info, statErr := os.Lstat(path)
			if !strings.HasPrefix(name, folder.name) || statErr != nil || !info.Mode().IsRegular() || info.ModTime().Before(first.Add(-2*slack)) {
				continue
			}
			if slices.Contains([]string{".gz", ".xz", ".bz2", ".zst"}, filepath.Ext(name)) {
				err = errors.Join(err, fmt.Errorf("cannot read %s: it is compressed, and may have the record", path))
				continue
			}
			list = append(list, accountFile{path, info.ModTime()})
		}
	}
	slices.SortFunc(list, func(a, b accountFile) int { return b.modified.Compare(a.modified) })
	return list[:min(len(list), 16)], err
}
