package postmortem

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"daemon-keeper/internal/osutil"
)

// mostPackageLog bounds what is read of each log's end.
const mostPackageLog = 1 << 20

// ReadPackages reads the ends of the logs that there are, if they have changed at that
// time.
func ReadPackages(ctx context.Context, d Dead) ([]Change, error) {
	first, _, _ := d.span()
	var list []Change
	var errs []error
	for _, l := range packageLogs {
		end, err := osutil.ReadEnd(l.path, mostPackageLog)
		switch {
		case ctx.Err() != nil:
			return list, ctx.Err()
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			errs = append(errs, err)
		case err == nil && !end.Modified.Before(first.Add(-slack)):
			list = append(list, l.changes(wholeLines(end), d.Wall)...)
		}
	}
	return list, errors.Join(errs...)
}

// mostOwned bounds of how many packages the lists are read.
const mostOwned = 50

// OwnerOf is the one of these packages that has a file; "" if none has. Debian's lists of
// files are read; others are asked by their package manager.
func OwnerOf(ctx context.Context, file string, changes []Change) (string, error) {
	switch changes[0].Log {
	case "/var/log/dpkg.log":
		return dpkgOwner(file, changes, func(name string) ([]byte, error) {
			return osutil.ReadSome("/var/lib/dpkg/info/"+name+".list", 4<<20)
		})
	case "/var/log/pacman.log":
		return ownerSays(ctx, "pacman", "-Qqo", file)
	case "/var/log/messages":
		out, err := ownerSays(ctx, "pkg", "which", "-q", file)
		if i := strings.LastIndexByte(out, '-'); i > 0 {
			out = out[:i]
		}
		return out, err
	}
	return ownerSays(ctx, "rpm", "-q", "--qf", `%{NAME}\n`, "-f", file)
}

// dpkgOwner reads the lists of files, whose names have the architecture only of packages
// that may be installed for several.
func dpkgOwner(file string, changes []Change, list func(name string) ([]byte, error)) (string, error) {
	wanted := []byte(withoutUsr(file))
	for _, c := range changes[:min(len(changes), mostOwned)] {
		if strings.ContainsAny(c.Name, "/\x00") {
			continue
		}
		bare, _, _ := strings.Cut(c.Name, ":")
		for _, name := range []string{bare, c.Name} {
			text, err := list(name)
			if err != nil {
				continue // it has another name, or was removed
			}
			if slices.ContainsFunc(bytes.Split(text, []byte("\n")), func(line []byte) bool { return bytes.Equal(bytes.TrimPrefix(line, []byte("/usr")), wanted) }) {
				return c.Name, nil
			}
		}
	}
	return "", nil
}

// withoutUsr is how a path is compared: /sbin is a link to /usr/sbin on many systems, and
// packages have the one or the other.
func withoutUsr(path string) string { return strings.TrimPrefix(path, "/usr") }

// ownerSays runs a package manager's question. That no package has the file is no error.
func ownerSays(ctx context.Context, program string, args ...string) (string, error) {
	out, _, _ := osutil.Output(ctx, 4<<10, program, args...)
	line, _, _ := strings.Cut(string(out), "\n")
	return line, ctx.Err()
}
