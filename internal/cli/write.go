package cli

import "slices"

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

	ServiceCommand string `placeholder:"PATH"`
	Verbose        bool   `short:"v" help:"Print all of it, with the defaults."`
}

// Help is what the help says of the command beside its flags.
func (validate) Help() string {
	return `
Examples:
  daemon-keeper validate
  daemon-keeper validate -c new.yaml
  daemon-keeper validate -c /etc/daemon-keeper.d/web.yaml --part`
}

func (v *validate) ask(c *Command, _ []string) (err error) {
	c.Part, c.ServiceCommand, c.Verbose = v.Part, v.ServiceCommand, v.Verbose
	if err := c.checkCommand(); err != nil {
		return err
	}
	c.ConfigFile, err = configFile(v.Config)
	return err
}

type schema struct{}

// Help is what the help says of the command beside its flags.
func (schema) Help() string {
	return `
Example:
  daemon-keeper schema > daemon-keeper.schema.json`
}

func (*schema) ask(*Command, []string) error { return nil }

// imports reads what has kept daemons until now.
type imports struct {
	Files   []string `arg:"" optional:"" sep:"none" name:"file"`
	Offline bool     `help:"The files are another machine's: look at nothing of this one."`
}

// Help is what the help says of the command beside its flags.
func (imports) Help() string {
	return `
It is for a person to read; nothing is touched. Without a file, or with -,
standard input is read.

Examples:
  crontab -l | daemon-keeper import
  daemon-keeper import /etc/monit/monitrc /etc/monit/conf.d/*
  daemon-keeper import --offline other-host.monitrc`
}

func (i *imports) ask(c *Command, _ []string) error {
	c.Run = Run{Face: Face{Output: Text}, NoSyslog: true}
	c.Files, c.Offline = i.Files, i.Offline
	return nil
}

// propose writes a first configuration.
type propose struct {
	Write  bool     `help:"Write the configuration if there is none; else show how it differs, and write nothing."`
	Config []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
}

// Help is what the help says of the command beside its flags.
func (propose) Help() string {
	return `
It is for a person to read and to prune. Without --write nothing is touched.

Examples:
  daemon-keeper init
  daemon-keeper init --write`
}

func (p *propose) ask(c *Command, given []string) (err error) {
	c.Run = Run{Face: Face{Output: Text}, NoSyslog: true}
	if c.Write = p.Write; !p.Write && slices.Contains(given, "config") {
		return usage("say --write, too, or redirect what it prints", "cannot use --config without --write")
	}
	c.ConfigFile, err = configFile(p.Config)
	return err
}
