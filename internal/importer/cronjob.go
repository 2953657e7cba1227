package importer

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"daemon-keeper/internal/draft"
	"daemon-keeper/internal/words"
)

// addScripts makes entries of the crontab lines that run the script.
func (g *gathering) addScripts() {
	known := make(map[string]bool) // programs that are the script
	for _, c := range g.crontabs {
		for _, j := range c.jobs {
			for _, b := range j.commands {
				if isKept(j, b, known) {
					known[b.base()] = true
				}
			}
		}
	}
	for _, c := range g.crontabs {
		g.addCrontab(c, known)
	}
}

func (g *gathering) addCrontab(c cronFile, known map[string]bool) {
	others := 0
	for _, j := range c.jobs {
		if len(g.entries) > mostEntries { // the draft says so
			break
		}
		if !g.addJob(j, known) {
			others++
		}
	}
	for _, j := range c.broken {
		if mentions(j.raw, known) {
			g.problem(j.file, j.line, "there is no schedule in front of the command", "write five fields: * * * * *")
		} else {
			others++
		}
	}
	out := 0
	for _, j := range c.commented {
		if slices.ContainsFunc(j.commands, func(b bare) bool { return isKept(j, b, known) }) || j.keepsByItself() {
			out++
		}
	}
	g.aboutCrontab(c, others, out)
}

func (g *gathering) aboutCrontab(c cronFile, others, commented int) {
	in := g.in(c.name)
	if commented > 0 {
		g.left = append(g.left, fmt.Sprintf("%s%s behind a #: not carried over.", words.Plural(commented, "line"), in))
	}
	if others > 0 {
		g.left = append(g.left, fmt.Sprintf("Lines%s that keep no daemon, as far as import can tell: %d.", in, others))
	}
	if c.mailTo != "" {
		g.left = append(g.left, fmt.Sprintf("MAILTO=%s (%s): cron mails what a run prints, which is nothing while all is well. The new line belongs below it.", brief(c.mailTo), g.at(c.name, c.mailLine)))
	}
}

// isKept reports whether a command is the script, with arguments that can be read.
func isKept(j job, b bare, known map[string]bool) bool {
	k, wrong := readScript(b.words[1:])
	return wrong == nil && (known[b.base()] || k.isScript(j, b.base()))
}

// mentions reports whether a line that cannot be read is about the script: it contains its
// name and one of its flags.
func mentions(line string, known map[string]bool) bool {
	if len(line) > mostLine {
		line = line[:mostLine]
	}
	if !scriptFlag.Get().MatchString(line) {
		return false
	}
	for _, w := range strings.Fields(line) {
		base := path.Base(strings.Trim(w, `"'`))
		if known[base] || !strings.HasPrefix(w, "-") && scriptName.Get().MatchString(base) {
			return true
		}
	}
	return false
}

// addJob makes entries of a line. It returns false if the line has nothing to do with the
// script or with a watch.
func (g *gathering) addJob(j job, known map[string]bool) bool {
	if j.err != nil {
		if mentions(j.raw, known) || isWatching.Get().MatchString(j.raw) {
			g.problem(j.file, j.line, "cannot read this line: "+j.err.Error(), unreadHint(j.err))
			return true
		}
		return false
	}
	ours := false
	for _, b := range j.commands {
		if g.addCommand(j, b, known) {
			ours = true
		}
	}
	if by := j.runBy(known); !ours && by != "" {
		g.problem(j.file, j.line, "cannot read this line: the script is run by "+brief(by)+", perhaps elsewhere",
			"write the daemon by hand into the configuration of the machine or jail that it runs in")
		return true
	}
	return ours || g.addWatches(j)
}

// runBy returns an unknown program, such as ssh or jexec, that has the script among its
// arguments; "" if there is none.
func (j job) runBy(known map[string]bool) string {
	for _, b := range j.commands {
		words := withoutRoot(texts(b.words))
		i := slices.IndexFunc(words, func(w string) bool { return known[path.Base(w)] })
		if i > 0 && slices.ContainsFunc(words[i:], func(w string) bool { return w == "-d" || w == "-e" || w == "-s" }) {
			return words[0]
		}
	}
	return ""
}

// withoutRoot removes the user root in front of a command, where splitUser could not tell a
// user from a command.
func withoutRoot(words []string) []string {
	if len(words) > 1 && words[0] == "root" {
		return words[1:]
	}
	return words
}

// idle matches commands that need not be carried over: nobody notices their absence.
var idle = words.Pattern{Text: `^(sleep|echo|printf|true|:|cd|exit|fi|done|logger|tee|cat|source|export|\.)$`}

// beside lists the other commands of the line, such as a test for a file that disables the
// job during maintenance. Commands about the script itself are left out.
func (j job) beside(known map[string]bool) string {
	var out []string
	for _, b := range j.commands {
		var words []string
		for _, w := range b.words {
			words = append(words, cmp.Or(w.text, w.unread))
		}
		words = withoutRoot(words)
		program := path.Base(words[0])
		aboutScript := scriptName.Get().MatchString(program) || slices.ContainsFunc(words, func(w string) bool { return known[path.Base(w)] })
		if !aboutScript && !idle.Get().MatchString(program) && !isKept(j, b, known) {
			out = append(out, brief(strings.Join(words, " ")))
		}
	}
	return strings.Join(out, "; ")
}

