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
	RunDir   string `default:"${run_dir}" env:"DAEMON_KEEPER_RUN_DIR" placeholder:"DIR"`
	StateDir string `default:"${state_dir}" env:"DAEMON_KEEPER_STATE_DIR" placeholder:"DIR"`
}

func (w *watch) ask(c *Command, _ []string) error { return w.look(c, "") }

func (w *watch) look(c *Command, manager string) (err error) {
	c.Run = Run{Names: w.Specs, Config: w.Config, Face: w.Face, RunDir: w.RunDir, StateDir: w.StateDir, ServiceCommand: manager, NoSyslog: true}
	c.ConfigFile, err = c.checkWatch()
	return err
}

// status is watch for eyes; it asks the manager, too.
type status struct {
	watch          `embed:""`
	ServiceCommand string `placeholder:"PATH"`
}

func (s *status) ask(c *Command, _ []string) error { return s.look(c, s.ServiceCommand) }

// match explains which processes count. Its flags are those of Run.
type match struct {
	Specs      []string `arg:"" optional:"" sep:"none" name:"spec"`
	Config     []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
	Executable []string `short:"e" sep:"none" placeholder:"PATH"`
	User       *string  `short:"u" placeholder:"USER"`
}

func (m *match) ask(c *Command, given []string) (err error) {
	c.Run = Run{Names: m.Specs, Config: m.Config, Executable: m.Executable, User: m.User, Face: Face{Output: Text}, NoSyslog: true}
	c.ConfigFile, err = c.checkMatch(given)
	return err
}
