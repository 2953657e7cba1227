package rcd

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// list asks each script that a boot starts, or that OpenRC has started since: what
// another service needs may be in no runlevel.
func (p openrc) list(ctx context.Context) ([]Listed, error) {
	levels, err := os.ReadDir(p.root + openrcLevels)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	folders := []string{openrcState + "/started"}
	for _, level := range levels {
		if !slices.Contains([]string{"sysinit", "shutdown"}, level.Name()) { // of the kernel's devices; of the end
			folders = append(folders, filepath.Join(openrcLevels, level.Name()))
		}
	}
	var names []string
	for _, folder := range folders {
		entries, err := os.ReadDir(p.root + folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return listScripts(ctx, p, p.root, slices.Compact(names))
}

// names: what ends in .sh is a library, rc-service(8) leaves it out, too.
func (p openrc) names(context.Context) ([]string, error) {
	var list []string
	var errs error
	for _, dir := range openrcScripts {
		entries, err := os.ReadDir(p.root + dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = errors.Join(errs, err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".sh") && p.script(e.Name()) != "" {
				list = append(list, e.Name())
			}
		}
	}
	return list, errs
}
