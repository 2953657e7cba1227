package cli

import (
	"strings"

	"github.com/alecthomas/kong"
)

// Outline is what is known of the commands and flags from the grammar, for the completions of
// shells.
type Outline struct {
	Commands []CommandOutline // the first is the one that is meant if none is given
	Flags    []FlagOutline    // of every command
}

// CommandOutline is one command.
type CommandOutline struct {
	Name, Help string
	Takes      Kind // what its arguments are
	Flags      []FlagOutline
}

// FlagOutline is one flag.
type FlagOutline struct {
	Long       string
	Short      string // its letter, "" if it has none
	Help       string
	Takes      Kind
	Value      string   // what the help calls its value, "" if it takes none
	Choices    []string // Takes is Choice: all that it can be
	Repeatable bool
	Nameless   bool // with it no arguments can be given
}

// Kind is what an argument or the value of a flag is; the tag takes has it.
type Kind string

// The kinds.
const (
	None     Kind = ""         // there is no argument, or no value
	Anything Kind = "anything" // there is one, but nobody can guess it
	Choice   Kind = "choice"   // one of a few words
	Daemons  Kind = "daemons"  // names of daemons of the configuration
	Paused   Kind = "paused"   // names of daemons that are paused
	Names    Kind = "names"    // names of its daemons and its rules
	Specs    Kind = "specs"    // these, or SPECs
	Files    Kind = "files"    // files
	Configs  Kind = "configs"  // configurations: *.yaml
	Metrics  Kind = "metrics"  // what node_exporter reads: *.prom
	Folders  Kind = "folders"  // folders
	Programs Kind = "programs" // full paths of executables
	Users    Kind = "users"    // names of users
	Services Kind = "services" // what the machine's manager can start
	Commands Kind = "commands" // commands of the program
)

// Outline returns the outline of the command line.
func (p *Parser) Outline() Outline {
	o := Outline{Flags: []FlagOutline{{Long: "help", Short: "h", Help: "Print the help."}}}
	for _, f := range p.model().Flags {
		o.Flags = append(o.Flags, outlineFlag(f))
	}
	for _, node := range p.model().Children {
		c := CommandOutline{Name: node.Name, Help: node.Help}
		for _, a := range node.Positional {
			c.Takes = Kind(a.Tag.Get("takes"))
		}
		for _, f := range node.Flags {
			c.Flags = append(c.Flags, outlineFlag(f))
		}
		o.Commands = append(o.Commands, c)
	}
	return o
}

func outlineFlag(f *kong.Flag) FlagOutline {
	o := FlagOutline{Long: f.Name, Help: f.Help, Repeatable: f.Tag.Has("repeats"), Nameless: f.Tag.Has("nameless")}
	if f.Short != 0 {
		o.Short = string(f.Short)
	}
	if f.IsBool() {
		return o
	}
	o.Value, o.Takes, o.Choices = f.PlaceHolder, Kind(f.Tag.Get("takes")), strings.Fields(f.Tag.Get("choices"))
	switch {
	case len(o.Choices) > 0:
		o.Takes = Choice
	case o.Takes == None:
		o.Takes = Anything
	}
	return o
}
