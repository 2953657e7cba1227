package cli

import "strings"

// ShowPIDFiles tells what is wrong with the pidfiles of this machine.
const ShowPIDFiles Action = "pidfiles"

// pidFiles looks at files, and signals nothing.
type pidFiles struct {
	Also   []string `sep:"none" placeholder:"PATH" help:"Look at this file, or at the pidfiles of this folder, too; repeat it for more."`
	Output string   `short:"o" default:"text" placeholder:"FORMAT"`
	Config []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
}

// Help is what the help says of the command beside its flags.
func (pidFiles) Help() string {
	return `
Exit status: 0 nothing is dangerous; 1 something is: who signals what a pidfile
names, signals another process, or lets another user choose; 3 cannot tell all.

Examples:
  daemon-keeper pidfiles
  daemon-keeper pidfiles --also /srv/app/tmp -o json`
}

func (p *pidFiles) ask(c *Command, _ []string) (err error) {
	c.Run = Run{Config: p.Config, Face: Face{Output: p.Output}, NoSyslog: true}
	c.Also = p.Also
	for _, path := range p.Also {
		if path == "" || strings.ContainsRune(path, 0) {
			return usage("name a file or a folder: --also /srv/app/tmp", "cannot look at %q", path)
		}
	}
	if c.Output != Text && c.Output != JSON {
		return usage("choose text or json", "cannot print the pidfiles as %q", c.Output)
	}
	c.ConfigFile, err = configFile(p.Config)
	return err
}
