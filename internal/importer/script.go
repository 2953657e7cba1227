package importer

import (
	"fmt"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// own is the name of our program; the last version of the script had the same.
const own = "daemon-keeper"

// refusal says why a line cannot be read.
type refusal struct{ what, hint string }

func refuse(hint, format string, args ...any) *refusal {
	return &refusal{fmt.Sprintf(format, args...), hint}
}

// kept is a daemon of a line of the script.
type kept struct {
	process
	services []string
	options
}

// readScript reads the arguments of the script, in both of its dialects:
//
//	-e PATH -s NAME...    restart the services when this program does not run
//	-d NAME -e NAME...    the later one: -d is the daemon, and -e are the services
//
// daemon-keeper itself speaks the first.
func readScript(words []word) (kept, *refusal) {
	o := readOptions(words)
	k := kept{options: o}
	if o.unread != "" {
		return k, refuse("write what it stands for, or the daemon into the configuration by hand", "only a shell can tell what %s is", brief(o.unread))
	}
	daemons, services, daemonFlag, serviceFlag := o.executables, o.services, "-e", "-s"
	if len(o.daemons) > 0 {
		if len(o.services) > 0 {
			return k, refuse("write it as -e PATH -s NAME", "-d and -s are of two dialects")
		}
		daemons, services, daemonFlag, serviceFlag = o.daemons, o.executables, "-d", "-e"
	}
	daemon, wrong := oneDaemon(daemonFlag, daemons)
	if wrong != nil {
		return k, wrong
	}
	if k.services, wrong = serviceNames(serviceFlag, services); wrong != nil {
		return k, wrong
	}
	k.process = identify(daemon, basic)
	if daemonFlag == "-e" && (k.executable == "" || k.doubt != "") {
		return k, refuse("write the full path of the program; 'command -v NAME' finds it", "\"%s\" behind -e is not an absolute path", brief(daemon))
	}
	return k, nil
}

func oneDaemon(flag string, given []string) (string, *refusal) {
	given = slices.Compact(slices.Clone(given))
	switch {
	case len(given) == 0:
		return "", refuse("name the daemon's program: -e /usr/local/sbin/clamd", "%s is missing", flag)
	case len(given) > 1:
		return "", refuse("write a line for each daemon", "%s names %d daemons", flag, len(given))
	case strings.TrimSpace(given[0]) == "":
		return "", refuse("name the daemon's program: -e /usr/local/sbin/clamd", "%s names nothing", flag)
	case !usable(given[0]):
		return "", refuse("write the daemon into the configuration by hand", "what %s names is too long, or no text", flag)
	}
	return given[0], nil
}

// mostServices limits the services of an entry.
const mostServices = 50

// addServices adds the names that a list does not have yet, up to the limit.
func addServices(list, names []string) []string {
	for _, name := range names {
		if !slices.Contains(list, name) && len(list) < mostServices {
			list = append(list, name)
		}
	}
	return list
}

// serviceNames splits lists: some wrote -s "one two", some -s one,two.
func serviceNames(flag string, given []string) ([]string, *refusal) {
	var names []string
	for _, text := range given {
		for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
			service, ok := bareService(name)
			if !ok {
				return nil, refuse("give the name as service(8) takes it", "\"%s\" behind %s is not the name of a service", brief(name), flag)
			}
			if !slices.Contains(names, service) {
				names = append(names, service)
			}
		}
	}
	switch {
	case len(names) == 0:
		return nil, refuse("name the service that starts the daemon: -s clamav-clamd", "%s names no service", flag)
	case len(names) > mostServices:
		return nil, refuse("write the daemon into the configuration by hand", "%s names more than %d services", flag, mostServices)
	}
	return names, nil
}

var (
	// Typical names of such scripts.
	scriptName = words.Pattern{Text: `(?i)(daemon|keep|alive|watchdog|revive|respawn|restart)`}

	// Programs whose -d, -e and -s mean something else.
	otherName = words.Pattern{Text: `^(z|e|f)?grep$|^(sed|awk|curl|wget|mail|mailx|mutt|rsync|find|test|\[|useradd|usermod|date|ps|pgrep|pkill|logger|psql|mysql|docker|ssh|tar)$`}

	// One of the script's flags, in a line that cannot be read.
	scriptFlag = words.Pattern{Text: `[ \t]-[des]([ \t]|$)`}
)

// isScript reports whether a command is the script, whatever its name: all its arguments are
// those of the script. Many programs have -d and -e, so with -d it must also have a typical
// name or run often.
func (k kept) isScript(j job, name string) bool {
	return !otherName.Get().MatchString(name) && len(k.unknown) == 0 && len(k.words()) == 0 &&
		(len(k.daemons) == 0 || scriptName.Get().MatchString(name) || j.isOften())
}

// words returns the remaining arguments.
func (k kept) words() []string {
	if len(k.positional) > 0 && k.positional[0] == "run" {
		return k.positional[1:]
	}
	return k.positional
}

// brief shortens a text to fit into a line.
func brief(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return text
}
