package importer

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"daemon-keeper/internal/draft"
	"daemon-keeper/internal/words"
)

// gathering collects the content of a draft.
type gathering struct {
	files      []File
	crontabs   []cronFile
	monits     []monitFile
	entries    []*entry
	problems   []Problem
	left       []string          // texts for the end of the draft
	mail       []string          // recipients of Monit's alerts
	bareNames  bool              // a daemon is known only by its name
	watches    bool              // a line of a crontab looks for a daemon itself
	checks     map[string]*block // all of Monit's checks, by name
	limits     []string          // places where Monit limits restarts
	groups     []string
	patterns   int              // number of args that are patterns
	waits      int              // number of dependencies in after:
	understood bool             // something else was understood
	found      map[string]Found // by pidfile
	foundSome  bool
	same       map[string]*entry
}

func newGathering(files []File) *gathering {
	return &gathering{files: files, same: make(map[string]*entry), checks: make(map[string]*block)}
}

// at names a line; the file is left out if there is only one.
func (g *gathering) at(file string, line int) string {
	if len(g.files) == 1 {
		return fmt.Sprintf("line %d", line)
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// seenFrom is at, for a reference from an entry of a file, perhaps the same.
func (g *gathering) seenFrom(entry, file string, line int) string {
	if entry == file {
		return fmt.Sprintf("line %d", line)
	}
	return g.at(file, line)
}

// atLine is at for the beginning of a sentence.
func (g *gathering) atLine(file string, line int) string {
	return strings.Replace(g.at(file, line), "line ", "Line ", 1)
}

// in names a file if there are several; otherwise it is "".
func (g *gathering) in(file string) string {
	if len(g.files) == 1 {
		return ""
	}
	return " in " + file
}

// merge adds a daemon of a crontab. If the same daemon was added already, perhaps with
// another service, that one gets the service: some crontabs have a line for each service of a
// daemon.
func (g *gathering) merge(e *entry) {
	identity := fmt.Sprintf("%q", []any{e.executable, e.called, e.args, e.doubt, e.keys})
	first := g.same[identity]
	if first == nil {
		g.same[identity] = e
		g.entries = append(g.entries, e)
		return
	}
	first.services = addServices(first.services, e.services)
	if first.file == e.file {
		first.lines = append(first.lines, e.lines...)
	} else {
		first.note("Also %s.", g.at(e.file, e.lines[0]))
	}
	for _, n := range e.about {
		if !slices.Contains(first.about, n) {
			first.note("%s", n)
		}
	}
}

// Limits that keep the draft within the limits of the configuration.
const (
	mostEntries  = 1000
	mostBytes    = 120_000
	mostLeft     = 100
	mostPatterns = 100
)

// limitPattern limits the number of patterns in entries with a doubt: further ones are left out.
func (g *gathering) limitPattern(p *process) {
	if p.args == "" || p.doubt == "" {
		return
	}
	if g.patterns++; g.patterns > mostPatterns {
		p.args = ""
	}
}

// draft returns what has been gathered, cut if it is too much.
func (g *gathering) draft() draft.Draft {
	n := min(len(g.entries), mostEntries)
	g.name(g.entries[:n])
	if len(g.first(n).YAML()) > mostBytes {
		n = sort.Search(n, func(i int) bool { return len(g.first(i+1).YAML()) > mostBytes })
	}
	if n < len(g.entries) {
		e := g.entries[n]
		g.problem(e.file, e.lines[0], "cannot carry over more at once: the draft ends here", "import the files one by one, or in parts")
	}
	return g.first(n)
}

// first returns a draft of the first n entries.
func (g *gathering) first(n int) draft.Draft {
	kept := make(map[*entry]bool, n)
	for _, e := range g.entries[:n] {
		kept[e] = true
	}
	var d draft.Draft
	for _, e := range g.entries[:n] {
		shown := *e
		shown.after = slices.DeleteFunc(slices.Clone(e.after), func(a *entry) bool { return !kept[a] })
		d.Daemons = append(d.Daemons, shown.draft(g.origin(e)))
	}
	if n > 0 {
		d.About = g.about(g.entries[:n])
	}
	d.Left = g.left
	if more := len(d.Left) - mostLeft; more > 0 {
		d.Left = append(slices.Clone(d.Left[:mostLeft]), fmt.Sprintf("And %d more.", more))
	}
	return d
}

// name gives the entries their names, and notes which are about the same program.
func (g *gathering) name(entries []*entry) {
	taken := make(map[string]bool)
	programs := make(map[[2]string]*entry)
	for _, e := range entries {
		e.name = draft.Name(e.title, taken)
		if e.executable != "" && !draft.IsProgram(e.executable) {
			e.addDoubt("executable: does not take " + brief(e.executable) + ": a * may only stand for a version in the name of a folder")
			e.executable = ""
		}
		if e.kind != "" && e.name != e.title {
			e.note("Monit calls it %s.", brief(e.title))
		}
		program := [2]string{e.executable, e.args}
		if first := programs[program]; e.executable != "" && first != nil {
			e.note("The same program as %s.", first.name)
		} else {
			programs[program] = e
		}
	}
}

// origin says where an entry comes from.
func (g *gathering) origin(e *entry) string {
	where := g.at(e.file, e.lines[0])
	if n := len(e.lines); n > 1 {
		numbers := make([]string, 0, n)
		for _, line := range e.lines[:min(n, mostNotes)] {
			numbers = append(numbers, fmt.Sprint(line))
		}
		where = strings.Replace(where, fmt.Sprintf("line %d", e.lines[0]), "lines ", 1)
		where = strings.TrimSuffix(where, numbers[0]) + strings.Join(numbers, ", ")
	}
	if e.kind != "" {
		where += ": " + e.kind
	}
	return where
}

// about says what a person must do with the draft.
func (g *gathering) about(entries []*entry) []string {
	lines := []string{fmt.Sprintf("A draft by daemon-keeper import, of %s. Read it, complete it, and save it as daemon-keeper.yaml. "+
		"Then see what daemon-keeper validate says, and daemon-keeper check while all is well: it must find each of them up.", g.sources())}
	isMonits := func(e *entry) bool { return e.kind != "" }
	hasMonits := slices.ContainsFunc(entries, isMonits)
	var old []string
	if !hasMonits || slices.ContainsFunc(entries, func(e *entry) bool { return !isMonits(e) }) {
		if old = []string{"take out the script's lines"}; g.watches {
			old[0] = "take out the old lines"
		}
	}
	if hasMonits {
		old = append(old, "stop Monit")
	}
	lines = append(lines,
		fmt.Sprintf("At last %s, or both restart the same daemons, and put this into root's crontab, unless a package has brought a cron job; \"command -v daemon-keeper\" tells the path:", strings.Join(old, " and ")),
		"  * * * * * /usr/local/sbin/daemon-keeper")
	if g.bareNames {
		lines = append(lines, "", "name: was looked for in all that ps shows. Here it is the whole file name of the program, or the kernel's name of "+
			"a script's process; daemon-keeper match NAME shows what has it. executable: /PATH is better: anybody can run something of that name, and no process may have the name of a daemon that java, python or ruby runs: it would be restarted while it is up.")
	}
	if g.foundSome {
		lines = append(lines, "", "What was found through a pidfile is what runs on this machine now. For files of another one: daemon-keeper import --offline.")
	}
	if slices.ContainsFunc(entries, (*entry).off) {
		lines = append(lines, "", "An entry that is a comment is to be completed. Write the program behind executable: (for a daemon that is a script, "+
			"the script), and take the first two characters off each line. A command that tells the program is for Linux; on FreeBSD: "+
			"procstat -b $(cat PIDFILE). daemon-keeper init shows the programs of the services that run.")
	}
	return lines
}

func (g *gathering) sources() string {
	const most = 5
	var names []string
	for _, f := range g.files {
		names = append(names, f.Name)
	}
	if more := len(names) - most; more > 0 {
		names = append(names[:most], words.Plural(more, "more file"))
	}
	return strings.Join(names, ", ")
}
