package rcd

import (
	"context"
	"path/filepath"
)

// program is a command of the user's that stands for a service manager. It is
// called as PATH NAME stop, start or status, and its status exits like an init
// script's: 0 running, 1 to 3 not running, 4 unknown to it.
type program struct {
	basic
	root string
	path string
}

// Program makes a manager of a command, which must be an absolute path.
func Program(path string, outputs *Outputs) *Manager {
	p := program{basic: basic{newSystem(outputs)}, path: path}
	if filepath.Base(path) == "rc-service" {
		return &Manager{openrc{p}}
	}
	return &Manager{p}
}

func (p program) Name() string { return filepath.Base(p.path) }

func (p program) Argv(verb Verb, service string) []string {
	return []string{p.path, service, string(verb)}
}

// Find: only the program itself can tell, and a healthy run starts no process;
// Obstacle asks it before anything is touched.
func (program) Find(context.Context, string) error { return nil }

func (program) state(r result) State { return lsbState(r) }

func (p program) Obstacle(ctx context.Context, service string) (*Obstacle, error) {
	const noSuchService = 4
	r, err := p.query(ctx, p.Argv(Status, service))
	if err != nil {
		return nil, err
	}
	if r.status == noSuchService {
		return nil, &NotFoundError{Service: service, Manager: p.path, Where: " (its status exits 4)"}
	}
	return nil, nil
}
