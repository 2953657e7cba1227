package check

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// mostVersions bounds the names of a folder that are looked at for a *.
const mostVersions = 10_000

// anyVersion is a path with a * in the name of a folder, /usr/lib/erlang/erts-*/bin/beam.smp:
// what stands in the place of the * is a version.
type anyVersion struct {
	parent         string // of that folder, /usr/lib/erlang
	prefix, suffix string // of the folder's name, "erts-" and ""
	rest           string // of the path, bin/beam.smp
}

// versioned takes a path apart; ok is false if it has no *.
func versioned(path string) (v anyVersion, ok bool, err error) {
	before, after, ok := strings.Cut(path, "*")
	if !ok {
		return v, false, nil
	}
	suffix, rest, isFolder := strings.Cut(after, "/")
	if !isFolder || strings.Contains(after, "*") {
		return v, true, errors.New("only one * may be in it, in the name of a folder")
	}
	slash := strings.LastIndexByte(before, '/')
	return anyVersion{filepath.Clean(before[:slash+1]), before[slash+1:], suffix, rest}, true, nil
}

// version is what stands in the place of the * in the name of a folder. As in a shell, a
// name that begins with a dot does not match.
func (v anyVersion) version(folder string) (string, bool) {
	if len(folder) <= len(v.prefix)+len(v.suffix) || !strings.HasPrefix(folder, v.prefix) || !strings.HasSuffix(folder, v.suffix) || folder[0] == '.' && v.prefix == "" {
		return "", false
	}
	return folder[len(v.prefix) : len(folder)-len(v.suffix)], true
}

// newest is the path with its * replaced: by the highest version whose folder has the rest
// of the path. A path without a * is left as it is. A file that cannot be seen may be the
// newest one: that is an error, and no older one is meant in its place.
func newest(path string) (string, error) {
	v, ok, err := versioned(path)
	if !ok || err != nil {
		return path, err
	}
	parent, err := os.Open(v.parent)
	if err != nil {
		return path, err
	}
	defer parent.Close()
	names, err := parent.Readdirnames(mostVersions)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return path, err
	case len(names) == mostVersions:
		return path, fmt.Errorf("%s has too many files to look for a *", v.parent)
	}
	best, found := "", ""
	for _, name := range names {
		version, ok := v.version(name)
		if !ok || found != "" && compareVersions(version, best) <= 0 {
			continue
		}
		at := filepath.Join(v.parent, name, v.rest)
		switch info, err := os.Stat(at); {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // another kind of folder, or a file
		case err != nil:
			return path, err
		case info.Mode().IsRegular():
			best, found = version, at
		}
	}
	if found != "" {
		return found, nil
	}
	return path, fmt.Errorf("no folder has it: %w", syscall.ENOENT)
}

// leadsTo reports whether another path is this one, or one of those that its * stands for.
func leadsTo(path, other string) bool {
	v, ok, err := versioned(path)
	if !ok || err != nil {
		return path == other
	}
	below, ok := strings.CutPrefix(other, strings.TrimSuffix(v.parent, "/")+"/")
	folder, rest, _ := strings.Cut(below, "/")
	_, isVersion := v.version(folder)
	return ok && isVersion && rest == v.rest
}

// compareVersions compares the numbers in two names as numbers, and the rest byte by byte:
// 9.2 is less than 13.1.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		numberA, numberB := leadingNumber(a), leadingNumber(b)
		if numberA != "" && numberB != "" {
			a, b = a[len(numberA):], b[len(numberB):]
			numberA, numberB = strings.TrimLeft(numberA, "0"), strings.TrimLeft(numberB, "0")
			if c := cmp.Or(cmp.Compare(len(numberA), len(numberB)), strings.Compare(numberA, numberB)); c != 0 {
				return c
			}
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func leadingNumber(s string) string { return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))] }
