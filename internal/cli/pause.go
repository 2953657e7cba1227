package cli

import "time"

// The commands that begin and end a pause.
const (
	Pause  Action = "pause"
	Resume Action = "resume"
)

// pause keeps daemons from being restarted.
type pause struct {
	Names    []string       `arg:"" optional:"" sep:"none" name:"name"`
	All      bool           `help:"Pause all daemons."`
	For      *time.Duration `placeholder:"TIME" help:"Let the pause end by itself after this long."`
	Reason   string         `placeholder:"TEXT" help:"Say why; it stands in every report."`
	Output   string         `short:"o" default:"text" placeholder:"FORMAT"`
	Config   []string       `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
	StateDir string         `default:"${state_dir}" env:"DAEMON_KEEPER_STATE_DIR" placeholder:"DIR"`
}

// Help is what the help says of the command beside its flags.
func (pause) Help() string {
	return `
It lasts until it ends by itself, or until resume. Without a name the pauses
are listed: who has made them, since when, until when and why.

Examples:
  daemon-keeper pause
  daemon-keeper pause -o json
  daemon-keeper pause --for 2h --reason "new disk" mariadb
  daemon-keeper pause --all --for 1d`
}

func (p *pause) ask(c *Command, _ []string) error {
	c.Run = Run{Names: p.Names, Config: p.Config, StateDir: p.StateDir, Face: Face{Output: p.Output}, NoSyslog: true}
	c.All, c.Reason = p.All, p.Reason
	return c.checkPause(p.For)
}

// Lists reports whether pauses are only to be listed.
func (c Command) Lists() bool { return c.Action == Pause && !c.All && len(c.Names) == 0 }

// resume ends pauses.
type resume struct {
	Names    []string `arg:"" optional:"" sep:"none" name:"name"`
	All      bool
	StateDir string `default:"${state_dir}" env:"DAEMON_KEEPER_STATE_DIR" placeholder:"DIR"`
}

func (r *resume) ask(c *Command, _ []string) error {
	c.Run = Run{Names: r.Names, StateDir: r.StateDir, Face: Face{Output: Text}, NoSyslog: true}
	c.All = r.All
	return c.checkPause(nil)
}
