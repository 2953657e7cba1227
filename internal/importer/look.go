package importer

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/words"
)

// look is a command of a crontab that tells whether a daemon is up: pgrep, pidof, ps and
// grep, kill -0, a test of what these print, or what a service manager says.
type look struct {
	process
	user    string
	pidfile string
	service string // that its manager was asked for
	command string // as it is written
	ifDown  bool   // it succeeds when the daemon is down
	itself  bool   // it also finds the shell that runs the line, or its own grep
	unread  string // what only the shell could tell
}

// lookReader reads looks. What stands in $(...) is read as a line of its own.
type lookReader struct {
	vars  map[string]string
	depth int
}

// written is a pipeline as text, for people.
func written(l *list) string {
	var commands []string
	for _, b := range l.run {
		var words []string
		for _, w := range b.words {
			words = append(words, w.text+w.unread)
		}
		commands = append(commands, strings.Join(words, " "))
	}
	return brief(strings.Join(commands, " | "))
}

// pipeline reads a look; false if it is none that is known.
func (r lookReader) pipeline(l *list) (look, bool) {
	k, ok := r.first(l.run)
	if !ok {
		return look{}, false
	}
	k.command = written(l)
	if k.user != "" && !isUser(k.user) {
		k.notes = append(k.notes, "of several users, or of one with a strange name: "+brief(k.user))
		k.user = ""
	}
	k.complete()
	return k, true
}

func (r lookReader) first(run []bare) (look, bool) {
	b := run[0]
	args := b.words[1:]
	switch b.base() {
	case "pgrep":
		return pgrepLook(args), true
	case "pidof":
		return pidofLook(args), true
	case "ps":
		return psLook(args, run[1:])
	case "pkill", "killall":
		return signalZero(b.base(), args)
	case "kill":
		return r.killZero(args)
	case "[", "test", "[[":
		if len(run) == 1 {
			return r.test(args)
		}
		return look{}, false
	}
	return statusLook(b, run[1:])
}

// complete says what a person must do about what was looked for.
func (k *look) complete() {
	p := &k.process
	switch {
	case k.pidfile != "" || k.service != "":
	case p.executable != "" && !usable(p.executable) || p.called != "" && !usable(p.called) || p.args != "" && !usable(p.args):
		*p = process{doubt: "what was looked for is too long, or no text"}
	case p.called != "" && p.doubt == "" && runsOthers(p.called):
		p.doubt = "\"" + p.called + "\" runs other programs, too: args: or user: must tell this one from them"
	case p.executable == "" && p.called == "" && p.doubt == "":
		p.doubt = "it names no program"
	}
}

// option is a flag of a command with its value.
type option struct {
	name, value string
}

// optionsOf reads the options of a command whose letters may be bundled, as far as that is
// needed: valued are the letters that take a value. unread is what only a shell could tell.
func optionsOf(words []word, valued string) (options []option, rest []string, unread string) {
	for i := 0; i < len(words); i++ {
		text := words[i].text
		unread = cmp.Or(unread, words[i].unread)
		switch {
		case text == "--":
			for _, w := range words[i+1:] {
				rest, unread = append(rest, w.text), cmp.Or(unread, w.unread)
			}
			return options, rest, unread
		case strings.HasPrefix(text, "--"):
			name, value, _ := strings.Cut(text[2:], "=")
			options = append(options, option{name, value})
		case len(text) > 1 && text[0] == '-':
			for j := 1; j < len(text); j++ {
				o := option{name: text[j : j+1]}
				if strings.IndexByte(valued, text[j]) >= 0 {
					if o.value = text[j+1:]; o.value == "" && i+1 < len(words) {
						i++
						o.value, unread = words[i].text, cmp.Or(unread, words[i].unread)
					}
					j = len(text)
				}
				options = append(options, o)
			}
		default:
			rest = append(rest, text)
		}
	}
	return options, rest, unread
}

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

// catOf is the file of $(cat FILE) and $(<FILE); "" if it is something else.
func (r lookReader) catOf(unread string) string {
	inner := inside(unread)
	if file, ok := strings.CutPrefix(inner, "<"); ok {
		inner = "cat " + file
	}
	commands, err := shellCommands(inner, r.vars)
	if err != nil || len(commands) == 0 || len(commands[0]) != 2 || path.Base(commands[0][0].text) != "cat" || commands[0][1].unread != "" {
		return ""
	}
	return commands[0][1].text
}

