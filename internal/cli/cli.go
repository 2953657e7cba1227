// Package cli is the command line of daemon-keeper: its grammar, and what is
// refused before anything is looked at.
package cli

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// Run is the command that keeps daemons: those of the configuration, or the one
// that -e names. Slices take what must be given once, so that a second one can be
// refused instead of winning in silence.
type Run struct {
	Names []string `arg:"" optional:"" sep:"none" name:"name"`

	Config []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE" help:"The configuration; also read are the *.yaml in the folder of its name with .d (${config})."`
	AtOnce int      `default:"4" placeholder:"N" help:"Restart at most so many daemons at the same time (${default})."`

	Executable []string `short:"e" sep:"none" placeholder:"PATH" help:"Keep this one daemon, without a configuration: its executable, an absolute path; for a script daemon, the script."`
	Service    []string `short:"s" sep:"none" placeholder:"NAME" help:"Service to stop and start; repeat it for more, they are restarted in this order."`
	User       *string  `short:"u" placeholder:"USER" help:"Count only processes whose effective user this is, a name or a number."`

	Recheck      time.Duration `default:"2s" placeholder:"TIME" help:"Look again after this long before acting; 0 acts at once (${default})."`
	StopTimeout  time.Duration `default:"60s" placeholder:"TIME" help:"Limit for each stop command (${default})."`
	StartTimeout time.Duration `default:"180s" placeholder:"TIME" help:"Limit for each start command (${default})."`
	Verify       time.Duration `default:"30s" placeholder:"TIME" help:"How long the daemon may take to appear after the last start (${default})."`
	Settle       time.Duration `default:"2s" placeholder:"TIME" help:"How long it must then stay up (${default})."`
	BootGrace    time.Duration `default:"2m" placeholder:"TIME" help:"Do not act while the machine has been up for less than this (${default})."`

	DryRun  bool `short:"n" help:"Print the steps that would run; run none. Works for any user."`
	Quiet   bool `short:"q" help:"Print less: only what needs a person."`
	Verbose bool `short:"v" help:"Print what was matched, what was excluded, and why."`

	ServiceCommand string `placeholder:"PATH" help:"Run PATH NAME stop, start and status instead of the machine's service manager."`
	RunDir         string `default:"${run_dir}" env:"DAEMON_KEEPER_RUN_DIR" placeholder:"DIR" help:"Where the locks and the services' output are (${default})."`
	Facility       string `default:"daemon" placeholder:"NAME" help:"Syslog facility (${default})."`
	Tag            string `default:"DAEMON-KEEPER" placeholder:"TEXT" help:"Syslog tag (${default})."`
	NoSyslog       bool   `help:"Do not write to syslog; with -v, show on stderr what would be written."`

	UserID *uint32 `kong:"-"` // what User means
}

// Validate is the command that looks at the configuration alone.
type Validate struct {
	Config []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
}

type grammar struct {
	Run      Run      `cmd:"" default:"withargs"`
	Validate Validate `cmd:""`
	Schema   struct{} `cmd:""`
	Version  bool     `help:"Print the version."`
}

// Action is which command was given.
type Action string

// The actions.
const (
	Keep         Action = "run"
	CheckConfig  Action = "validate"
	PrintSchema  Action = "schema"
	PrintHelp    Action = "help"
	PrintVersion Action = "version"
)

// Command is what was asked for.
type Command struct {
	Action
	Run
	ConfigFile string // of Keep without -e, and of CheckConfig
}

// Defaults are those that differ from system to system.
type Defaults struct {
	RunDir, Config string
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
	if wantsHelp(args) {
		return Command{Action: PrintHelp}, nil
	}
	if i := slices.IndexFunc(args, func(a string) bool { return !utf8.ValidString(a) }); i >= 0 { // kong would change it
		return refused(Run{}), usage("give the daemon's program through a symbolic link with a plain name", "cannot use argument %q: it is not UTF-8", args[i])
	}
	var g grammar
	parser, err := newParser(&g, defaults)
	if err != nil {
		return Command{}, err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		g.Run.NoSyslog = slices.Contains(args, "--no-syslog") // the rest may not have been read
		return refused(g.Run), parseError(err)
	}
	c := Command{Action: Keep, Run: g.Run}
	switch {
	case g.Version:
		return Command{Action: PrintVersion}, nil
	case parsed.Command() == string(PrintSchema):
		return Command{Action: PrintSchema}, nil
	case parsed.Command() == string(CheckConfig):
		c.Action, c.Config = CheckConfig, g.Validate.Config
		c.ConfigFile, err = configFile(c.Config)
	default:
		c.Service = unique(c.Service)
		c.ConfigFile, err = c.Run.check(given(parsed))
	}
	if err != nil {
		return refused(c.Run), err
	}
	return c, nil
}

// given are the flags that stand on the command line.
func given(parsed *kong.Context) []string {
	var flags []string
	for _, part := range parsed.Path {
		if part.Flag != nil {
			flags = append(flags, part.Flag.Name)
		}
	}
	return flags
}

// refused is what is left of a command line that cannot be used: where syslog is
// to be told of it.
func refused(r Run) Command {
	if !isFacility(r.Facility) {
		r.Facility = "daemon"
	}
	if !isTag(r.Tag) {
		r.Tag = "DAEMON-KEEPER"
	}
	return Command{Action: Keep, Run: r}
}

func newParser(g *grammar, d Defaults) (*kong.Kong, error) {
	return kong.New(g, kong.Name("daemon-keeper"), kong.Vars{"run_dir": d.RunDir, "config": d.Config}, kong.NoDefaultHelp())
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

// parseError takes over what kong says, with a better hint where there is one.
func parseError(err error) *UsageError {
	e := &UsageError{Message: err.Error(), hint: "see daemon-keeper --help"}
	if cause := errors.Unwrap(err); cause != nil {
		e.Message = cause.Error()
	}
	if strings.Contains(e.Message, "duration") {
		e.hint = timeHint
	}
	return e
}

const timeHint = "write a time such as 500ms, 30s or 2m"

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
