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
// Each step is opened from the one before it, so nothing changes between the look at a
// step and the step.
func OpenFolder(folder string) (*os.Root, error) {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil, failed(folder, err)
	}
	w, err := startWay()
	if err != nil {
		return nil, err
	}
	defer w.close()
	rest := abs
	for rest != "" {
		name, behind, _ := strings.Cut(rest, "/")
		if rest, err = w.step(name, behind); err != nil {
			return unreadable(abs, err)
		}
	}
	return w.end(), nil
}

// unreadable opens a folder that lies behind one which we may pass and not read: then
// the steps cannot be opened. Root is never refused so, and has the most to lose.
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

// way is where OpenFolder has got to.
type way struct {
	open  []*os.Root // each in the one before it; the first is /
	names []string   // of those behind /
	links int
}

func startWay() (*way, error) {
	root, err := os.OpenRoot("/")
	if err != nil {
		return nil, failed("/", err)
	}
	return &way{open: []*os.Root{root}}, nil
}

func (w *way) here() *os.Root { return w.open[len(w.open)-1] }

func (w *way) path(name string) string { return "/" + path.Join(append(w.names, name)...) }

// back goes up until n steps are left.
func (w *way) back(n int) {
	for len(w.names) > n {
		w.here().Close()
		w.open, w.names = w.open[:len(w.open)-1], w.names[:len(w.names)-1]
	}
}

func (w *way) close() {
	for _, r := range w.open {
		r.Close()
	}
}

// end keeps the last step open.
func (w *way) end() *os.Root {
	last := w.here()
	w.open = w.open[:len(w.open)-1]
	return last
}

// step goes one step, and returns what is left to go.
func (w *way) step(name, rest string) (string, error) {
	switch name {
	case "", ".":
		return rest, nil
	case "..":
		w.back(max(len(w.names)-1, 0))
		return rest, nil
	}
	info, err := w.here().Lstat(name)
	switch {
	case err != nil:
		return "", failed(w.path(name), err)
	case info.Mode()&fs.ModeSymlink != 0:
		return w.follow(name, info, rest)
	case !info.IsDir():
		return "", failed(w.path(name), syscall.ENOTDIR)
	}
	next, err := w.here().OpenRoot(name)
	if err != nil {
		return "", failed(w.path(name), err)
	}
	w.open, w.names = append(w.open, next), append(w.names, name)
	// A Root follows links within its folder: one may have come in between.
	if opened, err := next.Stat("."); err != nil || !os.SameFile(info, opened) {
		return "", &Error{Path: w.path(""), Why: "somebody is replacing it"}
	}
	return rest, nil
}

// follow returns where a link leads, with what is left behind it.
func (w *way) follow(name string, link fs.FileInfo, rest string) (string, error) {
	if err := checkLink(step{path: w.path(name), info: link}); err != nil {
		return "", err
	}
	folder, err := w.here().Stat(".")
	if err != nil {
		return "", failed(w.path(""), err)
	}
	if ours(w.path(""), folder) != nil {
		return "", &Error{Path: w.path(name), Why: "it is a symbolic link in a folder that others can write", hint: "name the folder that it leads to"}
	}
	if w.links++; w.links > maxLinks {
		return "", failed(w.path(name), syscall.ELOOP)
	}
	target, err := w.here().Readlink(name)
	if err != nil {
		return "", failed(w.path(name), err)
	}
	if path.IsAbs(target) {
		w.back(0)
	}
	return strings.TrimSuffix(target+"/"+rest, "/"), nil
}
