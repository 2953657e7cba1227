package rcd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeRunner answers from a table and starts nothing. A command that the table
// does not have fails the test.
type fakeRunner struct {
	t        *testing.T
	answers  map[string]result // by command line
	queryErr error
	stepErr  error
	queries  []string // what was asked, in order
	steps    []string
}

func (f *fakeRunner) query(_ context.Context, argv []string) (result, error) {
	f.t.Helper()
	line := strings.Join(argv, " ")
	f.queries = append(f.queries, line)
	if f.queryErr != nil {
		return result{}, f.queryErr
	}
	r, ok := f.answers[line]
	if !ok {
		f.t.Errorf("asked %q, which nobody should ask here", line)
	}
	return r, nil
}

func (f *fakeRunner) step(_ context.Context, verb Verb, service string, argv []string, _ With) error {
	f.steps = append(f.steps, fmt.Sprintf("%s %s: %s", verb, service, strings.Join(argv, " ")))
	return f.stepErr
}

// on is a manager whose commands a runner carries out.
func on(d dialect, run runner) *Manager {
	by := basic{run}
	switch d := d.(type) {
	case systemd:
		d.basic = by
		return &Manager{d}
	case freebsd:
		d.basic = by
		return &Manager{d}
	case sysv:
		d.basic = by
		return &Manager{d}
	case openrc:
		d.basic = by
		return &Manager{d}
	case program:
		d.basic = by
		return &Manager{d}
	case supervisors:
		d.basic = by
		return &Manager{d}
	case supervisord:
		d.basic = by
		return &Manager{d}
	}
	panic("no such manager")
}

// recorded reads an answer from testdata/rcd.
func recorded(t testing.TB, name string) result {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "rcd", filepath.FromSlash(name)+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	first, output, _ := strings.Cut(string(data), "\n")
	r := result{output: output}
	if _, err := fmt.Sscanf(first, "exit %d", &r.status); err != nil {
		t.Fatalf("%s: first line %q is not an exit status: %v", name, first, err)
	}
	return r
}

// tree makes a machine's files below a new folder: a name that ends in / is a
// folder, one that ends in * an executable file, any other a plain file.
func tree(t *testing.T, names ...string) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, name := range names {
		path, mode := filepath.Join(root, strings.TrimRight(name, "*/")), os.FileMode(0o644)
		if strings.HasSuffix(name, "*") {
			mode = 0o755
		}
		dir := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			dir = path
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if dir == path {
			continue
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
