package rcd

import (
	"path"
	"slices"
	"strings"
)

// CarriesOut reports whether a process with these arguments carries out the verb for
// the service, by this command: the child of a run that is about to start it, the
// command itself, perhaps behind the interpreter of its #! line, or what service(8)
// makes of it: env(1), an init or rc.d script, systemctl(1).
func (m *Manager) CarriesOut(args []string, verb Verb, service string) bool {
	if o, ok := m.dialect.(*own); ok {
		return o.carriesOut(args, verb, service)
	}
	return CarriesOut(args, verb, service, m.Argv(verb, service))
}

// CarriesOut is Manager.CarriesOut for a command that is known.
func CarriesOut(args []string, verb Verb, service string, argv []string) bool {
	if child, ok := parseChildArgs(args); ok {
		return child.verb == verb && child.service == service
	}
	name, _ := plainName(service)
	for _, dir := range []string{"/etc/init.d/", "/etc/rc.d/", "/usr/local/etc/rc.d/"} {
		for _, v := range []string{"", "one", "force", "fast", "quiet"} { // rc.subr(8)
			if endsIn(args, []string{dir + name, v + string(verb)}) {
				return true
			}
		}
	}
	if endsIn(args, argv) {
		return true
	}
	return len(args) > 2 && path.Base(args[0]) == "systemctl" &&
		slices.Contains(args[1:], string(verb)) && (slices.Contains(args[1:], name) || slices.Contains(args[1:], unitName(service)))
}

// IsChildFor reports whether these are the arguments of a child of ours that waits for
// a command of the service.
func IsChildFor(args []string, service string) bool {
	child, ok := parseChildArgs(args)
	return ok && child.service == service
}

// endsIn reports whether the arguments are those of a command: alone, behind an
// interpreter with at most one option, execve(2), or behind env(1) and what it sets.
func endsIn(args, command []string) bool {
	before := len(args) - len(command)
	if before < 0 || len(command) == 0 || !slices.Equal(args[before:], command) {
		return false
	}
	return before <= 2 || path.Base(args[0]) == "env" && !slices.ContainsFunc(args[1:before], func(arg string) bool {
		return !strings.Contains(arg, "=") && !strings.HasPrefix(arg, "-")
	})
}
