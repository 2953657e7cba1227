package trust

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// step is a folder or a link on the way to a path, or the path itself.
type step struct {
	path string
	info fs.FileInfo
	last bool
}

// maxLinks is the number of links after which Linux gives up, path_resolution(7).
const maxLinks = 40

// walk follows a path as the kernel does, from the root folder on. Each step is checked before
// the next one is looked at. It returns the path without links.
func walk(path string, check func(step) error) (string, error) {
	rest, err := filepath.Abs(path)
	if err != nil {
		return "", failed(path, err)
	}
	at, links := "/", 0
	for {
		rest = strings.TrimLeft(rest, "/")
		info, err := os.Lstat(at)
		if err != nil {
			return "", failed(at, err)
		}
		if err := check(step{at, info, rest == ""}); err != nil {
			return "", err
		}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			if links++; links > maxLinks {
				return "", failed(path, syscall.ELOOP)
			}
			if at, rest, err = follow(at, rest); err != nil {
				return "", err
			}
		case rest == "":
			return at, nil
		}
		name, behind, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
		at, rest = filepath.Join(at, name), behind // all before it is resolved, so ".." may be cut off
	}
}

// follow returns the folder from which a link's target is reached, and the target
// with what is behind the link.
func follow(link, rest string) (from, way string, err error) {
	target, err := os.Readlink(link)
	if err != nil {
		return "", "", failed(link, err)
	}
	if filepath.IsAbs(target) {
		return "/", target + "/" + rest, nil
	}
	return filepath.Dir(link), target + "/" + rest, nil
}

// Step is a folder or a link on the way to a path, or the path itself.
type Step struct {
	Path string
	Info fs.FileInfo
}

// Steps returns all files that decide what a path leads to, from the root folder on. Links are
// followed as the kernel does. On an error it returns the steps up to it.
func Steps(path string) (steps []Step, resolved string, err error) {
	resolved, err = walk(path, func(s step) error {
		steps = append(steps, Step{s.path, s.info})
		return nil
	})
	return steps, resolved, err
}
