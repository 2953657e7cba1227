package importer

import (
	"path"
	"strings"

	"daemon-keeper/internal/words"
)

// identify finds the daemon's program. Monit knows a pidfile or a pattern; often there is
// also a check of the program's file that the daemon depends on.
func (m *maker) identify() {
	e := m.entry
	if m.block.matching != "" {
		e.process = identify(m.block.matching, extended)
		e.process.doubtPath()
		m.usable()
		if m.entry.called != "" && m.entry.doubt == "" { // a program that java or ruby runs has another name
			m.entry.doubt = "\"" + brief(m.entry.called) + "\" stood somewhere in what ps shows, and name: is the file name of the program"
		}
	}
	file := m.g.programFile(m.block)
	found := m.block.pidfile != "" && m.g.takeFound(e, m.block.pidfile)
	if !found && file != nil && (e.executable == "" || e.doubt != "") {
		e.programFile = file
		e.process = process{executable: file.path, notes: []string{"its program is that of check file " + brief(file.name) + " (" + m.g.seenFrom(m.block.file, file.file, file.line) + ")"}}
		if runsOthers(file.path) {
			e.doubt = file.path + " runs other programs, too: args: or user: must tell this one from them"
		}
	}
	if found {
		e.programFile = file
	}
	if found && file != nil && file.path != e.executable {
		e.notes = append(e.notes, "check file "+brief(file.name)+" is of "+file.path)
	}
	switch {
	case m.forbidden:
		e.doubt = "Monit acted when it ran: a rule below forbid: reports that"
	case e.executable != "" || e.called != "" || e.doubt != "":
	default:
		m.guess()
	}
}

// usable drops values that the configuration would refuse.
func (m *maker) usable() {
	p := &m.entry.process
	if p.executable != "" && !usable(p.executable) || p.called != "" && !usable(p.called) || p.args != "" && !usable(p.args) {
		*p = process{doubt: "what Monit looked for is too long, or no text"}
	}
	m.g.limitPattern(p)
}

var (
	// Where programs are.
	programPath = words.Pattern{Text: `^(/[^/]+)*/(s?bin|libexec|lib|lib64|games)/`}
	safePath    = words.Pattern{Text: `^/[A-Za-z0-9._/@:+-]+$`}
)

// programFile returns the check of the program's file. Of several, it is the one with the
// name of the daemon.
func (g *gathering) programFile(of *block) *block {
	var files, alike []*block
	names := []string{of.name, strings.TrimSuffix(path.Base(of.pidfile), ".pid")}
	for _, need := range of.needs() {
		b := g.checks[strings.ToLower(need)]
		if b == nil || !b.isProgram() {
			continue
		}
		files = append(files, b)
		for _, n := range names {
			if path.Base(b.path) == n || strings.EqualFold(b.name, n+"_bin") {
				alike = append(alike, b)
				break
			}
		}
	}
	switch {
	case len(files) == 1:
		return files[0]
	case len(alike) == 1:
		return alike[0]
	}
	return nil
}

// isProgram reports whether it may be the check of a program's file.
func (b *block) isProgram() bool {
	return b.kind == "file" && path.IsAbs(b.path) && usable(b.path) && !strings.HasPrefix(b.path, "/etc/") &&
		(programPath.Get().MatchString(b.path) || strings.HasSuffix(strings.ToLower(b.name), "bin"))
}

// guess takes what Monit started: it may be the daemon itself, or a script.
func (m *maker) guess() {
	e := m.entry
	start := methodOf(m.starts, false)
	if len(start.programs) == 1 && len(start.services) == 0 && path.IsAbs(start.programs[0]) && usable(start.programs[0]) {
		e.executable = start.programs[0]
		e.doubt = "it may be this by which Monit started it, if that is not a script"
	} else {
		e.doubt = "its program is not known"
	}
	if safePath.Get().MatchString(m.block.pidfile) {
		e.doubt += "; while it runs, this tells"
		e.example = "readlink /proc/$(cat " + m.block.pidfile + ")/exe"
	}
}
