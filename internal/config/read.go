package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"
)

// readFile reads a regular file, up to one byte more than allowed.
func readFile(path string, checkOwner bool) ([]byte, error) {
	if checkOwner {
		if err := trust.Way(path); err != nil {
			return nil, orDangling(path, err)
		}
	}
	f, err := osutil.OpenRegular(path, 0)
	if err != nil {
		return nil, orDangling(path, err)
	}
	defer f.Close()
	if checkOwner {
		if err := trust.File(f); err != nil {
			return nil, err
		}
	}
	var buf bytes.Buffer
	if info, err := f.Stat(); err == nil { // so it can be read in one piece
		buf.Grow(int(min(info.Size(), maxBytes)) + bytes.MinRead + 1)
	}
	_, err = buf.ReadFrom(io.LimitReader(f, maxBytes+1))
	return buf.Bytes(), err
}

// problemOf turns an error of the system into a problem.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var distrust *trust.Error
	switch {
	case errors.As(err, &distrust):
		return &problem{distrust.Error(), distrust.Hint()}
	case errors.Is(err, fs.ErrPermission):
		return wrong("run as root, or see ls -l", "cannot read it: permission denied")
	}
	return wrong("", "cannot read it: %v", osutil.Cause(err))
}

// orDangling replaces the error if path is a link to a file that does not exist.
func orDangling(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) && isThere(path) {
		return wrong("remove the link, or mend it", "cannot read it: it is a link to nothing")
	}
	return err
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// maxFiles is how many drop-ins there may be.
const maxFiles = 10_000

// dropIns lists the files of a folder in the order of their names. If the folder itself is
// wrong, it adds a part without entries; a missing folder has no files.
func (l *loader) dropIns(folder string) []string {
	names, err := l.list(folder)
	err = orDangling(folder, err)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.refuse(folder, problemOf(err))
		return nil
	}
	slices.Sort(names)
	var files []string
	for _, name := range names {
		path := filepath.Join(folder, name)
		if strings.HasSuffix(name, ".yml") {
			l.refuse(path, wrong("mv "+path+" "+strings.TrimSuffix(path, ".yml")+".yaml", "cannot take it for a drop-in: only *.yaml is read"))
			continue
		}
		files = append(files, path)
	}
	return files
}

// refuse adds a mistake about a file that is not read.
func (l *loader) refuse(path string, why *problem) {
	p := &part{decoder: decoder{shared: l.shared, file: path}}
	p.add(why.at(&node{}))
	l.parts = append(l.parts, p)
}

// list returns the names in a folder that may be drop-ins, in any order.
func (l *loader) list(folder string) ([]string, error) {
	if !isThere(folder) {
		return nil, fs.ErrNotExist
	}
	if l.CheckOwner {
		if _, err := trust.Folder(folder); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var names []string
	for {
		some, err := f.Readdirnames(1000)
		for _, name := range some {
			if isDropIn(name) {
				names = append(names, name)
			}
		}
		switch {
		case len(names) > maxFiles:
			return nil, wrong("join some of the files", "cannot read more than %d drop-ins", maxFiles)
		case err == io.EOF:
			return names, nil
		case err != nil:
			return nil, err
		}
	}
}

// isDropIn leaves out what editors and package managers put beside a file: hidden files, and
// those with more behind the extension (x.yaml~, x.yaml.dpkg-dist).
func isDropIn(name string) bool {
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml"))
}

func valueOf(pointer any) reflect.Value { return reflect.ValueOf(pointer).Elem() }
