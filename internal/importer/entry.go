package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/draft"
	"daemon-keeper/internal/words"
)

// entry is a daemon of the draft.
type entry struct {
	process
	file          string
	lines         []int
	programFile   *block // Monit's check of its program's file, if there is one
	kind          string // what Monit calls it: check process NAME
	title         string // the wanted name
	name          string // the name in the draft, see draft.Name
	services      []string
	servicesAbout string
	calledAbout   string
	keys          []draft.Key // all other keys
	after         []*entry
	about         []string
}

// mostNotes limits the comments of an entry.
const mostNotes = 20

func (e *entry) note(format string, args ...any) {
	switch {
	case len(e.about) < mostNotes:
		e.about = append(e.about, fmt.Sprintf(format, args...))
	case len(e.about) == mostNotes:
		e.about = append(e.about, "And more that is not carried over.")
	}
}

// off reports whether the entry is written as a comment: a person must complete it first.
func (e *entry) off() bool { return e.doubt != "" }

// keyOf returns a key of a list; nil if the list does not have it.
func keyOf(keys []draft.Key, name string) *draft.Key {
	i := slices.IndexFunc(keys, func(k draft.Key) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &keys[i]
}

// addKey adds a key, and reports whether the entry did not have it yet.
func (e *entry) addKey(key draft.Key) bool {
	if keyOf(e.keys, key.Name) != nil {
		return false
	}
	e.keys = append(e.keys, key)
	return true
}

func withoutKey(keys []draft.Key, name string) []draft.Key {
	return slices.DeleteFunc(keys, func(k draft.Key) bool { return k.Name == name })
}

// order is the order of the keys in the manual.
var order = []string{
	"executable", "name", "user", "group", "args", "parent", "listen", "send", "expect", "probe_timeout", "pidfile", "cpu", "memory",
	"files", "min_age", "restart_on", "services", "after", "recheck", "stop_timeout", "start_timeout", "verify", "settle",
	"leftovers", "boot_grace", "boot_limit", "work_limit", "backoff", "acceptable", "respect",
}

// draft returns the entry in the form in which it is written.
func (e *entry) draft(where string) draft.Daemon {
	d := draft.Daemon{Name: e.name, Off: e.off()}
	d.About = append([]string{where}, e.about...)
	for _, n := range e.notes {
		d.About = append(d.About, sentence(n))
	}
	switch {
	case e.example != "":
		d.About = append(d.About, strings.TrimSuffix(sentence(e.doubt), ".")+":", "  "+e.example)
	case e.doubt != "":
		d.About = append(d.About, sentence(e.doubt))
	}
	switch {
	case e.executable != "":
		d.Keys = append(d.Keys, draft.Key{Name: "executable", Value: e.executable})
	case e.called != "":
		d.Keys = append(d.Keys, draft.Key{Name: "name", Value: e.called, About: e.calledAbout})
	default:
		d.Keys = append(d.Keys, draft.Key{Name: "executable", Value: "/PATH"})
	}
	if e.args != "" {
		d.Keys = append(d.Keys, draft.Key{Name: "args", Value: e.args})
	}
	d.Keys = append(d.Keys, e.keys...)
	services := draft.Key{Name: "services", Value: e.services, About: e.servicesAbout}
	if len(e.services) == 0 {
		services.Value = draft.Raw("[]")
	}
	d.Keys = append(d.Keys, services)
	if names := e.afterNames(); len(names) > 0 {
		d.Keys = append(d.Keys, draft.Key{Name: "after", Value: names})
	}
	slices.SortStableFunc(d.Keys, func(a, b draft.Key) int { return slices.Index(order, a.Name) - slices.Index(order, b.Name) })
	return d
}

// afterNames lists the daemons that this one comes after. If this entry is active, commented
// entries are left out: for the configuration they do not exist.
func (e *entry) afterNames() []string {
	var names []string
	for _, a := range e.after {
		if e.off() || !a.off() {
			names = append(names, a.name)
		}
	}
	return names
}

func sentence(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text + "."
	}
	return string(text[0]-'a'+'A') + text[1:] + "."
}

var userName = words.Pattern{Text: `^[A-Za-z_][A-Za-z0-9_.-]{0,63}\$?$`}

// isUser reports whether a text looks like a user or a group, a name or a number.
func isUser(text string) bool {
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		return strconv.FormatUint(n, 10) == text
	}
	return userName.Get().MatchString(text)
}
