package importer

import (
	"path"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// call is a command that asks a service manager to start or stop services.
type call struct {
	services []string
	stops    bool
	about    string // a note about that manager; "" if it is supported
	doubt    string // why it may not be the meant service; "" if it is
}

var (
	starting = words.Pattern{Text: `^(one|quiet|fast|force|onequiet)?(start|restart|condrestart|try-restart|reload-or-restart|force-reload)$|^(up|once)$`}
	stopping = words.Pattern{Text: `^(one|quiet|fast|force|onequiet)?stop$|^(down|shutdown|exit)$`}

	// The folders of init scripts; the name of the service follows.
	initScript = words.Pattern{Text: `^(/etc/init\.d|/etc/rc\.d/init\.d|/etc/rc\.d|/usr/local/etc/rc\.d|/usr/local/etc/init\.d|/usr/pkg/etc/rc\.d)/([^/]+)$`}
)

// serviceCall reads the words of a command; false if it does not call a service manager.
func serviceCall(words []string) (call, bool) {
	if len(words) == 0 {
		return call{}, false
	}
	c, ok := plainCall(words)
	if option := elsewhere(words); ok && option != "" {
		c.doubt = "\"" + brief(strings.Join(words, " ")) + "\" asks another manager than the machine's, by " + option
	}
	return c, ok
}

// elsewhere returns the option with which systemctl asks a user's systemd, another machine or
// a container; "" if there is none.
func elsewhere(words []string) string {
	if !slices.Contains([]string{"systemctl", "initctl", "service"}, path.Base(words[0])) {
		return ""
	}
	for _, w := range words[1:] {
		name, _, _ := strings.Cut(w, "=")
		if slices.Contains([]string{"--user", "-H", "--host", "-M", "--machine", "--root", "--global", "--session", "-j"}, name) {
			return name
		}
	}
	return ""
}

func plainCall(words []string) (call, bool) {
	if m := initScript.Get().FindStringSubmatch(words[0]); m != nil {
		return verbLast(m[2:], words[1:])
	}
	rest := withoutOptions(words[1:])
	switch path.Base(words[0]) {
	case "service", "invoke-rc.d", "rc-service":
		if len(rest) == 0 {
			return call{}, false
		}
		return verbLast(rest[:1], rest[1:])
	case "systemctl", "supervisorctl", "initctl":
		return verbFirst(path.Base(words[0]), rest)
	case "start", "stop", "restart":
		if len(rest) != 1 {
			return call{}, false
		}
		return verbFirst("initctl", []string{path.Base(words[0]), rest[0]})
	case "sv":
		return verbFirst("sv", rest)
	case "svc", "s6-svc":
		return supervised(path.Base(words[0]), words[1:])
	}
	return call{}, false
}

// withoutOptions removes the options of service(8) and systemctl(1), some of which have a
// value.
func withoutOptions(words []string) []string {
	valued := []string{"-H", "--host", "-M", "--machine", "-t", "--type", "-p", "-n", "-o", "--root", "-j"}
	var rest []string
	for i, w := range words {
		if !strings.HasPrefix(w, "-") && (i == 0 || !slices.Contains(valued, words[i-1])) {
			rest = append(rest, w)
		}
	}
	return rest
}

// verbLast reads what follows NAME: start, and perhaps a part of the service.
func verbLast(names, rest []string) (call, bool) {
	if len(rest) == 0 {
		return call{}, false
	}
	c, ok := asked(rest[0], names, "")
	isWord := func(w string) bool { return !strings.HasPrefix(w, "-") }
	if i := slices.IndexFunc(rest[1:], isWord); ok && i >= 0 {
		c.doubt = "its script was asked for \"" + brief(strings.Join(rest, " ")) + "\", one of several, and a service is all of it: give that one a unit of its own, or see that a restart of all is right"
	}
	return c, ok
}

// verbFirst reads start NAME...
func verbFirst(manager string, rest []string) (call, bool) {
	if len(rest) < 2 {
		return call{}, false
	}
	names, about := make([]string, len(rest)-1), ""
	for i, n := range rest[1:] {
		switch manager {
		case "sv":
			names[i] = inFolder("runit", n)
		case "supervisorctl":
			if n == "all" {
				return call{}, false
			}
			names[i] = "supervisor:" + n
		default:
			names[i] = strings.TrimSuffix(path.Base(n), ".service")
		}
	}
	if manager == "initctl" {
		about = "it was Upstart's job: is there a service of that name today?"
	}
	return asked(rest[0], names, about)
}

// inFolder returns a service of a supervisor, which is a folder, with the prefix of its
// manager.
func inFolder(prefix, folder string) string {
	if !strings.HasPrefix(folder, "/") {
		return prefix + ":" + path.Base(folder)
	}
	return prefix + ":" + path.Clean(folder)
}

// supervised reads svc -u /service/NAME, of daemontools and s6.
func supervised(tool string, rest []string) (call, bool) {
	prefix := strings.TrimSuffix(tool, "-svc") // s6-svc
	verb, names := "", []string(nil)
	for _, w := range rest {
		switch {
		case strings.HasPrefix(w, "-"):
			verb = w
		default:
			names = append(names, inFolder(prefix, w))
		}
	}
	switch {
	case strings.ContainsAny(verb, "ut"):
		return asked("up", names, "")
	case strings.ContainsAny(verb, "dx"):
		return asked("down", names, "")
	}
	return call{}, false
}

func asked(verb string, names []string, about string) (call, bool) {
	for _, n := range names {
		if words.CheckService(n) != nil {
			return call{}, false
		}
	}
	switch {
	case len(names) == 0:
	case starting.Get().MatchString(verb):
		return call{services: names, about: about}, true
	case stopping.Get().MatchString(verb):
		return call{services: names, stops: true, about: about}, true
	}
	return call{}, false
}

// bareService returns the name of a service that is given by name or by its script.
func bareService(text string) (string, bool) {
	if m := initScript.Get().FindStringSubmatch(text); m != nil {
		text = m[2]
	}
	text = strings.TrimSuffix(text, ".service")
	return text, isServiceName(text)
}

func isServiceName(text string) bool { return words.CheckName(text) == nil }
