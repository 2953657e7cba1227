package cli

import (
	"time"

	"daemon-keeper/internal/terminal"
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
	User       *string  `short:"u" placeholder:"USER" help:"Count only processes of this user, a name or a number."`

	Recheck      time.Duration `default:"2s" placeholder:"TIME" help:"Look again after this long before acting; 0 acts at once (${default})."`
	StopTimeout  time.Duration `default:"60s" placeholder:"TIME" help:"Limit for each stop command (${default})."`
	StartTimeout time.Duration `default:"180s" placeholder:"TIME" help:"Limit for each start command (${default})."`
	Verify       time.Duration `default:"30s" placeholder:"TIME" help:"How long the daemon may take to appear after the last start (${default})."`
	Settle       time.Duration `default:"2s" placeholder:"TIME" help:"How long it must then stay up (${default})."`
	Leftovers    string        `default:"report" placeholder:"WHAT" help:"What is done about processes that a stop leaves behind: report tells of them, end ends those that are certainly the daemon's (${default})."`
	BootGrace    time.Duration `default:"2m" placeholder:"TIME" help:"Do not act while the machine has been up for less than this (${default})."`
	BootLimit    time.Duration `default:"10m" placeholder:"TIME" help:"While the machine boots, do not act for so long; 0 acts at once (${default})."`
	WorkLimit    time.Duration `default:"1h" placeholder:"TIME" help:"Leave what is being done with a service alone for so long, where its manager has set no limit (${default})."`

	Backoff    []string      `sep:"," default:"0s,1m,2m,5m,15m,30m,1h" placeholder:"TIMES" help:"How long to wait before each try to bring it back, if it keeps dying (${default})."`
	Acceptable time.Duration `default:"5m" placeholder:"TIME" help:"Up for so long, it begins anew with the first of them (${default})."`

	IgnoreIntent bool `help:"Restart also what somebody has paused, stopped or disabled, and while packages are installed."`

	DryRun bool `short:"n" help:"Print the steps that would run; run none. Works for any user."`
	Face
	ServiceCommand string `placeholder:"PATH" help:"Run PATH NAME stop, start and status instead of the machine's service manager."`
	RunDir         string `default:"${run_dir}" env:"DAEMON_KEEPER_RUN_DIR" placeholder:"DIR" help:"Where the locks and the services' output are (${default})."`
	StateDir       string `default:"${state_dir}" env:"DAEMON_KEEPER_STATE_DIR" placeholder:"DIR" help:"Where is kept what outlives a run (${default}); if empty, nothing is."`
	Facility       string `default:"daemon" placeholder:"NAME" help:"Syslog facility (${default})."`
	Tag            string `default:"DAEMON-KEEPER" placeholder:"TEXT" help:"Syslog tag (${default})."`
	NoSyslog       bool   `help:"Do not write to syslog; with -v, show on stderr what would be written."`

	UserID *uint32         `kong:"-"` // what User means
	Delays []time.Duration `kong:"-"` // what Backoff means
}

// Help is what the help says of the command beside its flags.
func (Run) Help() string {
	return `
Without names, all daemons and rules of the configuration are looked at. With
-e one daemon is kept without a configuration; the flags from --recheck to
--acceptable are for it, and are keys in a configuration.

Examples:
  daemon-keeper                               all of the configuration
  daemon-keeper -n -v                         what a run would do, and why
  daemon-keeper sshd nginx                    these two
  daemon-keeper -e /usr/sbin/nginx -s nginx   without a configuration`
}

func (r *Run) ask(c *Command, given []string) (err error) {
	c.Run = *r
	c.Service = unique(c.Service)
	c.ConfigFile, err = c.Run.check(given)
	return err
}

// Face is how the report looks.
type Face struct {
	Output     string `short:"o" default:"text" placeholder:"FORMAT" help:"Print the report as text, json, nagios, mon or svstat (${default})."`
	Prometheus string `placeholder:"FILE" help:"Also write it to this file, for node_exporter's textfile collector; the name ends in .prom."`
	HTML       string `placeholder:"FILE" name:"html" help:"Also write it to this file as a page for a browser; the name ends in .html."`
	Quiet      bool   `short:"q" help:"Print less: only what needs a person."`
	Verbose    bool   `short:"v" help:"Print what was matched, what was excluded, and why."`
}