func unreadHint(err error) string {
	if errors.Is(err, errUnclosed) {
		return "close them, or write the daemon into the configuration by hand"
	}
	return "write the daemon into the configuration by hand"
}

func (g *gathering) addCommand(j job, b bare, known map[string]bool) bool {
	k, wrong := readScript(b.words[1:])
	named := known[b.base()] || scriptName.Get().MatchString(b.base())
	switch {
	case b.base() == own && !k.mentioned() && k.unread == "":
		return g.ownConfiguration(j, k)
	case !k.mentioned(), !named && (wrong != nil || !k.isScript(j, b.base())):
		return false
	case wrong != nil:
		g.problem(j.file, j.line, "cannot read this line: "+wrong.what, wrong.hint)
		return true
	}
	e := entry{file: j.file, lines: []int{j.line}, process: k.process, services: k.services}
	g.limitPattern(&e.process)
	if e.title = cmp.Or(k.called, k.services[0]); k.executable != "" && !runsOthers(k.executable) {
		e.title = path.Base(k.executable)
	}
	e.aboutJob(j, b)
	if beside := j.beside(known); beside != "" {
		e.note("Not carried over of the same line: %s (daemon-keeper pause leaves a daemon alone for a time)", beside)
	}
	e.keys = e.ownKeys(k, b.base() == own)
	if k.called != "" && k.doubt == "" {
		e.calledAbout = "better: executable: /PATH"
		g.bareNames = true
	}
	g.merge(&e)
	return true
}

// ownConfiguration notes a line that runs daemon-keeper without -e.
func (g *gathering) ownConfiguration(j job, k kept) bool {
	if len(k.positional) > 0 && k.positional[0] != "run" && slices.Contains([]string{"check", "status", "match", "pause", "resume", "history", "validate", "schema", "init", "import"}, k.positional[0]) {
		return false
	}
	g.understood = true
	g.left = append(g.left, fmt.Sprintf("%s runs daemon-keeper with a configuration: one such line is enough.", g.atLine(j.file, j.line)))
	return true
}

var (
	// Wrappers that do harm here, and those whose effect a restarted daemon would inherit.
	limiting   = []string{"lockf", "flock", "timeout", "run-one"}
	inheriting = []string{"nice", "ionice", "idprio", "rtprio", "chrt", "taskset", "setpriv"}
)

// aboutJob notes what the entry does not have of the line.
func (e *entry) aboutJob(j job, b bare) {
	switch {
	case j.schedule == "":
	case strings.Trim(j.schedule, "@0123456789") == "":
		e.note("It ran at %s, that many seconds after its last end; the new line may, too.", j.schedule)
	default:
		e.note("It ran at %s; the new line is for all daemons, and runs each minute.", brief(j.schedule))
	}
	if under := among(b.under, limiting); under != "" {
		e.note("It ran under %s: leave that out, it locks and limits by itself.", under)
	}
	if under := among(b.under, inheriting); under != "" {
		e.note("It ran under %s, and so did what it started.", under)
	}
	user, _, _ := strings.Cut(cmp.Or(b.user, j.user, "root"), "/") // without FreeBSD's login class
	if user, _, _ = strings.Cut(user, ":"); user != "root" {
		e.note("It ran as %s; only root can restart services.", brief(user))
	}
}

func among(list, wanted []string) string {
	var out []string
	for _, s := range list {
		if slices.Contains(wanted, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// ownKeys returns the keys for daemon-keeper's own flags.
func (e *entry) ownKeys(k kept, isOwn bool) []draft.Key {
	var keys []draft.Key
	var stay []string
	left := append(slices.Clone(k.unknown), k.words()...)
	for _, s := range k.own {
		key := ownFlags[s.flag].key
		value, ok := ownValue(key, s.value)
		switch {
		case !isOwn && key == "":
			left = append(left, s.written)
		case s.flag == "dry-run":
			e.note("It was only a dry run (-n) until now.")
		case key == "":
			stay = append(stay, strings.TrimSpace("--"+s.flag+" "+brief(s.value)))
		case !ok:
			e.note("--%s %s: the configuration does not take that.", s.flag, brief(s.value))
		default:
			if k := keyOf(keys, key); k != nil {
				k.Value = value // the last value counts
			} else {
				keys = append(keys, draft.Key{Name: key, Value: value})
			}
		}
	}
	if len(stay) > 0 {
		e.note("Stays on the crontab's line: %s", strings.Join(stay, ", "))
	}
	if len(left) > 0 {
		e.note("Not understood: %s", brief(strings.Join(left, " ")))
	}
	return keys
}

// ownValue returns the configuration's value for the value of a flag.
func ownValue(key, text string) (any, bool) {
	switch key {
	case "":
		return nil, true
	case "respect":
		return draft.Raw("[]"), true
	case "user":
		return text, isUser(text)
	case "leftovers":
		return text, text == "report" || text == "end"
	case "backoff":
		times := strings.Split(text, ",")
		for i, t := range times {
			if times[i] = strings.TrimSpace(t); !isTime(key, times[i]) {
				return nil, false
			}
		}
		return times, len(times) <= mostServices
	}
	return text, isTime(key, text)
}
