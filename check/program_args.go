package check

import (
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"daemon-keeper/check/proctable"
)

// tellingArgs are the arguments that may tell one process of a program from another:
// first those that are not options. A number does not tell, unless it is an address or a port:
// it may be another one after each start.
func tellingArgs(args []string) []string {
	const most = 16
	if node := erlangNode(args); node != "" {
		return []string{node}
	}
	var words, options []string
	for i, arg := range args {
		switch {
		case i == 0, !isTelling(arg) && !isAddress(arg) && !isPort(args, i), mayBeSecret(args, i),
			slices.Contains(pathLists, args[i-1]):
		case strings.HasPrefix(arg, "-"):
			options = append(options, arg)
		default:
			words = append(words, arg)
		}
	}
	list := append(words, options...)
	return list[:min(len(list), most)]
}

// isTelling leaves out what is short, long, or no plain text.
func isTelling(arg string) bool {
	const least, longest = 3, 120
	return len(arg) >= least && len(arg) <= longest &&
		!strings.ContainsFunc(arg, func(r rune) bool { return r <= ' ' || r > '~' }) &&
		strings.ContainsFunc(arg, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}

// erlangNode is the name of a node of Erlang, or its home. The options of its machine are
// the same for all nodes, and other folders have a version.
func erlangNode(args []string) string {
	if len(args) == 0 || !strings.HasPrefix(filepath.Base(args[0]), "beam") {
		return ""
	}
	for _, option := range []string{"-sname", "-name", "-home"} {
		i := slices.Index(args, option) + 1
		if i > 0 && i < len(args) && isTelling(args[i]) && !mayBeSecret(args, i) {
			return args[i]
		}
	}
	return ""
}

// hasWords reports whether an argument has all words of an instance's name, each as a word
// of its own: /var/lib/postgresql/15/main has those of 15-main.
func hasWords(arg, instance string) bool {
	isOther := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	words, wanted := strings.FieldsFunc(arg, isOther), strings.FieldsFunc(instance, isOther)
	isMissing := func(word string) bool { return !slices.Contains(words, word) }
	return len(wanted) > 0 && !slices.ContainsFunc(wanted, isMissing)
}

// isAddress reports whether an argument is an IP address with a port, or a port behind a
// colon, as in 127.0.0.1:8100, [::1]:80, *:80 and localhost:80.
func isAddress(arg string) bool {
	i := strings.LastIndexByte(arg, ':')
	if i < 0 || !isPortNumber(arg[i+1:]) {
		return false
	}
	host := arg[:i]
	if slices.Contains([]string{"", "*", "localhost"}, host) {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// isPort reports whether args[i] is the port that the option before it asks for.
func isPort(args []string, i int) bool {
	return isPortNumber(args[i]) && slices.Contains([]string{"--port", "-port"}, args[i-1])
}

func isPortNumber(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// titlePatterns are regular expressions for a title that a process has given itself in
// place of its arguments, by what stays the same in it. redis says "redis-server
// 127.0.0.1:6379", and amavis, a perl script, "amavisd (master)". The name alone tells
// something of what executes other programs only.
func titlePatterns(p proctable.Process) []string {
	if len(p.Args) == 0 || slices.ContainsFunc(p.Args[1:], func(arg string) bool { return arg != "" }) {
		return nil
	}
	words := strings.Fields(p.Args[0])
	if len(words) < 2 || !isTelling(filepath.Base(words[0])) || strings.HasPrefix(words[0], "-") {
		return nil
	}
	name := "^" + regexp.QuoteMeta(words[0])
	for _, word := range words[1:] {
		if isAddress(word) {
			return []string{name + " (.* )?" + regexp.QuoteMeta(word) + "( |$)"}
		}
	}
	if runsOthers(p.Exe) && !runsOthers(words[0]) {
		return []string{name + " "}
	}
	return nil
}
