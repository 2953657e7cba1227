package config

import (
	"fmt"
	"math"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// kind is a sort of value, named by the tag "kind": how it is written and how it is read. The
// value that read returns has the type of the field, or of its items.
type kind struct {
	syntax  string // for people
	pattern string // for editors; what they refuse, read refuses too
	read    func(d *decoder, text string) (any, *problem)
	words   []string // all possible values

	// Values that YAML, and so an editor, does not read as text:
	anything bool // any number, and true and false
	least    *int // whole numbers from here on
	zero     bool // 0
}

// kindOf returns the kind of a name. It is a function and not a table, so that nothing can be
// changed in it.
func kindOf(name string) kind {
	switch name {
	case "program":
		return kind{syntax: "/PATH", pattern: `^/[^*]*([*][^*/]*/[^*]*)?$`, read: plain(readProgram)}
	case "path":
		return kind{syntax: "/PATH", pattern: `^/`, read: plain(readPath)}
	case "filename":
		return kind{syntax: "NAME", pattern: `^[^/]+$`, read: plain(readFileName), anything: true}
	case "text":
		return kind{syntax: "TEXT", pattern: `.`, read: plain(readText), anything: true}
	case "user":
		return kind{syntax: "NAME or number", pattern: `.`, read: readUser, anything: true}
	case "group":
		return kind{syntax: "NAME or number", pattern: `.`, read: readGroup, anything: true}
	case "regexp":
		return kind{syntax: "REGEXP", pattern: `.`, read: readRegexp, anything: true}
	case "pid":
		return kind{syntax: "number", pattern: `^[1-9][0-9]*$`, read: plain(readPID), least: new(1)}
	case "count":
		return kind{syntax: "1-2, 1- or 1", pattern: `^(0|[1-9][0-9]*)(-(0|[1-9][0-9]*)?)?$`, read: plain(readCount), least: new(0)}
	case "address":
		return kind{syntax: "tcp://HOST:PORT, tcp6://[HOST]:PORT or unix:///PATH", pattern: `^(tcp6?://.+:[1-9][0-9]*|unix:///.+)$`, read: plain(readAddress)}
	case "bool":
		return kind{syntax: "true or false", words: []string{"true", "false"}, read: readBool}
	case "cpu":
		return kind{syntax: "95%", pattern: percentPattern, read: plain(readCPU)}
	case "size":
		return kind{syntax: "512M or 2GiB", pattern: sizePattern, read: plain(readSize)}
	case "files":
		return kind{syntax: "1000 or 80%", pattern: `^([1-9][0-9]*|[0-9]{1,6}(\.[0-9]{1,3})?%)$`, read: plain(readFiles), least: new(1)}
	case "reason":
		return kind{syntax: "list", words: reasons(), read: oneOf[string](reasons())}
	case "wish":
		return kind{syntax: "list", words: wishes(), read: oneOf[words.Hold](wishes())}
	case "leftovers":
		return kind{syntax: "report or end", words: []string{"report", "end"}, read: oneOf[string]([]string{"report", "end"})}
	case "word":
		return kind{syntax: "list", pattern: `.`, read: plain(readText), anything: true}
	case "account":
		return kind{syntax: "USER or USER:GROUP", pattern: accountPattern, read: matching(accountPattern, "it is not a user", "write a user, or a user and a group: app:www-data"), anything: true}
	case "variable":
		return kind{syntax: "list of NAME=VALUE", pattern: variablePattern, read: plain(readVariable)}
	case "recipient":
		return kind{syntax: "NAME or ADDRESS", pattern: recipientPattern, read: matching(recipientPattern, "it is not a recipient", "write a user, or an address such as root@example.org; for several, an alias")}
	case "url":
		return kind{syntax: "http:// or https:// URL", pattern: urlPattern, read: plain(readURL)}
	case "service":
		return kind{syntax: "list of names", pattern: words.ServicePattern, read: plain(readService), anything: true}
	case "name":
		return kind{syntax: "list of names", pattern: namePattern, read: plain(readName), anything: true}
	}
	return timeKind(name)
}

// timeKind returns the kind of a time. They differ in their bounds.
func timeKind(name string) kind {
	k := kind{syntax: "TIME", pattern: `^(0|([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h|d|w))+)$`, zero: true}
	switch name {
	case "time":
		k.read = plain(readTime(0, maxTime))
	case "delay":
		k.syntax, k.read = "list of TIMEs", plain(readTime(0, maxTime))
	case "timeout":
		k.read = plain(readTime(time.Millisecond, maxTime))
	case "patience": // the restart waits for it
		k.read = plain(readTime(100*time.Millisecond, time.Minute))
	case "window": // a run must not take much longer than cron's minute
		k.read = plain(readTime(time.Second, 50*time.Second))
	}
	return k
}

// plain adapts a reader that needs nothing but the text.
func plain[T any](read func(string) (T, *problem)) func(*decoder, string) (any, *problem) {
	return func(_ *decoder, text string) (any, *problem) { return read(text) }
}

const maxTime = 24 * time.Hour

func readTime(least, most time.Duration) func(string) (time.Duration, *problem) {
	return func(text string) (time.Duration, *problem) {
		const hint = words.DurationHint
		t, err := words.ParseDuration(text)
		switch {
		case err != nil:
			return 0, wrong(hint, "%v", err)
		case strings.HasPrefix(text, "-"):
			return 0, wrong(hint, "it is negative")
		case t < least:
			return 0, wrong(hint, "it must be at least %s", timeText(least))
		case t > most:
			return 0, wrong(hint, "it must be at most %s", timeText(most))
		}
		return t, nil
	}
}

// timeText is a duration without the trailing zeroes of Go's 2m0s.
func timeText(t time.Duration) string {
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func readPath(text string) (string, *problem) {
	switch {
	case !path.IsAbs(text):
		return "", wrong("write the full path, such as /usr/local/sbin/clamd", "it is not an absolute path")
	case strings.Contains(text, "\x00"):
		return "", wrong("leave it out", "a path has no zero bytes")
	}
	return text, nil
}

// readProgram reads a path that may contain one * in the name of a folder, in the place of a
// version.
func readProgram(text string) (string, *problem) {
	before, after, ok := strings.Cut(text, "*")
	if ok && (strings.Contains(after, "*") || !strings.Contains(after, "/") || !strings.Contains(before, "/")) {
		return "", wrong("write /usr/lib/erlang/erts-*/bin/beam.smp: the newest version is meant", "only one * may be in it, in the name of a folder")
	}
	return readPath(text)
}

// IsProgram reports whether a text is valid for the key executable.
func IsProgram(text string) bool {
	_, p := readProgram(text)
	return p == nil
}

func readFileName(text string) (string, *problem) {
	switch {
	case text == "":
		return "", wrong("write a name, or leave the key out", "it is empty")
	case strings.Contains(text, "/"):
		return "", wrong("write the path behind executable, or only what follows the last slash", "a name has no slash")
	case strings.Contains(text, "\x00"):
		return "", wrong("leave it out", "a name has no zero bytes")
	}
	return text, nil
}

func readText(text string) (string, *problem) {
	if text == "" {
		return "", wrong("write a text, or leave the key out", "it is empty")
	}
	return text, nil
}

func readBool(d *decoder, text string) (any, *problem) {
	_, p := oneOf[string]([]string{"true", "false"})(d, text)
	return text == "true", p
}

// oneOf reads one of a few words.
func oneOf[T ~string](list []string) func(*decoder, string) (any, *problem) {
	return plain(func(text string) (T, *problem) {
		switch {
		case slices.Contains(list, text):
			return T(text), nil
		case len(list) == 2:
			return "", wrong("write "+list[0]+" or "+list[1], "it is neither %s nor %s", list[0], list[1])
		}
		return "", wrong(didYouMean(text, list), "there is no such reason")
	})
}

// matching reads what matches a regular expression.
func matching(pattern, why, hint string) func(*decoder, string) (any, *problem) {
	return plain(func(text string) (string, *problem) {
		if !regexp.MustCompile(pattern).MatchString(text) {
			return "", wrong(hint, "%s", why)
		}
		return text, nil
	})
}

// isNumber reports whether a text is a number in decimal digits. It must not have leading
// zeroes, which some programs take for octal.
func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == "" && (text == "0" || text[0] != '0')
}

// maxNumber is more than any system allows of processes or files.
const maxNumber = math.MaxInt32

func readNumber(text string, least int) (int, *problem) {
	n, err := strconv.Atoi(text)
	switch {
	case !isNumber(text):
		return 0, wrong("write a number in decimal digits", "it is not a number")
	case err != nil || n > maxNumber:
		return 0, wrong("write a smaller number", "it is more than %d", maxNumber)
	case n < least:
		return 0, wrong("write a larger number", "it must be at least %d", least)
	}
	return n, nil
}

func readPID(text string) (*int, *problem) {
	n, p := readNumber(text, 1)
	return &n, p
}

const (
	namePattern = `^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$`
	maxName     = 64
)

const wordFirst = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

// readWord reads a name of letters, digits, _ and the characters in more.
func readWord(text, more string, most int) (string, *problem) {
	switch {
	case text == "":
		return "", wrong("write a name", "it is empty")
	case len(text) > most:
		return "", wrong("write a shorter name", "it has %d characters, more than %d", len(text), most)
	case strings.Trim(text, wordFirst+more) != "" || !strings.Contains(wordFirst, text[:1]):
		return "", wrong("write letters, digits and _ "+strings.Join(strings.Split(more, ""), " ")+", one of the first three at the beginning", "it is not a name")
	}
	return text, nil
}

func readService(text string) (string, *problem) {
	if err := words.CheckService(text); err != nil {
		return "", wrong("write the name as its service manager has it, with the manager before it if need be: nginx, runit:redis", "%v", err)
	}
	return text, nil
}

func readName(text string) (string, *problem) { return readWord(text, ".@+-", maxName) }

// reasons are the words that restart_on may list. Each depends on a key, see keyOfReason.
func reasons() []string { return []string{"too_many", "cpu", "memory", "files", "age", "old_image"} }

func keyOfReason(reason string) string {
	switch reason {
	case "too_many":
		return "count"
	case "age":
		return "min_age"
	case "old_image":
		return "executable"
	}
	return reason
}

// wishes are the reasons not to restart a daemon, unless respect leaves them out.
func wishes() []string {
	var list []string
	for _, w := range words.Wishes() {
		list = append(list, string(w))
	}
	return list
}

const recipientPattern = `^[A-Za-z0-9_][A-Za-z0-9_.+=@-]*$`

// urlPattern matches URLs without spaces and without characters that would end a link in a
// mail.
const urlPattern = `^https?://[A-Za-z0-9._~%:\[\]-]+(/[A-Za-z0-9._~%:/?#@!$&'()*+,;=-]*)?$`

func readURL(text string) (string, *problem) {
	u, err := url.Parse(text)
	switch {
	case err == nil && u.User != nil: // everybody who is told would get it
		return "", wrong("leave out the user and the password", "a link must not have a password")
	case err != nil || u.Hostname() == "" || !regexp.MustCompile(urlPattern).MatchString(text):
		return "", wrong("write it as a browser shows it, with http:// or https://: https://status.example.org/daemons.html", "it is not the address of a page")
	}
	return text, nil
}

// text writes a value as it would be read.
func text(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return timeText(v)
	case *int:
		return strconv.Itoa(*v)
	case float64:
		return percent(v)
	case uint64:
		return sizeText(v)
	}
	return fmt.Sprint(v)
}
