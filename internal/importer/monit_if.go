package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/draft"
	"daemon-keeper/internal/words"
)

// condition is an if without its action.
type condition struct {
	statement
	words  []token // without "then" and without how often the test must fail
	cycles int     // how many times in a row it must fail; 0 if not given
	often  string  // the same for people: 3 of 5 cycles
}

// conditionOf separates a test from how often it must fail. Noise words have been removed
// from the words, so the source is needed to distinguish "port 80 for 3 cycles" from "3 times
// within 5 cycles".
func conditionOf(s statement) condition {
	c := condition{statement: s}
	for _, t := range s.words {
		if t.is("then") {
			break
		}
		c.words = append(c.words, t)
	}
	n := len(c.words)
	if n < 2 || !c.words[n-1].is("cycle", "cycles") {
		return c
	}
	last, ok := wholeNumber(c.words[n-2])
	if !ok {
		return c
	}
	c.words, c.cycles, c.often = c.words[:n-2], last, words.Plural(last, "cycle")
	if n > 2 && timesWithin(s, c.words[n-3], n-2) {
		first, _ := wholeNumber(c.words[n-3])
		c.words, c.cycles, c.often = c.words[:n-3], first, fmt.Sprintf("%d of %s", first, c.often)
	}
	return c
}

// timesWithin reports whether two numbers before "cycles" belong together, as in "3 times
// within 5 cycles" or "3 restarts, 5 cycles".
func timesWithin(s statement, first token, second int) bool {
	if _, ok := wholeNumber(first); !ok {
		return false
	}
	between := strings.ToLower(s.between(first, s.words[second]))
	return strings.Contains(between, "times") || strings.Contains(between, "within")
}

// between returns the text between two words.
func (s statement) between(a, b token) string { return s.source[a.end:b.start] }

func wholeNumber(t token) (int, bool) {
	n, err := strconv.Atoi(t.text)
	return n, err == nil && t.form == bareWord && n >= 0 && n <= 1_000_000
}

// test carries an if over into the entry, or notes that it does not.
func (m *maker) test(s statement) {
	s = m.executes(s)
	c := conditionOf(s)
	w := c.words
	isElse := func(t token) bool { return t.is("else") }
	if i := slices.IndexFunc(s.words, isElse); i >= 0 && has(s.words[i:], "exec", "execute", "stop", "unmonitor", "restart", "start", "timeout") {
		m.entry.note("Its else is not carried over: %s", s.text)
	}
	switch {
	case isRestartLimit(s):
		m.g.limits = append(m.g.limits, m.g.at(m.block.file, s.line))
		if s.action == "exec" {
			m.lost(s, "tries are spaced out, and never given up")
		}
	case has(w, "port", "portnumber", "unix", "unixsocket"):
		m.connections = append(m.connections, c)
	case len(w) == 0:
		m.lost(s, "")
	case has(w, "exist", "exists", "nonexist", "nonexists"):
		m.existence(c)
	case w[0].is("failed") && len(w) == 3 && w[1].is("uid", "euid", "gid"):
		m.owner(c)
	case w[0].is("changed"):
		m.lost(s, "daemon-keeper history tells of each restart")
	default:
		m.resource(c)
	}
}

// executes treats a command that starts a service as a restart.
func (m *maker) executes(s statement) statement {
	i := slices.IndexFunc(s.words, func(t token) bool { return t.is("exec", "execute") })
	if s.action != "exec" || i < 0 || isRestartLimit(s) {
		return s
	}
	run := methodOf(statement{words: s.words[i+1:]}, false)
	if len(run.services) == 0 {
		return s
	}
	s.action = "restart"
	if m.execs.services == nil {
		m.execs = run
	} else {
		for _, name := range run.services {
			m.execs.services = addName(m.execs.services, name)
		}
	}
	if has(s.words[i:], "repeat") {
		m.lost(s, "it is tried again as backoff: says")
	}
	return s
}

// isRestartLimit reads 5 restarts within 5 cycles.
func isRestartLimit(s statement) bool {
	if len(s.words) < 2 {
		return false
	}
	_, ok := wholeNumber(s.words[0])
	return ok && s.words[1].is("restart", "restarts")
}

func has(words []token, keywords ...string) bool {
	for _, w := range words {
		if w.is(keywords...) {
			return true
		}
	}
	return false
}

// existence reads [not] exist. An entry always says that the daemon must exist.
func (m *maker) existence(c condition) {
	not := has(c.words, "not", "nonexist", "nonexists")
	switch {
	case !not && len(c.words) == 1:
		m.lost(c.statement, "")
		m.forbidden = true
	case (c.action == "restart" || c.action == "start") && c.often != "":
		m.entry.note("Monit restarted it only after %s; here it is looked for twice within a run, see recheck:.", c.often)
	case c.action == "restart" || c.action == "start":
	case c.action == "alert":
		m.watchOnly = "Monit only alerted"
	default:
		m.lost(c.statement, "here it is restarted")
	}
}

// owner reads failed uid root: a process of another user does not count here.
func (m *maker) owner(c condition) {
	key := "user"
	if c.words[1].is("gid") {
		key = "group"
	}
	value := c.words[2].text
	switch {
	case c.action != "restart":
		m.lost(c.statement, key+": would restart it")
	case isUser(value) && m.set(key, value):
		if c.often != "" {
			m.explain(key, "Monit waited for "+c.often)
		}
	default:
		m.lost(c.statement, "")
	}
}

// lost notes that a statement is not carried over, and why.
func (m *maker) lost(s statement, why string) {
	if why != "" {
		why = " (" + why + ")"
	}
	m.entry.note("Not carried over: %s%s", s.text, why)
}

// set adds a key, and reports whether the entry did not have it yet.
func (m *maker) set(name string, value any) bool {
	return m.entry.addKey(draft.Key{Name: name, Value: value})
}

// explain adds a comment to a key.
func (m *maker) explain(name, about string) {
	if k := keyOf(m.entry.keys, name); k != nil {
		k.About = about
	}
}

// inSeconds formats whole seconds for the configuration, limited to one day.
func inSeconds(n int) string {
	n = min(n, 86_400)
	switch {
	case n%3600 == 0:
		return strconv.Itoa(n/3600) + "h"
	case n%60 == 0:
		return strconv.Itoa(n/60) + "m"
	}
	return strconv.Itoa(n) + "s"
}
