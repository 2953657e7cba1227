package importer

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/words"
)

// nameChecks indexes Monit's checks by their names.
func (g *gathering) nameChecks() {
	for _, f := range g.monits {
		for _, b := range f.blocks {
			if name := strings.ToLower(b.name); g.checks[name] == nil {
				g.checks[name] = b
			}
		}
	}
}

// addMonit makes entries of the control files' blocks.
func (g *gathering) addMonit() {
	cycle := g.cycle()
	entries := make(map[string]*entry)
	for _, f := range g.monits {
		for _, line := range f.unclosed {
			g.problem(f.name, line, "cannot read on here: a quote or a brace is not closed", "close it; what follows on the line was taken for a part of it")
		}
		for _, b := range f.blocks {
			if e := g.addBlock(b, cycle); e != nil && entries[strings.ToLower(b.name)] == nil {
				entries[strings.ToLower(b.name)] = e
			}
		}
		g.aboutFile(f)
	}
	g.link(entries)
	g.aboutAll()
}

// addBlock makes an entry of a check process.
func (g *gathering) addBlock(b *block, cycle int) *entry {
	switch {
	case b.kind != "process" || len(g.entries) > mostEntries:
		return nil
	case b.name == "":
		g.problem(b.file, b.line, "cannot read this check process: it has no name", "write check process NAME with pidfile PATH")
		return nil
	case b.pidfile == "" && b.matching == "":
		g.problem(b.file, b.line, fmt.Sprintf("cannot read check process %s: it has neither a pidfile nor matching", brief(b.name)), "write check process NAME with pidfile PATH")
		return nil
	}
	e := g.makeEntry(b, cycle)
	g.entries = append(g.entries, e)
	return e
}

// cycle returns how often Monit looked, in seconds.
func (g *gathering) cycle() int {
	for _, f := range g.monits {
		for _, s := range f.sets {
			if len(s.words) > 1 && s.words[0].is("daemon") {
				if n, ok := wholeNumber(s.words[1]); ok && n > 0 {
					return n
				}
			}
		}
	}
	return 60
}

// link gives each entry the entries that it depends on. A dependency that would close a cycle
// is left out.
func (g *gathering) link(entries map[string]*entry) {
	dependents := make(map[*entry][]string)
	for _, f := range g.monits {
		for _, b := range f.blocks {
			e := entries[strings.ToLower(b.name)]
			if e == nil || b.kind != "process" {
				continue
			}
			for _, need := range b.needs() {
				g.need(e, entries[strings.ToLower(need)], need, dependents)
			}
		}
	}
	for _, e := range g.entries {
		if names := dependents[e]; len(names) > 0 {
			e.note("Monit restarted %s with it: for that, add the services to its own.", listed(names))
		}
		if waits := e.waitsForComments(); len(waits) > 0 {
			e.note("after: [%s], once that is not a comment.", listed(waits))
		}
	}
}

// needs lists the names of the checks that a check depends on.
func (b *block) needs() []string {
	var names []string
	for _, s := range b.statements {
		if s.verb == "depends" {
			for _, w := range s.words {
				names = append(names, w.text)
			}
		}
	}
	return names[:min(len(names), mostServices)]
}

func (g *gathering) need(e, other *entry, name string, dependents map[*entry][]string) {
	switch check := g.checks[strings.ToLower(name)]; {
	case other != nil && other != e && !slices.Contains(e.after, other):
		g.waits++
		switch {
		case g.waits > mostWaits:
			e.note("Not carried over: depends on %s (there are too many such)", brief(name))
		case other.reaches(e, make(map[*entry]bool)):
			e.note("Not carried over: depends on %s (which waits for this one)", brief(name))
		default:
			e.after = append(e.after, other)
			dependents[other] = append(dependents[other], brief(e.title))
		}
	case other != nil:
	case check == nil:
		e.note("Not carried over: depends on %s (which is not in these files)", brief(name))
	case check.kind != "file" || check != e.programFile:
		e.note("Not carried over: depends on %s (check %s)", brief(name), check.kind)
	}
}

// mostWaits limits the dependencies, so that the search for cycles is short.
const mostWaits = 2000

// reaches reports whether an entry waits for another one, directly or indirectly.
func (e *entry) reaches(other *entry, seen map[*entry]bool) bool {
	if e == other {
		return true
	}
	if seen[e] {
		return false
	}
	seen[e] = true
	return slices.ContainsFunc(e.after, func(a *entry) bool { return a.reaches(other, seen) })
}

