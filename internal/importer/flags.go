package importer

import (
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// ownFlag is a flag of daemon-keeper itself.
type ownFlag struct {
	letter string
	key    string // the key of an entry that replaces it; "" if it stays on the crontab's line
	valued bool
}

// ownFlags are the flags of the command run; a test compares them with its help.
var ownFlags = map[string]ownFlag{
	"executable": {"e", "", true}, "service": {"s", "", true},
	"user": {"u", "user", true}, "recheck": {"", "recheck", true}, "stop-timeout": {"", "stop_timeout", true},
	"start-timeout": {"", "start_timeout", true}, "verify": {"", "verify", true}, "settle": {"", "settle", true},
	"boot-grace": {"", "boot_grace", true}, "boot-limit": {"", "boot_limit", true}, "work-limit": {"", "work_limit", true}, "backoff": {"", "backoff", true}, "acceptable": {"", "acceptable", true},
	"leftovers": {"", "leftovers", true}, "ignore-intent": {"", "respect", false},
	"config": {"c", "", true}, "at-once": {"", "", true}, "dry-run": {"n", "", false}, "output": {"o", "", true},
	"prometheus": {"", "", true}, "html": {"", "", true}, "quiet": {"q", "", false}, "verbose": {"v", "", false}, "service-command": {"", "", true},
	"run-dir": {"", "", true}, "state-dir": {"", "", true}, "facility": {"", "", true}, "tag": {"", "", true},
	"no-syslog": {"", "", false}, "version": {"", "", false}, "color": {"", "", true}, "help": {"h", "", false},
}

func flagOfLetter(letter string) string {
	for name, f := range ownFlags {
		if f.letter == letter && letter != "" {
			return name
		}
	}
	return ""
}

// options are the arguments of the script or of daemon-keeper itself.
type options struct {
	daemons     []string // values of -d
	executables []string // values of -e
	services    []string // values of -s
	own         []setting
	unknown     []string // flags that neither of them has
	positional  []string
	unread      string // text that only the shell could expand
}

// setting is a flag of daemon-keeper with its value.
type setting struct {
	flag, value string
	written     string // as written, without the value
}

// mentioned reports whether any of the script's flags is given.
func (o options) mentioned() bool {
	return len(o.daemons)+len(o.executables)+len(o.services) > 0
}

// readOptions reads -e PATH -s NAME NAME -s NAME, -sNAME, --service=NAME, and the other flags
// of daemon-keeper. A word that is not a flag belongs to the -d, -e or -s before it.
func readOptions(words []word) options {
	o := &options{}
	into := &o.positional
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w.unread != "" && o.unread == "" {
			o.unread = w.unread
		}
		if len(w.text) < 2 || w.text[0] != '-' || w.quoted && strings.ContainsAny(w.text, " \t") {
			*into = append(*into, w.text)
			continue
		}
		name, value, attached := splitFlag(w.text)
		if list := o.list(name); list != nil {
			into = list
			if attached {
				*into = append(*into, value)
			} else if i+1 == len(words) || strings.HasPrefix(words[i+1].text, "-") {
				*into = append(*into, "")
			}
			continue
		}
		into = &o.positional
		f, known := ownFlags[name]
		switch {
		case !known:
			o.unknown = append(o.unknown, w.text)
		case f.valued && !attached && i+1 < len(words):
			i++
			o.own = append(o.own, setting{name, words[i].text, w.text})
		default:
			o.own = append(o.own, setting{name, value, w.text})
		}
	}
	return *o
}

// list returns where the values of a flag of the script are collected.
func (o *options) list(name string) *[]string {
	switch name {
	case "daemon":
		return &o.daemons
	case "executable":
		return &o.executables
	case "service":
		return &o.services
	}
	return nil
}

// splitFlag reads --name, --name=value, -x and -xvalue.
func splitFlag(text string) (name, value string, attached bool) {
	if long, ok := strings.CutPrefix(text, "--"); ok {
		return strings.Cut(long, "=")
	}
	name = flagOfLetter(text[1:2])
	if text[1] == 'd' {
		name = "daemon"
	}
	if name == "" {
		return text, "", false
	}
	value = text[2:]
	if valued := name == "daemon" || ownFlags[name].valued; !valued && value != "" {
		return text, "", false // a bundle, such as -nv
	}
	return name, value, value != ""
}

// mostTime is the longest time that the configuration accepts.
const mostTime = 24 * time.Hour

// isTime reports whether the configuration accepts a text as the time of a key.
func isTime(key, text string) bool {
	t, err := words.ParseDuration(text)
	least := time.Duration(0)
	if strings.HasSuffix(key, "_timeout") {
		least = time.Millisecond
	}
	return err == nil && !strings.HasPrefix(text, "-") && t >= least && t <= mostTime
}
