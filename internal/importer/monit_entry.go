package importer

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// maker makes an entry of a block.
type maker struct {
	g           *gathering
	block       *block
	entry       *entry
	cycle       int                  // seconds between two of Monit's looks
	limits      map[string]condition // by the key that they have become
	reasons     []string             // the values of restart_on
	connections []condition
	starts      statement
	stops       statement
	restarts    statement
	execs       method // commands of Monit's that restart services
	doubt       string // a doubt about the services
	watchOnly   string // why it is not restarted
	forbidden   bool   // it should not run
}

func (g *gathering) makeEntry(b *block, cycle int) *entry {
	m := &maker{g: g, block: b, cycle: cycle, limits: make(map[string]condition)}
	m.entry = &entry{file: b.file, lines: []int{b.line}, kind: b.title(), title: b.name}
	for _, s := range b.statements {
		m.statement(s)
	}
	switch {
	case isPIDFile(b.pidfile):
		m.set("pidfile", b.pidfile)
	case b.pidfile != "":
		m.entry.note("Not carried over: pidfile %s (which is not a full path)", brief(b.pidfile))
	}
	m.listen()
	m.services()
	m.identify()
	m.entry.addDoubt(m.doubt)
	m.restart()
	return m.entry
}

func (m *maker) statement(s statement) {
	switch s.verb {
	case "start":
		m.starts = s
	case "stop":
		m.stops = s
	case "restart":
		m.restarts = s
	case "if":
		m.test(s)
	case "depends": // see link
	case "group":
		for _, w := range s.words {
			m.g.groups = addName(m.g.groups, w.text)
		}
	case "mode":
		m.mode(s)
	case "onreboot":
		if !has(s.words, "start") {
			m.lost(s, "daemon-keeper pause leaves it alone, over a reboot, too")
		}
	case "every":
		m.lost(s, "it is looked at in each run")
	case "alert", "noalert":
		m.lost(s, "mail: is about all of them")
	default:
		m.lost(s, "")
	}
}

func (m *maker) mode(s statement) {
	switch {
	case has(s.words, "active"):
	case has(s.words, "passive"):
		m.watchOnly = "Monit only alerted (mode passive)"
	default:
		m.watchOnly = "Monit did not restart it (" + s.text + ")"
	}
}

// restart sets the reasons to restart, other than being down.
func (m *maker) restart() {
	switch {
	case len(m.reasons) == 0:
	case len(m.entry.services) > 0:
		m.set("restart_on", m.reasons)
	default:
		m.entry.note("Monit restarted it on %s: restart_on: [%[1]s], once it has services.", strings.Join(m.reasons, ", "))
	}
}

// listen takes over the connections that caused a restart and that the configuration can
// express. All addresses must get the same send and expect.
func (m *maker) listen() {
	const most = 16
	var addresses, about []string
	var first connection
	for _, c := range m.connections {
		test := connectionOf(c.words)
		address, why := test.address()
		switch {
		case has(c.words, "succeeded"):
			m.lost(c.statement, "")
		case why != "":
			m.lost(c.statement, why)
		case weight(c.action) == 0:
			m.lost(c.statement, "Monit did not restart it; listen: "+address+" would")
		case slices.Contains(addresses, address):
			m.lost(c.statement, "an address is asked once")
		case len(addresses) > 0 && (test.asked != first.asked || test.answer != first.answer), len(addresses) == most:
			m.lost(c.statement, "all addresses are asked the same")
		default:
			if len(addresses) == 0 {
				first = test
			}
			addresses = append(addresses, address)
			first.timeout = max(first.timeout, test.timeout)
			for _, text := range c.aboutConnection(test) {
				if !slices.Contains(about, text) {
					about = append(about, text)
				}
			}
		}
	}
	switch len(addresses) {
	case 0:
		return
	case 1:
		m.set("listen", addresses[0])
	default:
		m.set("listen", addresses)
	}
	m.explain("listen", strings.Join(about, "; "))
	if first.asked != "" {
		m.set("send", first.asked)
	}
	if first.answer != "" {
		m.set("expect", first.answer)
	}
	if first.timeout > 0 {
		m.set("probe_timeout", inSeconds(first.timeout))
	}
}

// aboutConnection says what is lost of a connection.
func (c condition) aboutConnection(test connection) []string {
	var about []string
	if test.lost != "" {
		about = append(about, test.lost)
	}
	if test.more {
		about = append(about, "not all of Monit's test")
	}
	if c.often != "" {
		about = append(about, "Monit waited for "+c.often)
	}
	return about
}

// commandOf returns the command of a start, stop or restart program.
func commandOf(s statement) string {
	var words []string
	for _, w := range s.words {
		switch {
		case w.form == quotedWord:
			return strings.Join(strings.Fields(w.text), " ")
		case w.is("uid", "gid", "timeout"):
			return strings.Join(words, " ")
		case !w.is("=", "=="):
			words = append(words, w.text)
		}
	}
	return strings.Join(words, " ")
}

