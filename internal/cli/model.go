package cli

import (
	"slices"

	"github.com/alecthomas/kong"
)

// Outline is the command line as its grammar has it, for what is made from it:
// the completions of shells.
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

// Kind is what an argument, or the value of a flag, is.
type Kind int

// The kinds.
const (
	None     Kind = iota // there is no argument, or no value
	Anything             // there is one, but nobody can guess it
	Choice               // one of a few words
	Daemons              // names of daemons of the configuration
	Paused               // names of daemons that are paused
	Names                // names of its daemons and its rules
	Specs                // these, or SPECs
	Files                // files
	Configs              // configurations: *.yaml
	Metrics              // what node_exporter reads: *.prom
	Folders              // folders
	Programs             // full paths of executables
	Users                // names of users
	Services             // what the machine's manager can start
	Commands             // commands of the program
)

// Model returns the outline of the command line.
func Model(defaults Defaults) (Outline, error) {
	var g grammar
	parser, err := newParser(&g, defaults)
	if err != nil {
		return Outline{}, err
	}
	o := Outline{Flags: []FlagOutline{{Long: "help", Short: "h", Help: "Print the help."}}}
	for _, f := range parser.Model.Flags {
		o.Flags = append(o.Flags, outlineFlag("", f))
	}
	for _, node := range parser.Model.Children {
		c := CommandOutline{Name: node.Name, Help: node.Help}
		for _, p := range node.Positional {
			c.Takes = argumentKind(node.Name, p.Name)
		}
		for _, f := range node.Flags {
			c.Flags = append(c.Flags, outlineFlag(node.Name, f))
		}
		o.Commands = append(o.Commands, c)
	}
	o.borrowHelp()
	return o, nil
}

// borrowHelp gives a flag without a help that of the first command's flag of
// the same name.
func (o *Outline) borrowHelp() {
	helps := make(map[string]string)
	for _, f := range o.Commands[0].Flags {
		helps[f.Long] = f.Help
	}
	for _, c := range o.Commands {
		for i := range c.Flags {
			if c.Flags[i].Help == "" {
				c.Flags[i].Help = helps[c.Flags[i].Long]
			}
		}
	}
}

func outlineFlag(command string, f *kong.Flag) FlagOutline {
	o := FlagOutline{
		Long: f.Name, Help: f.Help,
		Repeatable: f.Name == "service" || f.Name == "also", // other lists are refused if they are given twice
		Nameless:   slices.Contains([]string{"executable", "service", "all"}, f.Name) && command != string(Inspect),
	}
	if f.Short != 0 {
		o.Short = string(f.Short)
	}
	if !f.IsBool() {
		o.Value = f.PlaceHolder
		o.Takes, o.Choices = valueKind(command, f.Name)
	}
	switch { // what is said of the flag of that name elsewhere is not true of these
	case command == string(Resume) && f.Name == "all":
		o.Help = "Resume all daemons."
	case command == string(ShowHistory) && f.Name == "output":
		o.Help = "Print the history as text or json."
	case command == string(Pause) && f.Name == "output":
		o.Help = "Print the pauses as text or json."
	case command == string(ShowWhy) && f.Name == "output":
		o.Help = "Print the explanation as text or json."
	case command == string(Inspect) && f.Name == "output":
		o.Help = "Print what was found as text or json."
	case command == string(Inspect) && f.Name == "all":
		o.Help = "Print all that was read, too."
	case command == string(ShowPIDFiles) && f.Name == "output":
		o.Help = "Print the pidfiles as text or json."
	}
	return o
}

func argumentKind(command, argument string) Kind {
	switch {
	case argument == "program":
		return Programs
	case argument == "file", argument == "report":
		return Files
	case argument == "command":
		return Commands
	case argument == "spec":
		return Specs
	case command == string(Resume):
		return Paused
	case command == string(Keep): // nothing is restarted for a rule, but it is looked at
		return Names
	}
	return Daemons
}

// valueKind is what the value of a flag is, which the grammar does not say.
func valueKind(command, flag string) (Kind, []string) {
	switch flag {
	case "config":
		return Configs, nil
	case "executable", "service-command":
		return Programs, nil
	case "service":
		return Services, nil
	case "user":
		return Users, nil
	case "run-dir", "state-dir":
		return Folders, nil
	case "also", "html":
		return Files, nil
	case "prometheus":
		return Metrics, nil
	case "facility":
		return Choice, facilities
	case "leftovers":
		return Choice, leftovers()
	case "only":
		return Choice, onlySeverities()
	case "color":
		return Choice, colors()
	case "output":
		if slices.Contains([]Action{Pause, ShowHistory, ShowWhy, ShowPIDFiles, Inspect}, Action(command)) {
			return Choice, []string{Text, JSON}
		}
		return Choice, outputs()
	}
	return Anything, nil
}
