package rcd

import (
	"context"
	"path/filepath"
)

// list names the services in the folders where the supervisors look for them. A log service
// belongs to its daemon, and is not listed.
func (d supervisors) list(ctx context.Context) ([]Listed, error) {
	names, err := d.names(ctx)
	if err != nil {
		return nil, err
	}
	var list []Listed
	for _, name := range names {
		dir, _ := d.folder(name)
		list = append(list, d.listed(name, dir))
	}
	return list, nil
}

func (d supervisors) listed(name, dir string) Listed {
	l := Listed{Name: name, About: "supervised by " + d.Name() + " in " + dir[len(d.root):]}
	s, err := readSupervised(dir)
	down, downErr := isThere(filepath.Join(dir, "down"))
	watched, watchedErr := hasSupervisor(dir)
	switch {
	case watchedErr != nil:
		l.Omit = "it cannot be told whether its supervisor runs: " + watchedErr.Error()
	case !watched:
		l.Omit = "no " + d.family.watcher() + " runs for " + dir
	case err != nil:
		l.Omit = "its status cannot be read: " + err.Error()
	case !s.isUp() && s.wantUp:
		l.Omit = "it does not stay up"
	case !s.isUp():
		l.Omit = "it is down, and wanted so"
	case down && downErr == nil:
		l.About += "; it has a down file, and was started by hand"
	}
	if l.Omit == "" {
		l.Main = s.pid
	}
	return l
}
