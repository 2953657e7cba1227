package rcd

import (
	"path"
	"slices"
	"strings"
)

// commander is a dialect whose services are stopped and started by scripts that anybody
// may run: such a process is the work itself, and the manager knows nothing of it.
type commander interface {
	// isScript reports whether a path is that of the service's script.
	isScript(path, service string) bool
	// isCaller reports whether a program runs the script of the service that it is given.
	isCaller(path string) bool
}

// stepOf reads the arguments of a process: the script or its caller, behind an
// interpreter or not, then the verb.
//
//	/bin/sh /etc/rc.d/nginx onestart
//	/bin/sh /usr/sbin/service nginx restart
//	/sbin/openrc-run /etc/init.d/nginx start
func stepOf(c commander, args []string, service string) (verb string, ok bool) {
	rest := args
	for range 2 {
		rest = afterOptions(rest)
		switch {
		case len(rest) >= 2 && c.isScript(rest[0], service):
			return rest[1], isStep(rest[1])
		case len(rest) >= 3 && c.isCaller(rest[0]):
			rest = afterOptions(rest[1:])
			if len(rest) >= 2 && rest[0] == service {
				return rest[1], isStep(rest[1])
			}
			return "", false
		case len(rest) < 2 || !isInterpreter(rest[0]):
			return "", false
		}
		rest = rest[1:]
	}
	return "", false
}

// afterOptions leaves out arguments that begin with a dash. The text behind -c has spaces, so it
// is never taken for the path of a script.
func afterOptions(args []string) []string {
	i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	if i < 0 {
		return nil
	}
	return args[i:]
}

// isInterpreter reports whether a program executes scripts: a shell, or OpenRC's own.
func isInterpreter(program string) bool {
	name := strings.TrimPrefix(path.Base(program), "-")
	return slices.Contains([]string{"sh", "bash", "dash", "ksh", "ksh93", "mksh", "zsh", "ash", "busybox", "openrc-run", "runscript", "perl"}, name)
}

// isStep reports whether a verb stops, starts or reloads, with the prefixes of rc.subr(8) and
// those of the LSB: onestart, faststop, try-restart, force-reload. What only asks does not count.
func isStep(verb string) bool {
	return strings.HasSuffix(verb, "start") || strings.HasSuffix(verb, "stop") || strings.HasSuffix(verb, "reload") || verb == "zap"
}

func (freebsd) isScript(p, service string) bool {
	return p == "/etc/rc.d/"+service || path.Base(p) == service && path.Base(path.Dir(p)) == "rc.d"
}

func (f freebsd) isCaller(p string) bool { return p == f.service || path.Base(p) == "service" }

func (sysv) isScript(p, service string) bool { return isInitScript(p, service) }

func (sysv) isCaller(p string) bool { return slices.Contains(sysvCallers, path.Base(p)) }

var sysvCallers = []string{"service", "invoke-rc.d", "rc-service"}

func (p program) isScript(script, service string) bool { return isInitScript(script, service) }

// isCaller: the program may be the interpreter's, so the whole path must be its own.
func (p program) isCaller(path string) bool { return path == p.path }

// isInitScript reports whether a path is /etc/init.d/NAME, or a link to it that is used when a
// runlevel is entered, /etc/rc2.d/S20NAME.
func isInitScript(p, service string) bool {
	dir, name := path.Split(p)
	switch dir {
	case "/etc/init.d/", "/etc/rc.d/init.d/":
		return name == service
	}
	link, isLink := strings.CutSuffix(name, service)
	return isLink && strings.HasPrefix(dir, "/etc/rc") && strings.HasSuffix(dir, ".d/") && len(link) == 3 && strings.Contains("SK", link[:1])
}
