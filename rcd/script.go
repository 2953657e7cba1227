package rcd

import (
	"path"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// scriptFacts are what the text of an init script says about its daemon. They are hints: a
// script may choose among them when it runs.
type scriptFacts struct {
	pidFiles []string // absolute paths, in the order of the text
	daemons  []string // absolute paths in variables such as DAEMON, or behind commands that start a daemon
	loops    bool     // it goes through a list, and may start several daemons
	text     string   // all that was read
}

// Limits for what is read of one script, whatever its text is.
const (
	maxScript  = 256 << 10 // bytes of one file
	maxSourced = 12        // files that it reads in turn
	maxNames   = 512       // variables
	maxValues  = 4         // of one variable, and of one word
	maxValue   = 512       // bytes
	maxPaths   = 64        // of each kind
)

// scriptReader follows a script line by line. Nothing is executed: assignments are noted,
// and words are replaced by what may stand in their variables. A variable that is set in
// several places has several values.
type scriptReader struct {
	facts  scriptFacts
	vars   map[string][]string
	open   func(path string) (text string, ok bool)
	opened []string
}

// readScript reads the script of a service. open reads another file that it sources.
func readScript(service, text string, open func(path string) (text string, ok bool)) scriptFacts {
	own := []string{service} // openrc-run(8) sets these two
	r := &scriptReader{vars: map[string][]string{"0": {"/etc/init.d/" + service}, "RC_SVCNAME": own, "SVCNAME": own}, open: open}
	for _, file := range []string{"/etc/default/" + service, "/etc/sysconfig/" + service, "/etc/conf.d/" + service} {
		r.source(file) // the script may set the same after that
	}
	r.read(service, text)
	return r.facts
}

// source reads a file that the script includes, below /etc or /usr. The libraries that all scripts
// use are left out.
func (r *scriptReader) source(file string) {
	file = path.Clean(file)
	known := slices.Contains(r.opened, file) || len(r.opened) >= maxSourced
	if known || !strings.HasPrefix(file, "/etc/") && !strings.HasPrefix(file, "/usr/") {
		return
	}
	for _, library := range []string{"/lib/lsb/", "/lib/init/", "/etc/init.d/", "/etc/rc.d/", "/etc/rc.status"} {
		if strings.Contains(file, library) {
			return
		}
	}
	r.opened = append(r.opened, file)
	if text, ok := r.open(file); ok {
		r.read("", text)
	}
}

var (
	ownName    = words.Pattern{Text: "\\$\\(\\s*basename\\s+\"?\\$0\"?\\s*\\)|`\\s*basename\\s+\"?\\$0\"?\\s*`|\\$\\{0##\\*/\\}"}
	assignment = words.Pattern{Text: `^([A-Za-z_][A-Za-z0-9_]*)=`}
	headPID    = words.Pattern{Text: `(?i)^#\s*pidfile:\s*(/\S+)`}
)

func (r *scriptReader) read(service, text string) {
	text = text[:min(len(text), maxScript)]
	r.facts.text += text
	if service != "" {
		text = ownName.Get().ReplaceAllLiteralString(text, service)
	}
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		if m := headPID.Get().FindStringSubmatch(line); m != nil {
			addPath(&r.facts.pidFiles, m[1])
		}
		for _, words := range shellWords(line) {
			r.words(words)
		}
	}
}

// words reads the words of a line, or of a command in it.
func (r *scriptReader) words(words []string) {
	for i, word := range words {
		if m := assignment.Get().FindStringSubmatch(word); m != nil {
			r.assign(m[1], word[len(m[0]):])
			continue
		}
		before := ""
		if i > 0 {
			before = words[i-1]
		}
		switch {
		case word == "for" && i+3 < len(words) && words[i+2] == "in":
			list := words[i+3:]
			if end := slices.Index(list, "do"); end >= 0 {
				list = list[:end]
			}
			r.facts.loops = r.facts.loops || strings.ContainsAny(strings.Join(list, " "), "$*"+unknown)
			for _, value := range list {
				r.assign(words[i+1], value)
			}
		case before == "." || before == "source":
			for _, file := range r.expand(word) {
				r.source(file)
			}
		default:
			r.word(words[:i], word, startsDaemon(words[:i]) || before == "-x" && isGuard(words[i+1:]))
		}
	}
}

