package rcd

import (
	"context"
	"strings"
)

// sysv is a machine of System V init scripts, through service(8) where it is
// installed: that gives the script a clean environment and / as directory.
type sysv struct {
	basic
	root    string
	service string // "" if there is none
}

func (sysv) Name() string { return "System V init" }

func (s sysv) Argv(verb Verb, service string) []string {
	if s.service == "" {
		return []string{"/etc/init.d/" + service, string(verb)}
	}
	return []string{s.service, service, string(verb)}
}

func (s sysv) Find(_ context.Context, service string) error {
	return findScript(s, service, "ls /etc/init.d")
}

// findScript fails with a NotFoundError if there is no such script; list is the command that
// lists the names.
func findScript(d scripted, service, list string) error {
	if d.script(service) != "" {
		return nil
	}
	return &NotFoundError{Service: service, Manager: d.Name(), List: list, Where: " (no executable script /etc/init.d/" + service + ")"}
}

func (sysv) state(r result) State { return lsbState(r) }

// lsbState reads the exit status of an init script's status command, Linux
// Standard Base 5.0, 22.2: 1 is dead with a pidfile, 2 dead with a lock. service(8)
// and rc-service(8) exit 1 for a name that they do not know, and so may a script
// that has no such command.
func lsbState(r result) State {
	text := strings.ToLower(r.output)
	switch {
	case r.status == 0:
		return Running
	case r.status > 3, strings.Contains(text, "usage"), strings.Contains(text, "unrecognized service"), strings.Contains(text, "does not exist"):
		return Unknown
	}
	return Stopped
}
