// Package cli is the command line of daemon-keeper: its grammar, and what is
// refused before anything is looked at.
package cli

import (
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"daemon-keeper/internal/terminal"

	"github.com/alecthomas/kong"
)

// Action is which command was given.
type Action string

// The actions that are no command with flags of its own; the others stand beside theirs.
const (
	Keep         Action = "run"
	PrintHelp    Action = "help"
	PrintVersion Action = "version"
)

// Command is what was asked for.
type Command struct {
	Action
	Run               // what does not belong to the action has its zero value
	ConfigFile string // "" if there is none to be read
	Meant      string // the command that was probably meant, if the first name is nearly one

	All     bool          // Pause and Resume: all daemons. Inspect: all that was read
	For     time.Duration // Pause: for so long; 0: until it is resumed
	Reason  string        // Pause: why
	Since   string        // ShowHistory: from when on
	At      string        // ShowWhy: when; "": the last one
	Number  int           // ShowWhy: of which incident, as history counts them; 0: not so
	Part    bool          // CheckConfig: of one file of several
	Files   []string      // Import: what is read; none or - is standard input. ShowPage: the reports; none: of this machine
	Program []string      // Trace: it and its arguments, which may be anything
	MaxAge  time.Duration // ShowPage: a report that is older is not from now
	Follow  bool          // Trace: it may go into the background
	Also    []string      // ShowPIDFiles: what is looked at, too
	Only    string        // Inspect: the least severity that is told
	Color   string        // when to use colours; "" is auto
	Write   bool          // Propose: the configuration is written, if there is none
	Offline bool          // Import: the files are another machine's, and nothing of this one is looked at

	looks bool
}

// Looks reports whether the command restarts nothing, and so has nothing to tell syslog.
func (c Command) Looks() bool { return c.looks }

// Defaults are those that differ from system to system.
type Defaults struct {
	RunDir, StateDir, Config string
}

// UsageError is a command line that is refused.
type UsageError struct {
	Message string
	hint    string
}

func (e *UsageError) Error() string { return e.Message }

// Hint is the way out.
func (e *UsageError) Hint() string { return e.hint }

// Parse reads a command line. It looks at the file system only to refuse what
// names no program.
func Parse(args []string, defaults Defaults) (Command, error) {
	if c, ok := parseRun(args, defaults); ok {
		return c, nil
	}
	return parseAny(args, defaults)
}

func parseAny(args []string, defaults Defaults) (Command, error) {
	var g grammar
	parser, err := newParser(&g, defaults)
	if err != nil {
		return Command{}, err
	}
	args = commandFirst(args, parser.Model)
	if wantsHelp(args) {
		return Command{Action: PrintHelp, Run: Run{Names: topics(args, parser.Model)}}, nil
	}
	args, program := beforeProgram(args)
	if i := slices.IndexFunc(args, notUTF8); i >= 0 { // kong would change it
		return refused(args, Run{}, parser), usage("give the daemon's program through a symbolic link with a plain name", "cannot use argument %q: it is not UTF-8", args[i])
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return refused(args, g.Run, parser), parseError(err, named(args, parser.Model))
	}
	if g.Version {
		return Command{Action: PrintVersion}, nil
	}
	node := parsed.Selected()
	c := Command{Action: Action(node.Name), Run: g.Run, Program: program, looks: looks(node), Meant: mistyped(args, parser.Model)}
	if g.Color != terminal.Auto {
		c.Color = g.Color
	}
	flags, err := given(parsed)
	if err == nil && !slices.Contains(colors(), g.Color) {
		err = usage("choose one of "+strings.Join(colors(), ", "), "cannot use --color %q", g.Color)
	}
	if err == nil {
		err = node.Target.Addr().Interface().(asked).ask(&c, flags)
	}
	if err != nil {
		return refused(args, c.Run, parser), err
	}
	return c, nil
}

func notUTF8(arg string) bool { return !utf8.ValidString(arg) }

func looks(command *kong.Node) bool { return command.Tag.Has("looks") }

// given are the flags that stand on the command line.
func given(parsed *kong.Context) ([]string, error) {
	var flags []string
	for _, part := range parsed.Path {
		if part.Flag == nil {
			continue
		}
		if part.Flag.Name == "prometheus" && parsed.FlagValue(part.Flag) == "" {
			return nil, usage(prometheusHint, "cannot write metrics to a file without a name")
		}
		if part.Flag.Name == "html" && parsed.FlagValue(part.Flag) == "" {
			return nil, usage(htmlHint, "cannot write the page to a file without a name")
		}
		flags = append(flags, part.Flag.Name)
	}
	return flags, nil
}

// refused is what is left of a command line that cannot be used: where, and how,
// it is told.
func refused(args []string, r Run, parser *kong.Kong) Command {
	if !isFacility(r.Facility) {
		r.Facility = "daemon"
	}
	if !isTag(r.Tag) {
		r.Tag = "DAEMON-KEEPER"
	}
	c := Command{Action: Keep, Run: r}
	for _, command := range parser.Model.Children {
		if len(args) > 0 && args[0] == command.Name && looks(command) {
			c.Action, c.looks = Action(args[0]), true
		}
	}
	c.NoSyslog = c.looks || slices.Contains(args, "--no-syslog") // the rest may not have been read
	c.Output = outputOf(args)
	return c
}

// outputOf finds the output that a command line asks for, even if it cannot be
// used: a plugin's user sees nothing but that.
func outputOf(args []string) string {
	for i, arg := range args {
		value, found := strings.CutPrefix(arg, "--output=")
		if !found && strings.HasPrefix(arg, "-o") {
			value, found = strings.TrimPrefix(arg, "-o"), true
		}
		if (arg == "-o" || arg == "--output") && i+1 < len(args) {
			value, found = args[i+1], true
		}
		if found && slices.Contains(outputs(), value) {
			return value
		}
	}
	return Text
}

// parseRun reads a line of cron's, which names no command and no daemon, and in which
// nothing is wrong: most runs have one. The flags of all the other commands, which kong
// would read anew each time, would be a sixth of their work.
func parseRun(args []string, defaults Defaults) (Command, bool) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") || slices.ContainsFunc(args, notUTF8) {
		return Command{}, false
	}
	var g struct {
		Run Run `cmd:"" default:"withargs"`
	}
	parser, err := newParser(&g, defaults)
	if err != nil || firstWord(args, valued(parser.Model)) < len(args) {
		return Command{}, false
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return Command{}, false
	}
	c := Command{Action: Keep, Run: g.Run}
	flags, err := given(parsed)
	if err == nil {
		err = g.Run.ask(&c, flags)
	}
	return c, err == nil
}

func newParser(g any, d Defaults) (*kong.Kong, error) {
	return kong.New(g, kong.Name("daemon-keeper"), kong.Vars{"run_dir": d.RunDir, "state_dir": d.StateDir, "config": d.Config}, kong.NoDefaultHelp(),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(readDuration)))
}

// wantsHelp finds a request for help before the first "--".
func wantsHelp(args []string) bool {
	for _, a := range args {
		switch a {
		case "--":
			return false
		case "-h", "--help":
			return true
		}
	}
	return false
}

// unique keeps the order; a service is restarted once per run.
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
