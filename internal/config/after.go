package config

import "daemon-keeper/internal/words"

// checkAfter looks at the references among daemons, over all files.
func (l *loader) checkAfter() {
	names, isDaemon, complete := l.defined()
	for _, p := range l.parts {
		for _, e := range p.entries {
			p.checkReferences(e, names, isDaemon, complete)
		}
	}
	for l.checkCycles() { // what is refused for one cycle may break another
	}
}

// defined collects the names of daemons, those of refused files too, and whether
// a name is one. While there is a file whose names are unknown, any may be in it.
func (l *loader) defined() (names []string, isDaemon map[string]bool, complete bool) {
	isDaemon, complete = make(map[string]bool), !l.part
	for _, p := range l.parts {
		complete = complete && p.known
		for _, e := range p.entries {
			if e.daemon != nil {
				names = append(names, e.name)
			}
			isDaemon[e.name] = isDaemon[e.name] || e.daemon != nil
		}
	}
	return names, isDaemon, complete
}

func (p *part) checkReferences(e entry, names []string, isDaemon map[string]bool, complete bool) {
	if e.daemon == nil {
		return
	}
	for i, name := range e.daemon.After {
		daemon, defined := isDaemon[name]
		switch n := e.after.items[i]; {
		case name == "": // a mistake that has been told
		case name == e.name:
			p.tell(n, "leave it out", "daemon %s cannot come after itself", short(e.name))
		case defined && !daemon:
			p.tell(n, "name a daemon: rules are never restarted", "daemon %s cannot come after rule %s", short(e.name), quote(name))
		case !defined && complete:
			p.tell(n, p.hintFor(name, names), "cannot find daemon %s, after which daemon %s comes", quote(name), short(e.name))
		}
	}
}

// hintFor compares names, which takes its time: not for a thousand mistakes, nor
// with thousands of names.
func (p *part) hintFor(name string, names []string) string {
	if len(p.mistakes) < 100 && len(names) < maxEntries/10 {
		if near := words.Nearest(name, names); near != "" {
			return "did you mean " + quote(near) + "?"
		}
	}
	return "define it below daemons, or leave it out"
}
