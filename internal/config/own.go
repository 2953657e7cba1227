package config

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// ownDaemon checks the keys of a daemon that no service manager knows. Unless other keys say
// so, such a daemon is recognised by the program that is started and by the user that it is
// started as.
func (d *decoder) ownDaemon(daemon *Daemon, name *node, where string, set keys) {
	for i, service := range daemon.Services {
		if strings.HasPrefix(service, "own:") {
			d.tell(set["services"].Content[i], "leave it out: a daemon with start has its service by itself", "services of %s cannot have %s", where, quote(service))
		}
	}
	start := set["start"]
	if start == nil {
		return
	}
	if set["executable"] == nil && set["name"] == nil {
		defer func() { set["executable"] = start }()
	}
	if set["services"] != nil {
		d.tell(set["services"], "write start for a daemon that no service manager knows, and services for others", "%s has both start and services", where)
	}
	if strings.Contains(daemon.Name, "+") {
		d.tell(name, "give it another name", "%s has start, and so no + in its name", where)
	}
	d.programOf(start, "start", where)
	d.programOf(set["stop"], "stop", where)
	d.variables(daemon, set["environment"], where)
	if daemon.As != "" && set["user"] == nil && set["not_user"] == nil {
		user, _, _ := strings.Cut(daemon.As, ":")
		if id, p := d.users.read(user); p == nil {
			daemon.User = id
		}
	}
	if len(daemon.Start) == 0 || set["executable"] != nil || set["name"] != nil {
		return
	}
	if program := path.Base(daemon.Start[0]); isShared(program) && set["args"] == nil && len(start.Content) > 0 {
		d.tell(start.Content[0], "write executable: with the path of the script that it runs, or args: with what only its arguments have", "%s would be taken for up by any other %s", where, program)
	}
	if _, p := readProgram(daemon.Start[0]); p == nil {
		daemon.Executable = daemon.Start[0]
	}
}

// programOf adds a mistake if a command does not begin with a path.
func (d *decoder) programOf(n *node, key, where string) {
	if n == nil || shapeOf(n) != list || len(n.Content) == 0 || shapeOf(n.Content[0]) != scalar {
		return
	}
	if first := n.Content[0]; !strings.HasPrefix(first.Value, "/") {
		d.tell(first, "write its full path; for a shell's words write [/bin/sh, -c, 'WORDS']", "%s of %s must begin with the path of a program", key, where)
	}
}

// variables adds a mistake if a variable is set twice.
func (d *decoder) variables(daemon *Daemon, n *node, where string) {
	seen := make(map[string]bool)
	for i, text := range daemon.Environment {
		name, _, _ := strings.Cut(text, "=")
		if seen[name] && name != "" && shapeOf(n) == list && i < len(n.Content) {
			d.tell(n.Content[i], "leave one of the two out", "environment of %s has %s twice", where, quote(name))
		}
		seen[name] = true
	}
}

// isShared reports whether a program is an interpreter or a shell: many daemons run the same
// one, so it does not identify any.
func isShared(program string) bool {
	return slices.ContainsFunc([]string{"sh", "bash", "dash", "ksh", "zsh", "java", "node", "nodejs", "python", "perl", "ruby", "php", "mono", "dotnet", "lua", "tclsh", "env", "busybox"}, func(shared string) bool {
		version, ok := strings.CutPrefix(program, shared)
		return ok && strings.Trim(version, "0123456789.") == ""
	})
}

const accountPattern = `^[A-Za-z0-9_][A-Za-z0-9_.@$\\-]*(:[A-Za-z0-9_][A-Za-z0-9_.@$\\-]*)?$`

const variablePattern = `^[A-Za-z_][A-Za-z0-9_]*=`

func readVariable(text string) (string, *problem) {
	switch {
	case !regexp.MustCompile(variablePattern).MatchString(text):
		return "", wrong("write NAME=VALUE, such as LANG=C.UTF-8", "it sets no variable")
	case strings.Contains(text, "\x00"):
		return "", wrong("leave it out", "a variable has no zero bytes")
	}
	return text, nil
}