// assign notes a value of a variable.
func (r *scriptReader) assign(name, word string) {
	if _, known := r.vars[name]; !known && len(r.vars) >= maxNames {
		return
	}
	isPID := strings.Contains(strings.ToUpper(name), "PID")
	values := r.expand(word)
	for _, value := range values {
		switch {
		case isPID:
			addPath(&r.facts.pidFiles, value)
		case callsDaemon(name):
			addPath(&r.facts.daemons, value)
		}
		for _, word := range strings.Fields(value) { // ARGS="-P $PIDFILE"
			r.path(word, false)
		}
	}
	for _, old := range r.vars[name] {
		if !slices.Contains(values, old) {
			values = append(values, old)
		}
	}
	r.vars[name] = values[:min(len(values), maxValues)]
}

// callsDaemon reports whether a variable of that name holds a daemon's path.
func callsDaemon(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"daemon", "exec", "prog", "server", "binary", "command"} {
		if strings.HasPrefix(name, word) || strings.HasSuffix(name, word) {
			return true
		}
	}
	return name == "bin" || strings.HasSuffix(name, "_bin") || name == "cmd"
}

// startsDaemon reports whether the word behind these is a daemon's path: they end in an option such
// as --exec, or in a command such as start_daemon and at most three other words.
func startsDaemon(words []string) bool {
	for i := len(words) - 1; i >= 0 && i >= len(words)-4; i-- {
		switch words[i] {
		case "--exec", "--startas":
			return i == len(words)-1
		case "-x", "-a":
			return i == len(words)-1 && slices.ContainsFunc(words, isStartStop)
		}
		if isHelper(words[i]) {
			return true
		}
	}
	return false
}

// isHelper reports whether a command of scripts has a daemon's path among its words, and names its
// pidfile with -p: the functions of the LSB and of the distributions, and FreeBSD's daemon(8).
func isHelper(command string) bool {
	switch command {
	case "start_daemon", "daemon", "/usr/sbin/daemon", "status_of_proc", "pidofproc", "killproc", "startproc", "checkproc":
		return true
	}
	return false
}

func isStartStop(command string) bool { return path.Base(command) == "start-stop-daemon" }

// namesPIDFile reports whether the word behind these is a pidfile's path. To mkdir, cp and others
// -p means something else.
func namesPIDFile(words []string) bool {
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "--pidfile", "--pid-file", "--pid", "--writepid":
		return true
	case "-p", "-P":
		return slices.ContainsFunc(words, isHelper) || slices.ContainsFunc(words, isStartStop)
	}
	return false
}

// isGuard reports whether the words behind the path in a test end the script, as in
// [ -x /usr/sbin/x ] || exit 0: the path is that of the daemon.
func isGuard(words []string) bool {
	if len(words) > 0 && words[0] == "]" {
		words = words[1:]
	}
	return len(words) > 0 && (words[0] == "exit" || words[0] == "return")
}

// word looks for paths in a word that is not an assignment, and stands behind these.
func (r *scriptReader) word(before []string, word string, daemon bool) {
	option, value, has := strings.Cut(word, "=")
	if has && strings.HasPrefix(option, "-") {
		before, word = []string{option}, value
	}
	isPIDFile := namesPIDFile(before)
	for _, value := range r.expand(word) {
		if isPIDFile {
			addPath(&r.facts.pidFiles, value)
		} else {
			r.path(value, daemon)
		}
	}
}

// path notes the path of a pidfile, by its name, or of a daemon, if the word before says so.
func (r *scriptReader) path(value string, daemon bool) {
	if i := strings.Index(value, "/"); i > 0 && strings.HasPrefix(value, "-") { // -P/run/x.pid, --pidfile=/run/x.pid
		value = value[i:]
	}
	switch base := path.Base(value); {
	case strings.HasSuffix(base, ".pid"), base == "pid":
		addPath(&r.facts.pidFiles, value)
	case daemon:
		addPath(&r.facts.daemons, value)
	}
}

func addPath(list *[]string, value string) {
	if !strings.HasPrefix(value, "/") || len(value) < 3 || len(value) > maxValue || strings.ContainsAny(value, "*?[") ||
		strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return
	}
	if value = path.Clean(value); !slices.Contains(*list, value) && len(*list) < maxPaths {
		*list = append(*list, value)
	}
}
