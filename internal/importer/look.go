package importer

import (
	"cmp"
	"path"
	"strings"
)

// look is a command of a crontab that finds out whether a daemon is up: pgrep, pidof, ps and
// grep, kill -0, a test of their output, or a question to a service manager.
type look struct {
	process
	user    string
	pidfile string
	service string // the service whose manager was asked
	command string // as it was written
	ifDown  bool   // it succeeds if the daemon is down
	itself  bool   // it also finds the shell that runs the line, or its own grep
	unread  string // text that only the shell could expand
}

// lookReader reads looks. The content of $(...) is read as a line of its own.
type lookReader struct {
	vars  map[string]string
	depth int
}

// written returns a pipeline as text, for people.
func written(l *pipeline) string {
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

// pipeline reads a look. It returns false if the pipeline is not a known kind of look.
func (r lookReader) pipeline(l *pipeline) (look, bool) {
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

// complete notes what a person must add to what was looked for.
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

// optionsOf reads the options of a command whose letters may be joined. valued are the
// letters that take a value. unread is text that only the shell could expand.
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

// catOf returns the file of $(cat FILE) or $(<FILE); "" for anything else.
func (r lookReader) catOf(unread string) string {
	inner := inside(unread)
	if file, ok := strings.CutPrefix(inner, "<"); ok {
		inner = "cat " + file
	}
	pieces, err := shellPieces(inner, r.vars)
	isOne := len(pieces) == 2 || len(pieces) > 2 && pieces[2].op != ""
	if err != nil || !isOne || path.Base(pieces[0].word.text) != "cat" || pieces[1].op != "" || pieces[1].word.unread != "" {
		return ""
	}
	return pieces[1].word.text
}

// inside returns the text within $(...) or `...`; "" for anything else.
func inside(unread string) string {
	if text, ok := strings.CutPrefix(unread, "$("); ok {
		return strings.TrimSpace(strings.TrimSuffix(text, ")"))
	}
	if text, ok := strings.CutPrefix(unread, "`"); ok {
		return strings.TrimSpace(strings.TrimSuffix(text, "`"))
	}
	return ""
}
