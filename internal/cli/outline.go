package cli

import (
	"strings"

	"github.com/alecthomas/kong"
)

// Outline is what the grammar says about commands and flags, for the completions of shells.
type Outline struct {
	Commands []CommandOutline // the first is the default command
	Flags    []FlagOutline    // of every command
}

// CommandOutline is one command.
type CommandOutline struct {
	Name, Help string
	Takes      Kind // the kind of its arguments
	Flags      []FlagOutline
}

// FlagOutline is one flag.
type FlagOutline struct {
	Long       string
	Short      string // its letter, "" if it has none
	Help       string
	Takes      Kind
	Value      string   // what the help calls its value; "" if it takes none
	Choices    []string // all possible values, if Takes is Choice
	Repeatable bool
	Nameless   bool // no arguments can be given with it
}

// Kind is what an argument or the value of a flag is, by the tag takes.
type Kind string

// The kinds.
const (
	None     Kind = ""         // no argument, or no value
	Anything Kind = "anything" // anything: it cannot be completed
	Choice   Kind = "choice"   // one of a few words
	Daemons  Kind = "daemons"  // names of daemons of the configuration
	Paused   Kind = "paused"   // names of daemons that are paused
	Names    Kind = "names"    // names of its daemons and its rules
	Specs    Kind = "specs"    // the same, or SPECs
	Files    Kind = "files"    // files
	Configs  Kind = "configs"  // configurations: *.yaml
	Metrics  Kind = "metrics"  // files for node_exporter: *.prom
	Folders  Kind = "folders"  // folders
	Programs Kind = "programs" // full paths of executables
	Users    Kind = "users"    // names of users
	Services Kind = "services" // services that the machine's manager can start
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
