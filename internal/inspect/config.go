package inspect

import (
	"slices"
	"strings"
)

// configFlags are the usual flags for a configuration file. In some programs the short ones mean
// something else: a command, a drift file, a log.
var (
	configFlags = []string{"-conf", "--conf", "-config", "--config", "--config-file", "--configfile", "--config.file", "-config.file", "--defaults-file", "--configuration", "--conffile", "--cfg"}
	shortFlags  = []string{"-c", "-f", "-C"}
)

// configArgs are the paths of configuration files on a command line: those after such a flag, and
// those in /etc that have the ending of a configuration file.
func configArgs(args []string) []string {
	var list []string
	add := func(name string, ok bool) {
		if strings.HasPrefix(name, "/") && ok && !within(name, "/var/log") {
			list = append(list, name)
		}
	}
	for i, arg := range args {
		if i == 0 {
			continue
		}
		flag, value, joined := strings.Cut(arg, "=")
		before := args[i-1]
		switch {
		case joined && slices.Contains(configFlags, flag):
			add(value, true)
		case joined && slices.Contains(shortFlags, flag):
			add(value, mayBeConfig(value))
		case i > 1 && slices.Contains(configFlags, before):
			add(arg, true)
		case i > 1 && slices.Contains(shortFlags, before):
			add(arg, mayBeConfig(arg))
		case len(arg) > 2 && slices.Contains(shortFlags, arg[:2]) && arg[2] == '/':
			add(arg[2:], mayBeConfig(arg[2:]))
		default:
			add(arg, (within(arg, "/etc") || within(arg, "/usr/local/etc")) && hasConfigEnding(arg))
		}
	}
	return list
}

// mayBeConfig reports whether a path is in a folder for configurations, or has such an ending.
func mayBeConfig(name string) bool {
	return within(name, "/etc") || within(name, "/usr/local/etc") || within(name, "/opt") || hasConfigEnding(name)
}

func hasConfigEnding(name string) bool {
	return slices.ContainsFunc([]string{".conf", ".cnf", ".cfg", ".ini", ".yaml", ".yml", ".toml", ".json"}, func(end string) bool { return strings.HasSuffix(name, end) })
}
