package cli

import "slices"

// Inspect tells how daemons run.
const Inspect Action = "inspect"

type inspect struct {
	Specs  []string `arg:"" optional:"" sep:"none" name:"spec"`
	Only   string   `default:"notice" placeholder:"SEVERITY" help:"Tell of nothing below this: notice, warning or critical (${default})."`
	All    bool     `short:"a" help:"Print all that was read, too."`
	Output string   `short:"o" default:"text" placeholder:"FORMAT"`
	Config []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
}

// Help is what the help says of the command beside its flags.
func (inspect) Help() string {
	return specs + `
Exit status: 0 nothing is worse than a notice; 1 there are warnings; 2 something
is critical, or a daemon is down; 3 not all could be looked at.

Examples:
  daemon-keeper inspect
  daemon-keeper inspect --only warning nginx
  daemon-keeper inspect -a -o json /usr/sbin/nginx`
}

// from which severity on a finding is told.
func onlySeverities() []string { return []string{"notice", "warning", "critical"} }

func (i *inspect) ask(c *Command, _ []string) (err error) {
	c.Run = Run{Names: i.Specs, Config: i.Config, Face: Face{Output: i.Output}, NoSyslog: true}
	c.Only, c.All = i.Only, i.All
	if !slices.Contains(onlySeverities(), i.Only) {
		return usage("choose notice, warning or critical", "cannot leave out what is below %q", i.Only)
	}
	if c.Output != Text && c.Output != JSON {
		return usage("choose text or json", "cannot print what was found as %q", c.Output)
	}
	c.ConfigFile, err = configFile(i.Config)
	return err
}
