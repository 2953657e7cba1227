package importer

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

var (
	asking   = words.Pattern{Text: `^(one)?(status|is-active|is-running|is-failed|check)$`}
	saysDown = words.Pattern{Text: `(?i)(inactive|dead|fail|stop|not[ .*]|down|crashed|unknown|fatal|exited)`}
)

// statusLook reads systemctl is-active X, service X status, /etc/init.d/X status, and a grep
// of their output.
func statusLook(b bare, pipe []bare) (look, bool) {
	words := slices.DeleteFunc(texts(b.words), func(w string) bool { return strings.HasPrefix(w, "-") })
	name, verb := "", ""
	switch m := initScript.Get().FindStringSubmatch(b.program()); {
	case m != nil && len(words) > 1:
		name, verb = m[2], words[1]
	case len(words) < 3:
		return look{}, false
	default:
		switch b.base() {
		case "service", "rc-service", "invoke-rc.d":
			name, verb = words[1], words[2]
		case "systemctl", "supervisorctl", "initctl", "sv", "rcctl":
			verb, name = words[1], strings.TrimSuffix(path.Base(words[2]), ".service")
		}
	}
	k := look{service: name, ifDown: verb == "is-failed"}
	for _, w := range b.words {
		k.unread = cmp.Or(k.unread, w.unread)
	}
	if !asking.Get().MatchString(verb) || !isServiceName(name) && k.unread == "" {
		return look{}, false
	}
	k.doubt = "\"" + brief(strings.Join(texts(b.words), " ")) + "\" asks a service manager, and not which program runs"
	if b.base() == "systemctl" && k.unread == "" {
		k.doubt += "; while it runs, this tells"
		k.example = "readlink /proc/$(systemctl show -p MainPID --value " + name + ")/exe"
	}
	for _, next := range pipe {
		if g, ok := grepOf(next); ok {
			k.ifDown = saysDown.Get().MatchString(g.pattern) != g.invert
		}
	}
	return k, true
}
