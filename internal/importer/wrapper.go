package importer

import (
	"path"
	"strings"

	"daemon-keeper/internal/words"
)

// bare is a command without its wrappers.
type bare struct {
	words []word
	under []string // its wrappers, the outermost first
	user  string   // the user that a wrapper changes to
}

func (b bare) program() string { return b.words[0].text }

func (b bare) base() string { return path.Base(b.program()) }

// wrapper is a program that runs the rest of its arguments.
type wrapper struct {
	valued string // letters of options that take a value
	before int    // number of arguments before the command
}

// wrappers are those that are common in crontabs and in Monit's control files.
var wrappers = map[string]wrapper{
	"env": {valued: "uCS"}, "nice": {valued: "n"}, "ionice": {valued: "cnpPu"}, "idprio": {before: 1}, "rtprio": {before: 1},
	"timeout": {valued: "ks", before: 1}, "flock": {valued: "wE", before: 1}, "lockf": {valued: "tT", before: 1},
	"sudo": {valued: "ugCDhpRrTt"}, "doas": {valued: "uC"}, "setpriv": {}, "chrt": {before: 1}, "taskset": {before: 1},
	"nohup": {}, "setsid": {}, "exec": {}, "command": {}, "time": {}, "chronic": {}, "cronic": {}, "run-one": {}, "stdbuf": {valued: "ioe"},
	"if": {}, "then": {}, "else": {}, "elif": {}, "do": {}, "while": {}, "until": {}, "!": {}, "{": {},
}

var (
	shells     = words.Pattern{Text: `^(sh|ash|bash|dash|ksh|mksh|zsh|csh|tcsh)$`}
	assignment = words.Pattern{Text: `^[A-Za-z_][A-Za-z0-9_]*=`}
)

// mostNested limits how deeply shells may be nested.
const mostNested = 5

// unwrap removes one wrapper after the other. If one of them is a shell with -c, or a program
// that is given a command as one argument, it returns that command.
func (b *bare) unwrap() (command string, isShell bool) {
	for len(b.words) > 0 {
		name := path.Base(b.words[0].text)
		w, isWrapper := wrappers[name]
		switch {
		case b.words[0].isAssignment():
			b.words = b.words[1:]
		case shells.Get().MatchString(name), name == "su":
			if command, isShell := b.shell(name); isShell || name == "su" {
				return command, true
			}
			return "", false
		case isWrapper && len(b.words) > 1:
			b.under = append(b.under, name)
			if command, isShell := b.strip(w); isShell {
				return command, true
			}
		default:
			return "", false
		}
	}
	return "", false
}

// shell reads sh -c COMMAND, or sh SCRIPT: then the script is the program.
func (b *bare) shell(name string) (command string, isShell bool) {
	rest := b.words[1:]
	for i, w := range rest {
		switch {
		case i > 0 && strings.HasPrefix(rest[i-1].text, "-") && strings.HasSuffix(rest[i-1].text, "o"): // bash -o pipefail
		case strings.HasPrefix(w.text, "-") && !strings.HasPrefix(w.text, "--") && strings.HasSuffix(w.text, "c") && i+1 < len(rest):
			return rest[i+1].text, true
		case name == "su" && !strings.HasPrefix(w.text, "-"):
			b.user = w.text
		case !strings.HasPrefix(w.text, "-"):
			b.words = rest[i:]
			return "", false
		}
	}
	b.words = nil
	return "", false
}

// strip removes a wrapper with its options.
func (b *bare) strip(w wrapper) (command string, isShell bool) {
	words := b.words[1:]
	for len(words) > 0 && strings.HasPrefix(words[0].text, "-") && words[0].text != "-" {
		option := words[0].text
		words = words[1:]
		if option == "--" {
			break
		}
		if last := option[len(option)-1]; !strings.HasPrefix(option, "--") && strings.IndexByte(w.valued, last) >= 0 && len(words) > 0 {
			if last == 'u' && b.under[len(b.under)-1] != "env" {
				b.user = words[0].text
			}
			words = words[1:]
		}
	}
	b.words = words[min(w.before, len(words)):]
	if len(b.words) > 1 && b.words[0].text == "-c" { // flock FILE -c COMMAND
		return b.words[1].text, true
	}
	return "", false
}
