package pidfiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"daemon-keeper/internal/osutil"
)

// Places are where daemons put pidfiles, hier(7).
func Places() []string { return []string{"/run", "/var/run"} }

// work is a folder to look at.
type work struct {
	path  string   // without links
	files []string // names of files; if there are none, all pidfiles of the folder are meant
}

// folders are the places, the folders in them, and others that are asked for, each once: /var/run
// is mostly a link to /run.
func (x Examiner) folders(ctx context.Context, r *Result, also []string) []work {
	var list []work
	seen := make(map[string]bool)
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			list = append(list, work{path: name})
		}
	}
	for _, place := range x.Places {
		resolved, err := filepath.EvalSymlinks(place)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, fs.ErrPermission):
			r.Unseen++
			continue
		case err != nil:
			r.Limits = append(r.Limits, fmt.Sprintf("cannot look at %s: %v", place, osutil.Cause(err)))
			continue
		}
		add(resolved)
		found, err := inTime(ctx, x.Patience, func(ctx context.Context) found { return foldersBelow(ctx, resolved) })
		if err != nil || found.cut {
			r.Limits = append(r.Limits, "not all folders in "+resolved+" were looked at")
		}
		for _, name := range found.names {
			add(path.Join(resolved, name))
		}
	}
	for _, name := range also {
		add(name)
	}
	return list
}

type found struct {
	names []string
	cut   bool
}

func foldersBelow(ctx context.Context, place string) (r found) {
	f, err := openFolder(place)
	if err != nil {
		return r
	}
	defer f.close()
	err = f.names(func(name string) bool {
		if e, err := f.look(name); err == nil && e.kind() == Folder {
			r.names = append(r.names, name)
		}
		r.cut = len(r.names) >= mostFolders || ctx.Err() != nil
		return !r.cut
	})
	r.cut = r.cut || err != nil
	slices.Sort(r.names)
	return r
}

// wanted are the pidfiles and folders that somebody names or asks for, by paths without links.
type wanted struct {
	expected map[string][]Expected
	asked    map[string]bool // the files of work
	work     []work
	folders  []string
	limits   []string
}

// wanted resolves the links of all paths that somebody names or asks for.
func (x Examiner) wanted() wanted {
	w := wanted{expected: withoutLinks(x.Named), asked: make(map[string]bool)}
	paths := slices.Collect(maps.Keys(x.Named))
	for _, name := range x.Also {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			resolved, err := filepath.EvalSymlinks(name)
			if err != nil {
				w.limits = append(w.limits, fmt.Sprintf("cannot look at %s: %v", name, osutil.Cause(err)))
				continue
			}
			w.folders = append(w.folders, resolved)
			continue
		}
		if _, err := os.Lstat(name); err != nil {
			w.limits = append(w.limits, fmt.Sprintf("cannot look at %s: %v", name, osutil.Cause(err)))
			continue
		}
		paths = append(paths, name)
	}
	slices.Sort(paths)
	byFolder := make(map[string][]string)
	for _, name := range paths {
		dir, base := resolvedFolder(name), path.Base(name)
		if full := path.Join(dir, base); !w.asked[full] {
			w.asked[full] = true
			byFolder[dir] = append(byFolder[dir], base)
		}
	}
	for dir, files := range byFolder {
		w.work = append(w.work, work{dir, files})
	}
	slices.SortFunc(w.work, func(a, b work) int { return strings.Compare(a.path, b.path) })
	return w
}

// resolvedFolder is the folder of a file, without links if it exists.
func resolvedFolder(name string) string {
	dir := filepath.Dir(name)
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		return resolved
	}
	return dir
}

func withoutLinks(named map[string][]Expected) map[string][]Expected {
	list := make(map[string][]Expected, len(named))
	for name, e := range named {
		full := path.Join(resolvedFolder(name), path.Base(name))
		list[full] = append(list[full], e...)
	}
	return list
}
