package cli

// The commands that look at daemons.
const (
	Check       Action = "check"
	ShowStatus  Action = "status"
	ShowMatches Action = "match"
)

// watch is a command that only looks. Its flags are those of Run.
type watch struct {
	Specs  []string `arg:"" optional:"" sep:"none" name:"spec"`
	Config []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
	Face
	RunDir         string `default:"${run_dir}" env:"DAEMON_KEEPER_RUN_DIR" placeholder:"DIR"`
	StateDir       string `default:"${state_dir}" env:"DAEMON_KEEPER_STATE_DIR" placeholder:"DIR"`
	ServiceCommand string `placeholder:"PATH"`
}

const specs = `
A SPEC is NAME or /PATH, then @USER, then :COUNT, all but the first optional:
sshd@root:1-, /usr/lib/postfix/sbin/master:1-2, telnetd:0. NAME is that of the
executable's file or of a script. A word without : / @ is a name of the
configuration, if there is one.
`

// Help is what the help says of the command beside its flags.
func (watch) Help() string {
	return specs + `
Examples:
  daemon-keeper check -o nagios nginx    as a plugin of Nagios or Icinga
  daemon-keeper check sshd:1- telnetd:0  without a configuration`
}

func (w *watch) ask(c *Command, _ []string) (err error) {
	c.Run = Run{Names: w.Specs, Config: w.Config, Face: w.Face, RunDir: w.RunDir, StateDir: w.StateDir, ServiceCommand: w.ServiceCommand, NoSyslog: true}
	c.ConfigFile, err = c.checkWatch()
	return err
}

// status is watch for eyes; it asks the manager, too.
type status struct {
	watch `embed:""`
}

// Help is what the help says of the command beside its flags.
func (status) Help() string {
	return specs + `
Examples:
  daemon-keeper status
  daemon-keeper status -v nginx`
}

// match explains which processes count. Its flags are those of Run.
type match struct {
	Specs      []string `arg:"" optional:"" sep:"none" name:"spec"`
	Config     []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
	Executable []string `short:"e" sep:"none" placeholder:"PATH"`
	User       *string  `short:"u" placeholder:"USER"`
}

// Help is what the help says of the command beside its flags.
func (match) Help() string {
	return specs + `
Examples:
  daemon-keeper match nginx
  daemon-keeper match -e /usr/bin/python3 -u www-data`
}

func (m *match) ask(c *Command, given []string) (err error) {
	c.Run = Run{Names: m.Specs, Config: m.Config, Executable: m.Executable, User: m.User, Face: Face{Output: Text}, NoSyslog: true}
	c.ConfigFile, err = c.checkMatch(given)
	return err
}
