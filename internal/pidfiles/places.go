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

// work is a folder, and which files of it are meant.
type work struct {
	path  string   // without links
	files []string // names; all that are pidfiles if there are none
}

// folders are the places, those below, and those of Also. None is there twice, by whatever
// name: /var/run mostly leads to /run.
func (x Examiner) folders(r *Result) []work {
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
		if errors.Is(err, fs.ErrPermission) {
			r.Unseen++
		}
		if err != nil {
			continue
		}
		add(resolved)
		found, err := inTime(context.Background(), x.Patience, func(ctx context.Context) found { return foldersBelow(ctx, resolved) })
		if err != nil || found.cut {
			r.Limits = append(r.Limits, "not all folders in "+resolved+" were looked at")
		}
		for _, name := range found.names {
			add(path.Join(resolved, name))
		}
	}
	for _, name := range x.Also {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			if resolved, err := filepath.EvalSymlinks(name); err == nil {
				add(resolved)
			}
		}
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

// named are the files that somebody names, or that are asked for.
func (x *Examiner) named(r *Result) []work {
	paths := slices.Collect(maps.Keys(x.Named))
	for _, name := range x.Also {
		if info, err := os.Lstat(name); err == nil && info.IsDir() {
			continue
		} else if err != nil {
			r.Limits = append(r.Limits, fmt.Sprintf("cannot look at %s: %v", name, osutil.Cause(err)))
			continue
		}
		paths = append(paths, name)
	}
	slices.Sort(paths)
	x.asked = make(map[string]bool)
	byFolder := make(map[string][]string)
	for _, name := range paths {
		dir, base := resolvedFolder(name), path.Base(name)
		if full := path.Join(dir, base); !x.asked[full] {
			x.asked[full] = true
			byFolder[dir] = append(byFolder[dir], base)
		}
	}
	var list []work
	for dir, files := range byFolder {
		list = append(list, work{dir, files})
	}
	slices.SortFunc(list, func(a, b work) int { return strings.Compare(a.path, b.path) })
	return list
}

// resolvedFolder is the folder of a file without links, or as it is named if there is none.
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
