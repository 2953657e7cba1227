// Package completion decides what may follow on a command line that is being typed,
// from the outline of the program's own grammar. The shells' stubs ask for it by the
// hidden command __complete.
package completion

import (
	"slices"
	"strings"

	"daemon-keeper/internal/cli"
)

// Sources answer what the grammar does not know. Each is asked only if needed, and returns
// nothing if it does not know.
type Sources interface {
	Names(config string, rules bool) []string // names of daemons, and of rules if rules is set; config is "" for the default one
	Paused(stateDir string) ([]string, bool)  // paused daemons; false if they cannot be read
	Services() []string                       // services that the manager knows
	Entries(folder string) []Entry            // the files in a folder
}

// Entry is a file in a folder; symbolic links are followed.
type Entry struct {
	Name               string
	Folder, Executable bool
}

// Nothing is the answer if the shell should complete nothing by itself. Otherwise it is a
// kind that shells complete better: files, folders, programs, users.
const Nothing cli.Kind = "none"

// Candidate is a possible word.
type Candidate struct{ Word, Help string }

// Answer is what is possible at the cursor.
type Answer struct {
	Candidates []Candidate
	Ask        cli.Kind // what the shell should complete by itself
	Suffix     string   // for files: the end of their names
	Prefix     string   // the part of the word before each candidate: --output=
}

// Complete returns what the last of the words can be; the first word is the program.
func Complete(o cli.Outline, words []string, from Sources) Answer {
	if len(words) < 2 {
		return Answer{Ask: Nothing}
	}
	last := len(words) - 1
	first, command := 1, o.Commands[0]
	for _, c := range o.Commands {
		if last > 1 && words[1] == c.Name {
			first, command = 2, c
		}
	}
	l := line{commands: o.Commands, command: command, flags: append(slices.Clone(command.Flags), o.Flags...), values: make(map[string]string)}
	for _, word := range words[first:last] {
		l.read(word)
	}
	a := l.answer(words[last], from)
	if last == 1 && !strings.HasPrefix(words[1], "-") {
		a.Candidates = append(a.Candidates, l.commandNames()...)
	}
	return a
}

// line is what was typed before the last word.
type line struct {
	commands  []cli.CommandOutline
	command   cli.CommandOutline
	flags     []cli.FlagOutline
	values    map[string]string // by the long names of the flags that are given
	arguments []string
	pending   *cli.FlagOutline // the flag whose value is the next word
	ended     bool             // "--" has ended the flags
}

func (l *line) commandNames() []Candidate {
	var list []Candidate
	for _, c := range l.commands {
		list = append(list, Candidate{c.Name, brief(c.Help)})
	}
	return list
}

func (l *line) read(word string) {
	switch {
	case l.pending != nil:
		l.values[l.pending.Long] = word
		l.pending = nil
	case l.ended || len(word) < 2 || word[0] != '-':
		l.arguments = append(l.arguments, word)
	case word == "--":
		l.ended = true
	case strings.HasPrefix(word, "--"):
		name, value, hasValue := strings.Cut(word[2:], "=")
		if f := l.long(name); f != nil && f.Takes != cli.None && !hasValue {
			l.pending = f
		} else if f != nil {
			l.values[f.Long] = value
		}
	default:
		f, value := l.letters(word, true)
		if f != nil && value == "" {
			l.pending = f
		} else if f != nil {
			l.values[f.Long] = value
		}
	}
}

// letters reads flags of one letter that are joined. It returns the flag that takes a value,
// and the part of the value in the same word.
func (l *line) letters(word string, note bool) (*cli.FlagOutline, string) {
	for i := 1; i < len(word); i++ {
		at := slices.IndexFunc(l.flags, func(f cli.FlagOutline) bool { return f.Short == word[i:i+1] })
		if at < 0 {
			return nil, ""
		}
		if l.flags[at].Takes != cli.None {
			return &l.flags[at], word[i+1:]
		}
		if note {
			l.values[l.flags[at].Long] = ""
		}
	}
	return nil, ""
}

func (l *line) long(name string) *cli.FlagOutline {
	for i := range l.flags {
		if l.flags[i].Long == name {
			return &l.flags[i]
		}
	}
	return nil
}

