package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Options are what the machine and the caller add to the files.
type Options struct {
	CheckOwner bool // refuse files and folders that are owned or writable by others
	Part       bool // other files will be read together with these, and may define daemons that these refer to

	// LookupUser and LookupGroup find the number behind a name; nil asks the
	// system. An unknown name is an error like any other.
	LookupUser, LookupGroup func(name string) (uint32, error)
}

// NotFoundError means that there is no configuration at all.
type NotFoundError struct {
	Path   string // the file
	Folder string // of the drop-ins
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("cannot find a configuration: there is neither %s nor %s/*.yaml", e.Path, e.Folder)
}

// Hint says what the user can do.
func (e *NotFoundError) Hint() string {
	return "let daemon-keeper init --write write one, name another with -c FILE, or name one daemon with -e PATH -s NAME"
}

// EmptyError means that there are files, but they define nothing. A file may have lost its
// content; without this error nothing would be kept, silently.
type EmptyError struct {
	Files []string
	Blank bool // they contain only comments
}

func (e *EmptyError) Error() string {
	return fmt.Sprintf("cannot keep anything: no daemon and no rule is defined in %s", strings.Join(e.Files, ", "))
}

// Hint says what the user can do.
func (e *EmptyError) Hint() string {
	if e.Blank { // nobody has started to write it
		return "daemon-keeper init proposes what to write"
	}
	return "write daemons below daemons:, or leave the file away and take the line out of the crontab"
}

// Load reads path and the *.yaml in the folder beside it (/etc/x.yaml, /etc/x.d), in the order
// of their names. Either may be missing. A file with a mistake is left out as a whole, but for
// the defaults of the main file. The error is a NotFoundError.
func Load(path string, opts Options) (Config, []Mistake, error) {
	l := newLoader(opts)
	times := l.builtIn()
	if main := l.load(path, times, &times); main != nil {
		l.parts = append(l.parts, main)
	}
	folder := folderOf(path)
	for _, file := range l.dropIns(folder) {
		l.parts = append(l.parts, l.load(file, times, nil))
	}
	if len(l.parts) == 0 {
		return Config{}, nil, &NotFoundError{path, folder}
	}
	l.checkNames()
	l.checkAfter()
	return l.result()
}

func newLoader(opts Options) *loader {
	return &loader{
		Options: opts,
		shared:  &shared{sections: make(sections), users: newUsers(opts.LookupUser), groups: newGroups(opts.LookupGroup)},
	}
}

// folderOf returns the folder of the drop-ins of a file.
func folderOf(path string) string {
	base := strings.TrimSuffix(path, filepath.Ext(path))
	if ext := filepath.Ext(path); ext != ".yaml" && ext != ".yml" {
		base = path
	}
	return base + ".d"
}

// loader holds the files of one Load.
type loader struct {
	*shared
	Options
	parts []*part
}

// part is the content of one file.
type part struct {
	decoder
	entries []entry
	read    bool // its bytes could be read
	known   bool // the names that it defines are known
	blank   bool // it contains only comments
}

func (p *part) sound() bool { return len(p.mistakes) == 0 }

func (l *loader) builtIn() (times defaults) {
	d := &decoder{shared: l.shared}
	into := valueOf(&times)
	d.defaults(d.of(into.Type()), into)
	return times
}

// load reads one file. own is nil for a drop-in; for the main file it is where its defaults go.
// It returns nil if the main file is missing.
func (l *loader) load(path string, times defaults, own *defaults) *part {
	p := &part{decoder: decoder{shared: l.shared, file: path, isMain: own != nil}}
	data, err := readFile(path, l.CheckOwner)
	if errors.Is(err, fs.ErrNotExist) && own != nil && !isThere(path) {
		return nil
	}
	if err != nil {
		p.add(problemOf(err).at(&node{}))
		return p
	}
	p.read = true
	root, told, stop := parse(data)
	for _, m := range told {
		p.add(&m)
	}
	if stop != nil {
		p.mistakes = nil // earlier reports may be caused by the same mistake
		p.add(stop)
		return p
	}
	p.known = true
	p.blank = root == nil && bytes.IndexByte(data, '#') >= 0
	p.entries, times = p.top(root, times)
	if own != nil {
		*own = times
	}
	return p
}

// maxEntries is how many daemons and rules there may be.
const maxEntries = 10_000

// origin is where a name is defined.
type origin struct {
	file string
	line int
}

func (o origin) in(file string) string {
	if o.file == file {
		return fmt.Sprintf("line %d", o.line)
	}
	return fmt.Sprintf("%s:%d", o.file, o.line)
}

// checkNames refuses a file that defines a name which an earlier file has defined. It makes no
// difference whether that file is refused itself: a broken file must not decide which of two
// definitions holds.
func (l *loader) checkNames() {
	first := make(map[string]origin)
	count := 0
	for _, p := range l.parts {
		for _, e := range p.entries {
			if o, twice := first[e.name]; twice {
				p.add(wrong("choose another name, or remove one of the two", "cannot define %s: it is defined in %s", quote(e.name), o.in(p.file)).at(e.key))
				continue
			}
			first[e.name] = origin{p.file, e.key.Line}
		}
		if count+len(p.entries) > maxEntries {
			p.add(wrong("run daemon-keeper for each half, with -c FILE", "cannot keep more than %d daemons and rules: this file would make it %d", maxEntries, count+len(p.entries)).at(&node{}))
		}
		if p.sound() {
			count += len(p.entries)
		}
	}
}

// result joins what the files without mistakes define, and collects the mistakes of all files.
func (l *loader) result() (Config, []Mistake, error) {
	var c Config
	var mistakes []Mistake
	c.Blank = len(l.parts) > 0
	for _, p := range l.parts {
		c.Blank = c.Blank && p.blank
		if p.read {
			c.Files = append(c.Files, p.file)
		}
		slices.SortStableFunc(p.mistakes, func(a, b Mistake) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		if p.read && !isNamedSo(p.file) {
			p.mistakes = withoutText(p.mistakes)
		}
		mistakes = append(mistakes, p.mistakes...)
		if !p.sound() {
			continue
		}
		if p.isMain {
			c.Notify, c.Evidence = p.told.Notify, p.told.Evidence
		}
		for _, e := range p.entries {
			if e.daemon != nil {
				c.Daemons = append(c.Daemons, *e.daemon)
			} else {
				c.Forbid = append(c.Forbid, *e.rule)
			}
		}
	}
	return c, mistakes, nil
}
