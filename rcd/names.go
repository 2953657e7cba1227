package rcd

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// namer is a dialect whose manager can name all services that it could start.
type namer interface {
	names(ctx context.Context, run runner) ([]string, error)
}

// Names are those of all services that can be started, whether or not they run, sorted.
// It starts at most one process, which changes nothing.
func (m *Manager) Names(ctx context.Context) ([]string, error) {
	d, ok := m.dialect.(namer)
	if !ok {
		return nil, &NoListError{m.Name()}
	}
	list, err := d.names(ctx, m.run)
	list = slices.DeleteFunc(list, func(name string) bool { return words.CheckName(name) != nil })
	slices.Sort(list)
	return slices.Compact(list), err
}

// unitFolders are where systemd finds units, systemd.unit(5).
var unitFolders = [...]string{
	"/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator", "/run/systemd/generator.late",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
}

// names are those of the files of units, which need no process, and of the loaded
// units, where instances of templates are, too. Half an answer is better than none.
func (s systemd) names(ctx context.Context, run runner) ([]string, error) {
	var list []string
	for _, folder := range unitFolders {
		entries, err := os.ReadDir(s.root + folder)
		if err != nil { // not each of them is there
			continue
		}
		for _, e := range entries {
			list = append(list, startable(e.Name()+" file")...)
		}
	}
	units, err := printed(ctx, run, s.systemctl, "list-units", "--type=service", "--all", "--plain", "--full", "--no-legend", "--no-pager")
	list = append(list, startable(units)...)
	if len(list) > 0 {
		return list, nil
	}
	return nil, err
}

// startable reads the names of services from what list-units prints: a unit, and what
// its file is. Templates cannot be started, nor units of which there is no file.
func startable(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 || f[1] == "not-found" {
			continue
		}
		if name, ok := strings.CutSuffix(f[0], ".service"); ok && !strings.HasSuffix(name, "@") {
			list = append(list, name)
		}
	}
	return list
}

func (f freebsd) names(ctx context.Context, run runner) ([]string, error) {
	text, err := printed(ctx, run, f.service, "-l")
	return strings.Fields(text), err
}

func (s sysv) names(context.Context, runner) ([]string, error) {
	entries, err := os.ReadDir(s.root + "/etc/init.d")
	var list []string
	for _, e := range entries {
		if !e.IsDir() && e.Name() != "README" {
			list = append(list, e.Name())
		}
	}
	return list, err
}

// printed is what a command prints that asks for names.
func printed(ctx context.Context, run runner, argv ...string) (string, error) {
	r, err := run.query(ctx, argv)
	if err == nil && r.status != 0 {
		err = fmt.Errorf("cannot list the services: %s", r.failure(argv))
	}
	if err != nil {
		return "", err
	}
	return r.output, nil
}
