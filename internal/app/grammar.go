package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
)

// grammar lists the commands. Each has its flags in its own file.
type grammar struct {
	Run      runCommand      `cmd:"" default:"withargs" usage:"[NAME]... [flags]; -e PATH -s NAME [-s NAME]... [flags]" help:"Keep daemons up: restart those that are down."`
	Check    checkCommand    `cmd:"" looks:"" usage:"[NAME|SPEC]... [flags]" help:"Report whether they are up, for other tools; restarts nothing."`
	Status   statusCommand   `cmd:"" looks:"" usage:"[NAME|SPEC]... [flags]" help:"Show them in a table, for people; restarts nothing."`
	Match    matchCommand    `cmd:"" looks:"" usage:"[NAME|SPEC]... [flags]; -e PATH [-u USER]" help:"Show which processes count, and which nearly do and why they do not. Only processes are judged."`
	Pause    pauseCommand    `cmd:"" looks:"" usage:"NAME...|--all [--for TIME] [--reason TEXT]; [-o FORMAT]" help:"Keep run from restarting a daemon, or list the pauses."`
	Resume   resumeCommand   `cmd:"" looks:"" usage:"NAME...|--all" help:"End a pause."`
	History  historyCommand  `cmd:"" looks:"" usage:"[NAME]... [--since TIME] [-o FORMAT]" help:"Print what has happened."`
	Page     pageCommand     `cmd:"" looks:"" usage:"[REPORT.json]... [--max-age TIME] [-c FILE]" help:"Print a page for a browser, of this machine or of a fleet."`
	Why      whyCommand      `cmd:"" looks:"" usage:"[NAME]... [--at TIME | --incident N] [-o FORMAT]" help:"Explain why a daemon died, who did it, and how sure that is."`
	PIDFiles pidFilesCommand `cmd:"" looks:"" name:"pidfiles" usage:"[--also PATH]... [-o FORMAT] [-c FILE]" help:"Show which processes the pidfiles name, and what is wrong with them."`
	Inspect  inspectCommand  `cmd:"" looks:"" usage:"[NAME|SPEC]... [--only SEVERITY] [flags]" help:"Show how daemons run: users, folders, open files, and how close they are to their limits."`
	Validate validateCommand `cmd:"" usage:"[-c FILE] [--part] [-v]" help:"Name every mistake in the configuration, or print what it means."`
	Schema   schemaCommand   `cmd:"" help:"Print the JSON Schema of the configuration, for editors."`
	Import   importCommand   `cmd:"" looks:"" usage:"[--offline] [FILE]..." help:"Print a configuration for what a crontab or Monit keeps."`
	Init     initCommand     `cmd:"" looks:"" usage:"[--write [-c FILE]]" help:"Print a first configuration for this machine, or write it."`
	Trace    traceCommand    `cmd:"" looks:"" program:"" usage:"[--follow] [flags] -- PROGRAM [ARG]..." help:"Start a program, and log who sends it signals."`
	Help     helpCommand     `cmd:"" looks:"" usage:"[COMMAND]..." help:"Print this, or how a command is used."`
	Print    versionCommand  `cmd:"" looks:"" name:"version" help:"Print the version."`
	Color    string          `default:"auto" placeholder:"WHEN" choices:"auto always never" refuse:"cannot use --color %q" hint:"choose one of auto, always, never" help:"Use colours: auto, always or never (${default})."`
	Version  bool            `help:"Print the version."`
}

// command is a command of the grammar whose flags have been read.
type command interface {
	run(ctx context.Context, j *job) (report.Status, error)
}

// asker is a command whose flags are checked before it runs.
type asker interface {
	// ask sets what the job needs of the command's flags, and refuses what makes no sense.
	ask(j *job) error
}

// job is a command line that was read, with what several commands need of it.
type job struct {
	cli.Line
	runCommand        // what the command has no flag for has its default
	configFile string // "" if there is none to be read
	color      string // when to use colours; "" is auto
	umask      int    // with which the program was started

	maxAge time.Duration // of page: a report that is older is not from now
}

// Names of commands that differ in how daemons are looked at.
const (
	runName    = "run"
	checkName  = "check"
	statusName = "status"
	matchName  = "match"
	pageName   = "page"
)

func newParser(grammar any) (*cli.Parser, error) {
	d := defaults()
	return cli.New(grammar, map[string]string{"run_dir": d.runDir, "state_dir": d.stateDir, "config": d.config})
}

// Outline returns the outline of the whole command line.
func Outline() (cli.Outline, error) {
	p, err := newParser(new(grammar))
	if err != nil {
		return cli.Outline{}, err
	}
	return p.Outline(), nil
}

// Parse reads a command line, and refuses one that makes no sense. It looks at the file system
// only to check that a program exists.
func Parse(args []string) (cli.Line, error) {
	j, err := parse(args)
	return j.Line, err
}

func parse(args []string) (*job, error) {
	if j, ok := parseRun(args); ok {
		return j, nil
	}
	return parseAny(args)
}

// parseRun reads a line that has only flags of run and no mistake, as in most crontabs. Reading
// the flags of all other commands, too, would be a sixth of the work of a healthy run.
func parseRun(args []string) (*job, bool) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return nil, false
	}
	var g struct {
		Run runCommand `cmd:"" default:"withargs"`
	}
	p, err := newParser(&g)
	if err != nil {
		return nil, false
	}
	line, ok := p.ParseFlags(args)
	if !ok {
		return nil, false
	}
	j := &job{Line: line, runCommand: g.Run}
	return j, g.Run.ask(j) == nil
}

func parseAny(args []string) (*job, error) {
	var g grammar
	p, err := newParser(&g)
	if err != nil {
		return &job{}, err
	}
	j := new(job)
	j.Line, err = p.Parse(args)
	j.runCommand, j.NoSyslog = g.Run, j.Looks
	if g.Color != terminal.Auto {
		j.color = g.Color
	}
	switch {
	case err != nil:
	case g.Version:
		j.Line = cli.Line{Name: "version", Command: &g.Print, Looks: true}
	default:
		if a, ok := j.Command.(asker); ok {
			err = a.ask(j)
		}
	}
	if err != nil {
		if i := slices.Index(args, "--"); i >= 0 { // the rest is the traced program's
			args = args[:i]
		}
		return refused(args, j), err
	}
	return j, nil
}

// refused is the job of a command line that cannot be used. It says where and in which form the
// error is reported.
func refused(args []string, j *job) *job {
	r := &job{Line: j.Line, runCommand: j.runCommand}
	if r.Command != nil && !r.Looks {
		r.Name = runName
	}
	r.Facility = cmp.Or(r.Facility, "daemon")
	if !isTag(r.Tag) {
		r.Tag = "DAEMON-KEEPER"
	}
	r.NoSyslog = r.Looks || slices.Contains(args, "--no-syslog") // the rest may not have been read
	r.Output = outputOf(args)
	return r
}

// outputOf finds the output format that a command line asks for, even if the line cannot be
// used: somebody who uses a plugin sees nothing else.
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
	return outputText
}