func (l *line) answer(current string, from Sources) Answer {
	switch {
	case l.pending != nil:
		return l.value(*l.pending, current, "", from)
	case l.ended || !strings.HasPrefix(current, "-"):
		for _, f := range l.flags {
			if _, given := l.values[f.Long]; given && f.Nameless {
				return Answer{Ask: Nothing}
			}
		}
		return l.kind(l.command.Takes, current, from)
	case strings.HasPrefix(current, "--"):
		name, value, hasValue := strings.Cut(current, "=")
		if !hasValue {
			return l.flagNames()
		}
		if f := l.long(name[2:]); f != nil {
			return l.value(*f, value, name+"=", from)
		}
		return Answer{Ask: Nothing}
	}
	if f, value := l.letters(current, false); f != nil && value != "" {
		return l.value(*f, value, strings.TrimSuffix(current, value), from)
	}
	return l.flagNames()
}

// flagNames returns the flags that can still be given.
func (l *line) flagNames() Answer {
	a := Answer{Ask: Nothing}
	for _, f := range l.flags {
		if _, given := l.values[f.Long]; given && !f.Repeatable {
			continue
		}
		if f.Short != "" {
			a.Candidates = append(a.Candidates, Candidate{"-" + f.Short, brief(f.Help)})
		}
		a.Candidates = append(a.Candidates, Candidate{"--" + f.Long, brief(f.Help)})
	}
	return a
}

// value returns what the value of a flag can be; prefix precedes it in the same word.
func (l *line) value(f cli.FlagOutline, value, prefix string, from Sources) Answer {
	a := l.kind(f.Takes, value, from)
	a.Prefix = prefix
	if f.Takes == cli.Choice {
		a.Candidates = plain(f.Choices)
	}
	return a
}

// kind returns what an argument or a value of this kind can be.
func (l *line) kind(k cli.Kind, value string, from Sources) Answer {
	a := Answer{Ask: Nothing}
	switch k {
	case cli.Daemons, cli.Names:
		a.Candidates = l.names(from, k == cli.Names)
	case cli.Commands:
		a.Candidates = l.commandNames()
	case cli.Paused:
		a.Candidates = l.paused(from)
	case cli.Services:
		a.Candidates = plain(safe(from.Services()))
	case cli.Specs:
		if strings.HasPrefix(value, "/") {
			a.Ask = cli.Programs
		} else {
			a.Candidates = l.names(from, true)
		}
	case cli.Configs:
		a.Ask, a.Suffix = cli.Files, ".yaml"
	case cli.Metrics:
		a.Ask, a.Suffix = cli.Files, ".prom"
	case cli.Programs: // by their full paths
		if path := strings.TrimLeft(value, `'"`); path == "" || path[0] == '/' || path[0] == '~' {
			a.Ask = k
		}
	case cli.Files, cli.Folders, cli.Users:
		a.Ask = k
	}
	return a
}

// names returns the names in the configuration that have not been typed yet.
func (l *line) names(from Sources, rules bool) []Candidate {
	return l.others(from.Names(l.values["config"], rules))
}

// paused returns the daemons that can be resumed. If we may not read the pauses, it returns
// all daemons of the configuration.
func (l *line) paused(from Sources) []Candidate {
	names, ok := from.Paused(l.values["state-dir"])
	if !ok {
		return l.names(from, false)
	}
	return l.others(names)
}

func (l *line) others(names []string) []Candidate {
	return plain(slices.DeleteFunc(safe(names), func(n string) bool { return slices.Contains(l.arguments, n) }))
}

// safe returns the names that have no special meaning for a shell.
func safe(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return n == "" || n[0] == '-' || strings.ContainsFunc(n, func(c rune) bool {
			return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_.@:+/-", c)
		})
	})
}

func plain(words []string) []Candidate {
	var list []Candidate
	for _, w := range words {
		list = append(list, Candidate{Word: w})
	}
	return list
}

// brief shortens a help text so that it fits beside a candidate: up to a colon, a semicolon
// or a bracket.
func brief(help string) string {
	if i := strings.IndexAny(help, ":;("); i >= 0 {
		help = help[:i]
	}
	return strings.TrimRight(help, " .")
}
