package importer

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"daemon-keeper/internal/draft"
)

// Machine looks at the machine that the files belong to. It starts nothing and changes
// nothing.
type Machine interface {
	// Named finds running processes by pidfiles. It returns an answer for each question, in
	// the same order.
	Named(asked []Asked) []Found
}

// Asked is a pidfile, and the program that may have written it; "" if unknown.
type Asked struct {
	PIDFile, Program string
}

// Found is the process that a pidfile names.
type Found struct {
	PID    int          // the process ID in the file; 0 if it is of no use
	Runs   int          // the process that does the work: PID itself, or a child that PID waits for
	Parent int          // of Runs
	Others []int        // other processes that count as well
	Entry  draft.Daemon // an entry by which the daemon is up now, with notes
	Why    string       // why there is no Entry
}

// key returns the text of a key of the entry; "" if it has none.
func (f Found) key(name string) string {
	if k := keyOf(f.Entry.Keys, name); k != nil {
		return fmt.Sprint(k.Value)
	}
	return ""
}

// lookUp asks the machine about all pidfiles of the files at once.
func (g *gathering) lookUp(machine Machine) {
	if machine == nil {
		return
	}
	var asked []Asked
	known := make(map[string]bool)
	ask := func(file, program string) {
		if isPIDFile(file) && !known[file] && len(asked) < mostEntries {
			known[file] = true
			asked = append(asked, Asked{file, program})
		}
	}
	for _, f := range g.monits {
		for _, b := range f.blocks {
			if b.kind == "process" {
				ask(b.pidfile, g.programOf(b))
			}
		}
	}
	for _, c := range g.crontabs {
		for _, j := range c.jobs {
			if j.watch == nil {
				continue
			}
			for _, p := range j.watch.parts {
				if p.look != nil {
					ask(p.look.pidfile, "")
				}
			}
		}
	}
	if len(asked) == 0 {
		return
	}
	g.found = make(map[string]Found, len(asked))
	owners := make(map[int]string)
	answers := machine.Named(asked)
	for i, f := range answers {
		g.found[asked[i].PIDFile] = f
		if f.Runs != 0 {
			owners[f.Runs] = asked[i].PIDFile
		}
	}
	for file, f := range g.found {
		for _, pid := range f.Others {
			if other := owners[pid]; other != "" && f.Why == "" {
				f.Why = fmt.Sprintf("%s names process %d, which cannot be told from that of %s", file, f.PID, other)
				f.Entry.Keys = nil
				g.found[file] = f
			}
		}
	}
}

func isPIDFile(file string) bool { return usable(file) && path.IsAbs(file) }

// programOf returns what may be the program of a check: that of a check of its file, or what
// Monit started.
func (g *gathering) programOf(b *block) string {
	if file := g.programFile(b); file != nil {
		return file.path
	}
	start := b.started()
	if len(start.programs) == 1 && len(start.services) == 0 && isPIDFile(start.programs[0]) {
		return start.programs[0]
	}
	return ""
}

// takeFound completes an entry with the process that its pidfile names. It returns false, and
// notes why, if nothing was found.
func (g *gathering) takeFound(e *entry, file string) bool {
	f, asked := g.found[file]
	if !asked {
		return false
	}
	if f.Why != "" {
		e.notes = append(e.notes, "nothing was found through its pidfile: "+f.Why)
		return false
	}
	from := fmt.Sprintf("found through %s, process %d", file, f.PID)
	if f.Runs != f.PID {
		from += fmt.Sprintf(", for which process %d works", f.Runs)
	}
	e.process = process{executable: f.key("executable"), args: f.key("args"), notes: slices.Concat(e.notes, []string{from}, withoutStop(f.Entry.About))}
	for _, k := range f.Entry.Keys {
		switch k.Name {
		case "executable", "args", "services":
		case "expect":
			if own := keyOf(e.keys, "listen"); own != nil && own.Value == f.key("listen") {
				e.addKey(k)
			}
		default:
			e.addKey(k)
		}
	}
	if f.Runs != f.PID && f.Parent != f.PID {
		e.keys = withoutKey(e.keys, "pidfile")
	}
	g.foundSome = true
	return true
}

// withoutStop removes the full stops at the end of lines: the caller adds them again.
func withoutStop(lines []string) []string {
	var out []string
	for _, line := range lines {
		out = append(out, strings.TrimSuffix(line, "."))
	}
	return out
}
