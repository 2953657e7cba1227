package cli

// ShowHistory prints what has happened.
const ShowHistory Action = "history"

type history struct {
	Names    []string `arg:"" optional:"" sep:"none" name:"name"`
	Since    string   `default:"30d" placeholder:"TIME" help:"Go back for so long, or to this date (${default})."`
	Output   string   `short:"o" default:"text" placeholder:"FORMAT"`
	StateDir string   `default:"${state_dir}" env:"DAEMON_KEEPER_STATE_DIR" placeholder:"DIR"`
}

// Help is what the help says of the command beside its flags.
func (history) Help() string {
	return `
Examples:
  daemon-keeper history
  daemon-keeper history --since 2026-11-01 nginx
  daemon-keeper history --since 2w -o json`
}

func (h *history) ask(c *Command, _ []string) error {
	c.Run = Run{Names: h.Names, StateDir: h.StateDir, Face: Face{Output: h.Output}, NoSyslog: true}
	c.Since = h.Since
	return c.checkHistory()
}