// valueOf returns the word after a keyword.
func valueOf(s statement, keyword string) string {
	for i, w := range s.words {
		if w.is(keyword) && i+1 < len(s.words) {
			return s.words[i+1].text
		}
	}
	return ""
}

// method is a command of Monit's, and the services that it calls a service manager for.
type method struct {
	command  string
	services []string
	about    string
	doubt    string
	programs []string // the programs that do not call a service manager
}

// harmless matches commands that only look, wait or print.
var harmless = words.Pattern{Text: `^(test|\[|sleep|true|:|echo|logger|cd|fi|exit)$`}

func methodOf(s statement, stops bool) method {
	m := method{command: commandOf(s)}
	l, err := readList(m.command[:min(len(m.command), mostLine)], nil)
	if err != nil {
		return m
	}
	for _, b := range l.commands() {
		c, ok := serviceCall(texts(b.words))
		switch {
		case ok && c.stops == stops:
			m.services = addServices(m.services, c.services)
			m.about, m.doubt = cmp.Or(m.about, c.about), cmp.Or(m.doubt, c.doubt)
		case !ok && !harmless.Get().MatchString(path.Base(b.program())):
			m.programs = append(m.programs, b.program())
		}
	}
	return m
}

// started returns what the block's start program calls.
func (b *block) started() method {
	var start statement
	for _, s := range b.statements {
		if s.verb == "start" {
			start = s
		}
	}
	return methodOf(start, false)
}

// services takes the services of the start program.
func (m *maker) services() {
	start, stop := methodOf(m.starts, false), methodOf(m.stops, true)
	if again := methodOf(m.restarts, false); len(start.services) == 0 {
		if len(again.services) > 0 {
			start = again
		}
	} else if m.restarts.verb != "" && !slices.Equal(again.services, start.services) {
		m.lost(m.restarts, "it is stopped and started")
	}
	switch {
	case len(m.execs.services) == 0:
	case start.command == "":
		start = m.execs
	case !slices.Equal(m.execs.services, start.services):
		m.entry.note("Monit also restarted %s, by \"%s\".", strings.Join(m.execs.services, ", "), brief(m.execs.command))
	}
	m.timeouts()
	m.asUser()
	switch {
	case start.command == "" && m.watchOnly == "":
		m.watchOnly = "Monit did not start it"
	case len(start.services) == 0 && start.command != "":
		m.entry.note("Monit started it by \"%s\", which does not call a service manager: write a unit or an rc.d script, and name it in services:.", brief(start.command))
		m.entry.servicesAbout = "only watches"
		return
	}
	if m.watchOnly != "" {
		m.entry.servicesAbout = "only watches: " + m.watchOnly
		if len(start.services) > 0 {
			m.entry.servicesAbout += fmt.Sprintf("; [%s] would restart it", strings.Join(start.services, ", "))
		}
		return
	}
	m.entry.services, m.entry.servicesAbout, m.doubt = start.services, start.about, start.doubt
	switch {
	case stop.command == "" || slices.Equal(slices.Sorted(slices.Values(stop.services)), slices.Sorted(slices.Values(start.services))):
	case len(stop.services) == 0:
		m.entry.note("Monit stopped it by \"%s\"; here its service is stopped.", brief(stop.command))
	default:
		m.entry.note("Monit stopped %s, and started %s; here each is stopped and started.", strings.Join(stop.services, ", "), strings.Join(start.services, ", "))
	}
	if len(start.programs) > 0 {
		m.entry.note("Monit's start program does more: \"%s\"", brief(start.command))
	}
}

// timeouts takes over how long Monit waited for the daemon, if that is longer than our
// default.
func (m *maker) timeouts() {
	for _, limit := range [...]struct {
		by      statement
		key     string
		seconds int // our default
	}{{m.starts, "verify", 30}, {m.starts, "start_timeout", 180}, {m.stops, "stop_timeout", 60}} {
		if n, ok := wholeNumber(token{text: valueOf(limit.by, "timeout")}); ok && n > limit.seconds {
			m.set(limit.key, inSeconds(n))
		}
	}
}

func (m *maker) asUser() {
	if group := valueOf(m.starts, "gid"); group != "" && valueOf(m.starts, "uid") == "" {
		m.entry.note("Monit ran the start program as group %s; a service is started by root, and has its group from its own unit or script.", brief(group))
	}
	if user := valueOf(m.starts, "uid"); user != "" && user != "root" && user != "0" {
		m.entry.note("Monit ran the start program as user %s; a service is started by root, and has its user from its own unit or script.", brief(user))
	}
}
