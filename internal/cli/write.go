package cli

// The commands about what is, or is to be, written into the configuration.
const (
	CheckConfig Action = "validate"
	PrintSchema Action = "schema"
	Import      Action = "import"
	Propose     Action = "init"
)

// validate looks at the configuration alone.
type validate struct {
	Config []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
	Part   bool     `help:"The file is one of several: it may name daemons of the others, or define nothing."`
}

func (v *validate) ask(c *Command, _ []string) (err error) {
	c.Part = v.Part
	c.ConfigFile, err = configFile(v.Config)
	return err
}

type schema struct{}

func (*schema) ask(*Command, []string) error { return nil }

// imports reads what has kept daemons until now.
type imports struct {
	Files   []string `arg:"" optional:"" sep:"none" name:"file"`
	Offline bool     `help:"The files are another machine's: look at nothing of this one."`
}

func (i *imports) ask(c *Command, _ []string) error {
	c.Run = Run{Face: Face{Output: Text}, NoSyslog: true}
	c.Files, c.Offline = i.Files, i.Offline
	return nil
}

// propose writes a first configuration.
type propose struct{}

func (*propose) ask(c *Command, _ []string) error {
	c.Run = Run{Face: Face{Output: Text}, NoSyslog: true}
	return nil
}
