package cli

import "slices"

// Trace starts a program, and tells of the signals that it gets.
const Trace Action = "trace"

// trace is a wrapper around a program. Three of its flags are those of Run.
type trace struct {
	Program  []string `arg:"" optional:"" sep:"none" name:"program"`
	Follow   bool     `help:"Go on with a program that goes into the background."`
	Facility string   `default:"daemon" placeholder:"NAME"`
	Tag      string   `default:"DAEMON-KEEPER" placeholder:"TEXT"`
	NoSyslog bool     `help:"Write to stderr, not to syslog."`
	Verbose  bool     `short:"v" help:"Write to stderr, too."`
}

// Help is what the help says of the command beside its flags.
func (trace) Help() string {
	return `
To be put before a program where it is started: in ExecStart= of a unit, an init
script, the entry point of a container. Each signal is passed on, and its sender
is written to syslog, or to stderr where there is no syslog. It ends as the
program ends, by the same status or signal.

Examples:
  daemon-keeper trace -- /usr/sbin/clamd -F
  daemon-keeper trace --follow -- /usr/sbin/oldd`
}

func (t *trace) ask(c *Command, _ []string) error {
	c.Run = Run{Face: Face{Output: Text, Verbose: t.Verbose}, Facility: t.Facility, Tag: t.Tag, NoSyslog: t.NoSyslog}
	c.Follow = t.Follow
	switch {
	case len(t.Program) > 0:
		return usage("write -- before it: daemon-keeper trace -- PROGRAM", "cannot tell what belongs to %q from flags of our own", t.Program[0])
	case len(c.Program) == 0 || c.Program[0] == "":
		return usage("write it behind --: daemon-keeper trace -- PROGRAM", "cannot trace without a program")
	}
	return c.checkSyslog()
}

// beforeProgram are the arguments but for the program that trace starts, which may have
// any bytes in its own.
func beforeProgram(args []string) (own, program []string) {
	if len(args) == 0 || args[0] != string(Trace) {
		return args, nil
	}
	i := slices.Index(args, "--")
	if i < 0 {
		return args, nil
	}
	return args[:i], args[i+1:]
}