// waitsForComments lists the entries that it should wait for but cannot, because they are
// comments.
func (e *entry) waitsForComments() []string {
	var names []string
	for _, a := range e.after {
		if a.off() && !e.off() {
			names = append(names, brief(a.title))
		}
	}
	return names
}

// addName adds a name to a list for people, unless the list is full or has it.
func addName(list []string, name string) []string {
	if name = brief(name); len(list) > mostLeft || slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

// listed names a few.
func listed(names []string) string { return words.List(names, 40) }

// aboutFile notes what the draft does not have of a file.
func (g *gathering) aboutFile(f monitFile) {
	var others, settings []string
	for _, kind := range checkKinds[1:] {
		what := "check " + kind + " "
		for _, b := range f.blocks {
			if b.kind == kind {
				others = append(others, fmt.Sprintf("%s%s (line %d%s)", what, brief(b.name), b.line, b.restarted()))
				what = ""
			}
		}
	}
	if len(others) > 0 {
		g.left = append(g.left, fmt.Sprintf("Not carried over%s: %s.", g.in(f.name), listed(others)))
	}
	for _, s := range f.sets {
		if len(s.words) > 0 && !g.setting(f, s) {
			settings = addName(settings, s.words[0].text)
		}
	}
	if len(settings) > 0 {
		g.left = append(g.left, "Monit's own settings"+g.in(f.name)+" mean nothing here: "+listed(settings)+".")
	}
	for _, s := range f.includes {
		if len(s.words) > 0 && !g.isRead(s.words[0].text) {
			g.left = append(g.left, fmt.Sprintf("%s includes %s: import that, too, if it has check process.", g.atLine(f.name, s.line), brief(s.words[0].text)))
		}
	}
}

// restarted names the services that were restarted by a check that is not a check process.
func (b *block) restarted() string {
	var names []string
	for _, s := range b.statements {
		words := s.words
		if i := slices.IndexFunc(words, func(t token) bool { return t.is("exec", "execute") }); s.verb == "if" && i >= 0 {
			words = words[i+1:]
		}
		if s.verb == "start" || s.verb == "restart" || s.action == "exec" {
			for _, name := range methodOf(statement{words: words}, false).services {
				names = addName(names, name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ", which restarted " + listed(names)
}

// setting reports whether a set statement was dealt with.
func (g *gathering) setting(f monitFile, s statement) bool {
	switch {
	case s.words[0].is("alert"):
		if len(s.words) > 2 {
			g.left = append(g.left, fmt.Sprintf("%s (%s): a mail comes at the beginning and the end of an incident; events and reminders cannot be chosen.", brief(s.text), g.at(f.name, s.line)))
		}
		if len(s.words) > 1 && recipient.Get().MatchString(s.words[1].text) {
			g.mail = addName(g.mail, s.words[1].text)
		}
		return true
	case s.words[0].is("daemon"):
		if n, ok := wholeNumber(token{text: valueOf(s, "delay")}); ok && n > 0 {
			g.left = append(g.left, fmt.Sprintf("Monit first looked %d seconds after its own start (start delay, %s): boot_grace: %s among the defaults, if a boot needs it.", n, g.at(f.name, s.line), inSeconds(n)))
		}
		if n := g.cycle(); n != 60 {
			g.left = append(g.left, fmt.Sprintf("Monit looked every %s seconds (%s), daemon-keeper when cron runs it.", strconv.Itoa(n), g.at(f.name, s.line)))
		}
		return true
	}
	return false
}

// recipient matches the values that the configuration accepts for mail.
var recipient = words.Pattern{Text: `^[A-Za-z0-9_][A-Za-z0-9_.+=@-]{0,59}$`}

// isRead reports whether a given file matches a pattern of include; that is decided from the
// text of the pattern only.
func (g *gathering) isRead(pattern string) bool {
	for _, f := range g.files {
		if ok, err := path.Match(pattern, f.Name); err == nil && ok {
			return true
		}
	}
	return false
}

// aboutAll notes what is not carried over from any file.
func (g *gathering) aboutAll() {
	if len(g.limits) > 0 {
		g.left = append(g.left, "Limits of restarts ("+listed(g.limits)+"): here tries are spaced out and never given up, see backoff.")
	}
	if len(g.groups) > 0 {
		g.left = append(g.left, "Groups mean nothing here: "+listed(g.groups)+".")
	}
	if len(g.mail) > 0 {
		g.left = append(g.left, "set alert: a mail at the beginning and the end of each incident comes with this line at the top; for several recipients, an alias:", "  mail: "+g.mail[0])
	}
}
