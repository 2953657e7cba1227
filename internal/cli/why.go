package cli

// ShowWhy explains a death.
const ShowWhy Action = "why"

type why struct {
	Names    []string `arg:"" optional:"" sep:"none" name:"name"`
	At       string   `placeholder:"TIME" help:"Explain what happened then: how long ago, a time of day, or a date."`
	Incident int      `placeholder:"N" help:"Explain the incident with this number, as history shows it."`
	Output   string   `short:"o" default:"text" placeholder:"FORMAT"`
	Config   []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
	StateDir string   `default:"${state_dir}" env:"DAEMON_KEEPER_STATE_DIR" placeholder:"DIR"`
}

// Help is what the help says of the command beside its flags.
func (why) Help() string {
	return `
Without a name, every daemon is explained that is down, or whose last death in
the past 30 days has a cause or a sender that is not known. Evidence that is
still there is looked at again.

Examples:
  daemon-keeper why
  daemon-keeper why nginx
  daemon-keeper why --at 05:42
  daemon-keeper why --incident 3 nginx`
}

func (w *why) ask(c *Command, given []string) (err error) {
	c.Run = Run{Names: w.Names, Config: w.Config, StateDir: w.StateDir, Face: Face{Output: w.Output}, NoSyslog: true}
	c.At, c.Number = w.At, w.Incident
	if err := c.checkWhy(given); err != nil {
		return err
	}
	c.ConfigFile, err = configFile(w.Config)
	return err
}