// inside is what stands within $(...) and `...`; "" if it is neither.
func inside(unread string) string {
	if text, ok := strings.CutPrefix(unread, "$("); ok {
		return strings.TrimSpace(strings.TrimSuffix(text, ")"))
	}
	if text, ok := strings.CutPrefix(unread, "`"); ok {
		return strings.TrimSpace(strings.TrimSuffix(text, "`"))
	}
	return ""
}

// psLook reads ps ax | grep [n]ginx, ps -C NAME, ps -p $(cat PIDFILE).
func psLook(words []word, pipe []bare) (look, bool) {
	isBSD := func(w word) bool { return strings.HasPrefix(w.text, "-aux") } // which ps takes for aux
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

var (
	asking   = words.Pattern{Text: `^(one)?(status|is-active|is-running|is-failed|check)$`}
	saysDown = words.Pattern{Text: `(?i)(inactive|dead|fail|stop|not[ .*]|down|crashed|unknown|fatal|exited)`}
)

// statusLook reads systemctl is-active X, service X status, /etc/init.d/X status, and what
// is looked for in what they print.
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
	if !asking.Get().MatchString(verb) || !serviceName.Get().MatchString(name) && k.unread == "" {
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

// test reads [ -z "$(pidof x)" ], [ $(pgrep -c x) -eq 0 ], [ -d /proc/$(cat PIDFILE) ] and
// [ -e PIDFILE ], and their opposites.
func (r lookReader) test(words []word) (look, bool) {
	words = slices.DeleteFunc(slices.Clone(words), func(w word) bool { return w.text == "]" || w.text == "]]" })
	turned := false
	for len(words) > 0 && words[0].text == "!" {
		words, turned = words[1:], !turned
	}
	k, ok := look{}, false
	switch len(words) {
	case 1:
		k, ok = r.within(words[0])
	case 2:
		k, ok = r.unary(words[0].text, words[1])
	case 3:
		k, ok = r.compared(words[0], words[1].text, words[2])
	}
	k.ifDown = k.ifDown != turned
	return k, ok
}

// within reads a look whose output is looked at: some while the daemon is up.
func (r lookReader) within(w word) (look, bool) {
	inner := inside(w.unread)
	if inner == "" || r.depth == 0 {
		return look{}, false
	}
	l, err := readList(inner, r.vars)
	if err != nil {
		return look{}, false
	}
	runs := l.runs()
	if len(runs) == 0 || len(runs) > 2 { // of two, the second is such as "|| true"
		return look{}, false
	}
	return lookReader{r.vars, r.depth - 1}.pipeline(runs[0])
}

func (r lookReader) unary(operator string, w word) (look, bool) {
	switch operator {
	case "-n", "-z":
		k, ok := r.within(w)
		k.ifDown = k.ifDown != (operator == "-z")
		return k, ok
	case "-d", "-e", "-f", "-s", "-r":
		file := w.text
		if w.unread != "" {
			if file = ""; strings.HasPrefix(w.text, "/proc/") {
				file = r.catOf(w.unread)
			}
		} else if !strings.HasSuffix(file, ".pid") {
			file = ""
		}
		return look{pidfile: file}, file != ""
	}
	return look{}, false
}

// compared reads $(...) OPERATOR VALUE, in either order.
func (r lookReader) compared(left word, operator string, right word) (look, bool) {
	k, ok := r.within(left)
	value := right
	if !ok {
		if k, ok = r.within(right); !ok {
			return k, false
		}
		value = left
		operator = strings.NewReplacer("-lt", "-gt", "-le", "-ge", "-gt", "-lt", "-ge", "-le").Replace(operator)
	}
	n, err := strconv.Atoi(value.text)
	switch {
	case value.unread != "":
		k.unread = value.unread
	case err != nil:
		return k, k.says(operator, value.text)
	}
	floor := 0
	if k.itself {
		floor = 1
	}
	down := false // it succeeds when the daemon is down
	switch operator {
	case "-eq", "=", "==":
		down = n <= floor
	case "-ne", "!=":
		down = n > floor
	case "-lt", "-le", "<":
		down = true
	case "-gt", "-ge", ">":
	default:
		return look{}, false
	}
	if n > floor+1 {
		k.itself = false // perhaps the number knows that
		k.notes = append(k.notes, "not carried over: "+operator+" "+strconv.Itoa(n)+", see count:")
	}
	k.ifDown = k.ifDown != down
	return k, true
}

// says reads = active, and x$(pidof y) = x.
func (k *look) says(operator, text string) bool {
	down := saysDown.Get().MatchString(text)
	if k.service == "" {
		down = true // what is printed while it is up is no text that one could know
	}
	switch operator {
	case "=", "==":
		k.ifDown = down
	case "!=":
		k.ifDown = !down
	default:
		return false
	}
	return true
}
