package importer

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
)

// pgrepLook reads pgrep -x NAME, pgrep -f PATTERN, pgrep -u USER..., pgrep(1).
func pgrepLook(words []word) look {
	options, rest, unread := optionsOf(words, "uUPgGstdFjMNrO")
	k := look{unread: unread}
	exact, full := false, false
	for _, o := range options {
		switch o.name {
		case "x", "exact":
			exact = true
		case "f", "full":
			full = true
		case "u", "U", "euid", "uid":
			k.user = o.value
		case "F", "pidfile":
			k.pidfile = o.value
		case "v", "inverse":
			k.doubt = "pgrep -v looks for all others"
		case "P", "g", "G", "s", "t", "j", "r", "parent", "group", "pgroup", "session", "terminal", "ns", "cgroup":
			k.notes = append(k.notes, strings.TrimSpace("not carried over: -"+o.name+" "+brief(o.value)))
		}
	}
	if k.pidfile != "" || k.doubt != "" {
		return k
	}
	text := strings.Join(rest, " ")
	notes := k.notes
	k.process = identify(text, extended)
	k.notes = append(k.notes, notes...)
	if k.itself = full && !strings.Contains(text, "["); full {
		k.doubtPath()
		return k
	}
	const longest = 15 // of the kernel's names, proc_pid_comm(5)
	switch {
	case k.called == "" && k.doubt == "":
		k.process = process{doubt: "\"" + brief(text) + "\" is a path, and pgrep without -f looks at names alone"}
	case exact && len(k.called) == longest:
		k.doubt = "the kernel cuts names to 15 characters, and name: is the whole one"
	case !exact && k.doubt == "":
		k.notes = append(k.notes, "without -x, pgrep finds all names that \""+brief(k.called)+"\" is a part of")
	}
	return k
}

// pidofLook reads pidof NAME, pidof /PATH, pidof(1).
func pidofLook(words []word) look {
	_, rest, unread := optionsOf(words, "oS")
	k := look{unread: unread}
	switch {
	case len(rest) == 0:
	case path.IsAbs(rest[0]):
		k.executable = rest[0]
	default:
		k.called = rest[0]
	}
	if len(rest) > 1 {
		k.doubt = "one of " + brief(strings.Join(rest, ", ")) + " was enough"
	}
	return k
}

// signalZero reads pkill -0 NAME and killall -0 NAME.
func signalZero(name string, words []word) (look, bool) {
	isZero := func(w word) bool { return w.text == "-0" }
	i := slices.IndexFunc(words, isZero)
	if i < 0 {
		return look{}, false
	}
	words = slices.Delete(slices.Clone(words), i, i+1)
	if name == "pkill" {
		return pgrepLook(words), true
	}
	return pidofLook(words), true
}

// killZero reads kill -0 $(cat PIDFILE).
func (r lookReader) killZero(words []word) (look, bool) {
	if len(words) < 2 || words[0].text != "-0" && words[0].text+words[1].text != "-s0" {
		return look{}, false
	}
	file := r.catOf(words[len(words)-1].unread)
	return look{pidfile: file}, file != ""
}

// psLook reads ps ax | grep [n]ginx, ps -C NAME, ps -p $(cat PIDFILE).
func psLook(words []word, pipe []bare) (look, bool) {
	isBSD := func(w word) bool { return strings.HasPrefix(w.text, "-aux") } // ps takes it for aux
	options, _, unread := optionsOf(slices.DeleteFunc(slices.Clone(words), isBSD), "CpqouUgGtO")
	k := look{}
	for _, o := range options {
		switch {
		case o.name == "C" && strings.Contains(o.value, ","):
			k.doubt = "one of " + brief(o.value) + " was enough"
		case o.name == "C":
			k.called = o.value
		case o.name == "p" || o.name == "q" || o.name == "pid":
			if k.pidfile = (lookReader{}).catOf(unread); k.pidfile != "" {
				unread = ""
			}
		case o.name == "u" || o.name == "U":
			k.user = o.value
		}
	}
	k.unread = unread
	named := k.called != "" || k.pidfile != "" || k.doubt != ""
	found := false
	for _, b := range pipe {
		g, ok := grepOf(b)
		switch {
		case !ok:
		case g.invert:
			found = found || strings.Contains(g.pattern, "grep")
			if !strings.Contains(g.pattern, "grep") {
				k.notes = append(k.notes, "not carried over: without what has \""+brief(g.pattern)+"\"")
			}
		case named:
			k.notes = append(k.notes, "not carried over: with \""+brief(g.pattern)+"\"")
		default:
			named = true
			notes := k.notes
			k.process = identify(g.pattern, g.grammar)
			k.doubtPath()
			k.notes = append(k.notes, notes...)
			k.unread = cmp.Or(k.unread, g.unread)
			k.itself = !strings.Contains(g.pattern, "[")
		}
	}
	k.itself = k.itself && !found
	return k, named
}

// grep is what a grep asks for.
type grep struct {
	pattern string
	grammar grammar
	invert  bool
	unread  string
}

func grepOf(b bare) (grep, bool) {
	g := grep{grammar: basic}
	switch b.base() {
	case "grep":
	case "egrep":
		g.grammar = extended
	case "fgrep":
		g.grammar = ""
	default:
		return g, false
	}
	options, rest, unread := optionsOf(b.words[1:], "emABCf")
	for _, o := range options {
		switch o.name {
		case "v", "invert-match":
			g.invert = true
		case "E", "P", "extended-regexp", "perl-regexp":
			g.grammar = extended
		case "F", "fixed-strings":
			g.grammar = ""
		case "e":
			rest = append([]string{o.value}, rest...)
		}
	}
	if g.unread = unread; len(rest) > 0 {
		g.pattern = rest[0]
	}
	if g.grammar == "" {
		g.pattern, g.grammar = regexp.QuoteMeta(g.pattern), extended
	}
	return g, true
}
