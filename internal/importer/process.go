package importer

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"daemon-keeper/internal/words"
)

// process is what distinguishes a daemon's process from others, according to a text.
type process struct {
	executable string
	called     string
	args       string // a regular expression
	doubt      string // why a person must complete it; "" if it can be used unchanged
	notes      []string
	example    string // a command that resolves the doubt
}

// scripted matches interpreters of scripts.
var scripted = words.Pattern{Text: `^(python|perl|ruby|php|node|nodejs|lua|tclsh|sh|ash|bash|dash|ksh|zsh)[0-9.]*$`}

// runsOthers reports whether the name of a program does not identify the daemon.
func runsOthers(program string) bool {
	base := path.Base(program)
	return scripted.Get().MatchString(base) || base == "java" || base == "beam.smp" || base == "mono"
}

// grammar is the set of characters that have a special meaning in a regular expression.
type grammar string

const (
	basic    grammar = `*[]^$\`        // of grep, re_format(7)
	extended grammar = `*+?()[]{}|^$\` // of Monit
)

// identify reads the text that the script's grep or Monit's "matching" looked for in the list
// of processes. It is a regular expression, but most people wrote a plain text.
func identify(pattern string, special grammar) process {
	text, plain := special.literal(pattern)
	words := strings.Fields(text)
	switch {
	case !plain:
		return process{args: special.oneArgument(pattern), doubt: "\"" + brief(pattern) + "\" is a pattern, and not the program"}
	case len(words) == 0:
		return process{doubt: "it names no program"}
	case path.IsAbs(words[0]):
		return program(words)
	case len(words) == 1 && !strings.Contains(text, "/") && !strings.HasSuffix(text, ":"):
		return process{called: text}
	}
	p := process{called: strings.TrimSuffix(path.Base(words[0]), ":"), doubt: "\"" + brief(text) + "\" is a part of what ps shows, and not the program"}
	if scripted.Get().MatchString(p.called) && len(words) > 1 && path.IsAbs(words[1]) {
		p.args = "^" + regexp.QuoteMeta(words[1]) // the script
	}
	return p
}

var (
	// Paths that are probably those of programs: /bin/x, /usr/sbin/x, /opt/x/run.
	likeProgram = words.Pattern{Text: `^(/s?bin/[^/]+|(/[^/]+){3,})$`}

	// Paths of files that a program is told to read, or parts of paths.
	notProgram = words.Pattern{Text: `^/(etc|run|tmp|dev|proc|sys|var/(log|run|tmp))/|\.(conf|cfg|cnf|ini|xml|ya?ml|json|jar|war|pid|sock|socket|log|properties)$`}
)

// doubtPath adds a doubt about a path that was looked for anywhere in the output of ps and
// does not look like that of a program.
func (p *process) doubtPath() {
	if p.executable != "" && p.doubt == "" && (!likeProgram.Get().MatchString(p.executable) || notProgram.Get().MatchString(p.executable)) {
		p.doubt = "\"" + brief(p.executable) + "\" stood somewhere in what ps shows, and does not look like the path of a program"
	}
}

// program reads a command line that begins with a path. The configuration tests only one
// argument: for a script daemon that is the script.
func program(words []string) process {
	p := process{executable: words[0]}
	if len(words) == 1 {
		if runsOthers(words[0]) {
			p.notes = append(p.notes, words[0]+" runs other programs, too: args: or user: tells this one from them")
		}
		return p
	}
	said := words[len(words)-1]
	if i := slices.IndexFunc(words[1:], path.IsAbs); i >= 0 && scripted.Get().MatchString(path.Base(words[0])) {
		said = words[1+i] // the script
	}
	p.args = "^" + regexp.QuoteMeta(said)
	if len(words) > 2 {
		p.notes = append(p.notes, "of its arguments only "+brief(said)+" is asked for")
	}
	return p
}

// literal returns the plain text that a regular expression was meant to be: a dot is a dot,
// and [c]lamd is clamd.
func (s grammar) literal(pattern string) (text string, plain bool) {
	rest := strings.TrimPrefix(pattern, "^")
	if strings.HasSuffix(rest, "$") && !strings.HasSuffix(rest, `\$`) {
		rest = strings.TrimSuffix(rest, "$")
	}
	var b strings.Builder
	for rest != "" {
		r, size := utf8.DecodeRuneInString(rest)
		behind := rest[size:]
		switch {
		case r == '\\' && behind != "":
			next, n := utf8.DecodeRuneInString(behind)
			if unicode.IsLetter(next) || unicode.IsDigit(next) {
				return "", false
			}
			b.WriteRune(next)
			behind = behind[n:]
		case r == '[' && len(behind) > 1 && behind[1] == ']' && behind[0] != '^':
			b.WriteByte(behind[0])
			behind = behind[2:]
		case r == '.' && behind != "" && strings.IndexByte("*+?{", behind[0]) >= 0 && strings.IndexByte(string(s), behind[0]) >= 0:
			return "", false
		case strings.ContainsRune(string(s), r):
			return "", false
		default:
			b.WriteString(rest[:size])
		}
		rest = behind
	}
	return b.String(), true
}

// oneArgument returns the part of a pattern about the last argument, for the key args. Long
// and costly patterns, which the configuration refuses, are left to a person.
func (s grammar) oneArgument(pattern string) string {
	const most = 100
	if s == basic {
		pattern = strings.NewReplacer("+", `\+`, "?", `\?`, "(", `\(`, ")", `\)`, "{", `\{`, "}", `\}`, "|", `\|`).Replace(pattern)
	}
	if i := strings.LastIndex(pattern, ".*"); i > 0 && i+2 < len(pattern) {
		pattern = pattern[i+2:]
	}
	if len(pattern) > most || strings.ContainsAny(pattern, " \t{") || strings.Contains(pattern, `\p`) || strings.Contains(pattern, `\P`) || strings.Contains(pattern, "(?") {
		return ""
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return ""
	}
	return pattern
}

// usable reports whether a text can be a value: it is printable and fits into a line.
func usable(text string) bool {
	const most = 1000
	return text != "" && len(text) <= most && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}