// The outputs.
const (
	Text   = "text"
	JSON   = "json"
	Nagios = "nagios"
	Mon    = "mon"
	Svstat = "svstat"
)

// The leftovers.
func leftovers() []string { return []string{"report", "end"} }

func colors() []string { return []string{terminal.Auto, terminal.Always, terminal.Never} }

func outputs() []string { return []string{Text, JSON, Nagios, Mon, Svstat} }

// grammar is the command line: a line for each command, whose flags are in its own
// file. What has the tag looks restarts nothing, and so has nothing to tell syslog.
type grammar struct {
	Run      Run      `cmd:"" default:"withargs" usage:"[NAME]... [flags]; -e PATH -s NAME [-s NAME]... [flags]" help:"Keep daemons up: restart those that are down."`
	Check    watch    `cmd:"" looks:"" usage:"[NAME|SPEC]... [flags]" help:"Report whether they are up, for other tools; restarts nothing."`
	Status   status   `cmd:"" looks:"" usage:"[NAME|SPEC]... [flags]" help:"Show them in a table, for eyes; restarts nothing."`
	Match    match    `cmd:"" looks:"" usage:"[NAME|SPEC]... [flags]; -e PATH [-u USER]" help:"Show which processes count, and which nearly do and why they do not. Only processes are judged."`
	Pause    pause    `cmd:"" looks:"" usage:"NAME...|--all [--for TIME] [--reason TEXT]; [-o FORMAT]" help:"Keep run from restarting a daemon, or list the pauses."`
	Resume   resume   `cmd:"" looks:"" usage:"NAME...|--all" help:"End a pause."`
	History  history  `cmd:"" looks:"" usage:"[NAME]... [--since TIME] [-o FORMAT]" help:"Print what has happened."`
	Page     webPage  `cmd:"" looks:"" usage:"[REPORT.json]... [--max-age TIME] [-c FILE]" help:"Print a page for a browser, of this machine or of a fleet."`
	Why      why      `cmd:"" looks:"" usage:"[NAME]... [--at TIME | --incident N] [-o FORMAT]" help:"Explain why a daemon died, who did it, and how sure that is."`
	PIDFiles pidFiles `cmd:"" looks:"" name:"pidfiles" usage:"[--also PATH]... [-o FORMAT] [-c FILE]" help:"Show which pidfiles name whom, and what is wrong with them."`
	Inspect  inspect  `cmd:"" looks:"" usage:"[NAME|SPEC]... [--only SEVERITY] [flags]" help:"Tell how daemons run: who and where they are, what they have open, how near to their limits."`
	Validate validate `cmd:"" usage:"[-c FILE] [--part] [-v]" help:"Name every mistake in the configuration, or print what it means."`
	Schema   schema   `cmd:"" help:"Print the JSON Schema of the configuration, for editors."`
	Import   imports  `cmd:"" looks:"" usage:"[--offline] [FILE]..." help:"Print a configuration for what a crontab or Monit keeps."`
	Init     propose  `cmd:"" looks:"" usage:"[--write [-c FILE]]" help:"Print a first configuration for this machine, or write it."`
	Trace    trace    `cmd:"" looks:"" usage:"[--follow] [flags] -- PROGRAM [ARG]..." help:"Start a program, and write down who sends it signals."`
	Help     helps    `cmd:"" looks:"" usage:"[COMMAND]..." help:"Print this, or how a command is used."`
	Print    versions `cmd:"" looks:"" name:"version" help:"Print the version."`
	Color    string   `default:"auto" placeholder:"WHEN" help:"Use colours: auto, always or never (${default})."`
	Version  bool     `help:"Print the version."`
}

// asked is a command of the grammar, once its flags are read.
type asked interface {
	// ask completes the command, of which the action is known and Run is that of the
	// command run, from its own flags; given are those that stand on the command line.
	// It refuses what makes no sense.
	ask(c *Command, given []string) error
}
