package trust

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// OpenFolder opens a folder that may be another user's, to put a file into it. It
// follows only links that root or we have made, in folders where nobody else can make
// or move one: else another user could lead us to any folder. Whoever owns a folder on
// the way can still put another of their own in its place.
//
// Each step is opened from the one before it, so nothing can be replaced between the check of a
// step and its use. Behind a link the way begins again at the root folder.
func OpenFolder(folder string) (*os.Root, error) {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil, failed(folder, err)
	}
	links := 0
	for rest := abs; ; {
		root, err := os.OpenRoot("/")
		if err != nil {
			return nil, failed("/", err)
		}
		way := way{here: root, at: "/", links: &links}
		for rest != "" && err == nil && !way.anew {
			name, behind, _ := strings.Cut(rest, "/")
			rest, err = way.step(name, behind)
		}
		if err == nil && !way.anew {
			return way.here, nil
		}
		way.here.Close()
		if err != nil {
			return unreadable(abs, err)
		}
	}
}

// unreadable opens a folder that lies behind one which we may pass but not read, so that the
// steps cannot be opened. This never happens to root, who is at risk most.
func unreadable(folder string, err error) (*os.Root, error) {
	if !errors.Is(err, fs.ErrPermission) || os.Geteuid() == 0 {
		return nil, err
	}
	if err := Links(folder); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, failed(folder, err)
	}
	return root, nil
}

// way is how far OpenFolder has come.
type way struct {
	here  *os.Root
	at    string // its path, in which there are no links
	links *int   // that were followed
	anew  bool   // what is left begins at the root folder
}

// step goes one step, and returns the rest of the way.
func (w *way) step(name, rest string) (string, error) {
	at := path.Join(w.at, name)
	switch name {
	case "", ".":
		return rest, nil
	case "..":
		w.anew = true
		return at + "/" + rest, nil
	}
	info, err := w.here.Lstat(name)
	switch {
	case err != nil:
		return "", failed(at, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return w.follow(name, at, info, rest)
	case !info.IsDir():
		return "", failed(at, syscall.ENOTDIR)
	}
	next, err := w.here.OpenRoot(name)
	if err != nil {
		return "", failed(at, err)
	}
	w.here.Close()
	w.here, w.at = next, at
	// A Root follows links within its folder: one may have come in between.
	if opened, err := next.Stat("."); err != nil || !os.SameFile(info, opened) {
		return "", &Error{Path: at, Why: "somebody is replacing it"}
	}
	return rest, nil
}

// follow returns the target of a link, with the rest of the way behind it.
func (w *way) follow(name, at string, link fs.FileInfo, rest string) (string, error) {
	if err := checkLink(step{path: at, info: link}); err != nil {
		return "", err
	}
	folder, err := w.here.Stat(".")
	if err != nil {
		return "", failed(w.at, err)
	}
	if ours(w.at, folder) != nil {
		return "", &Error{Path: at, Why: "it is a symbolic link in a folder that others can write", hint: "name the folder that it leads to"}
	}
	if *w.links++; *w.links > maxLinks {
		return "", failed(at, syscall.ELOOP)
	}
	target, err := w.here.Readlink(name)
	if err != nil {
		return "", failed(at, err)
	}
	if !path.IsAbs(target) {
		target = w.at + "/" + target
	}
	w.anew = true
	return target + "/" + rest, nil
}
