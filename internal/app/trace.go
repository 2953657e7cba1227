package app

import (
	"context"
	"io"
	"os"
	"syscall"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/tracer"
)

// traceCommand wraps a program, and logs the signals that it receives.
type traceCommand struct {
	Names  []string `arg:"" optional:"" sep:"none" name:"program" takes:"programs"`
	Follow bool     `help:"Also follow a program that goes into the background."`
	syslogFlags
	NoSyslog bool `help:"Write to stderr, not to syslog."`
	Verbose  bool `short:"v" help:"Write to stderr, too."`
}

// Help is what the help says of the command beside its flags.
func (traceCommand) Help() string {
	return `
To be put before a program where it is started: in ExecStart= of a unit, an init
script, the entry point of a container. Each signal is passed on, and its sender
is written to syslog, or to stderr where there is no syslog. It ends as the
program ends, by the same status or signal.

Examples:
  daemon-keeper trace -- /usr/sbin/clamd -F
  daemon-keeper trace --follow -- /usr/sbin/oldd`
}

func (t *traceCommand) ask(j *job) error {
	switch {
	case len(t.Names) > 0:
		return cli.Refuse("write -- before it: daemon-keeper trace -- PROGRAM", "cannot tell what belongs to %q from flags of our own", t.Names[0])
	case len(j.Program) == 0 || j.Program[0] == "":
		return cli.Refuse("write it behind --: daemon-keeper trace -- PROGRAM", "cannot trace without a program")
	}
	j.syslogFlags, j.NoSyslog, j.Verbose = t.syslogFlags, t.NoSyslog, t.Verbose
	return t.checkSyslog()
}

// run turns this process into the wrapper. It returns only on an error: otherwise another
// program is executed.
func (t *traceCommand) run(_ context.Context, j *job) (report.Status, error) {
	syscall.Umask(j.umask)
	o := tracer.Options{Follow: t.Follow, Facility: t.Facility, Tag: t.Tag, NoSyslog: t.NoSyslog, Verbose: t.Verbose}
	return report.OK, tracer.Start(o, j.Program)
}

// traceLog returns where the wrapper writes: to the system log, or to stderr if there is none.
// It runs for months, so it opens the system log for each line; a line that was slow does not
// delay the next one.
func traceLog(o tracer.Options) tracer.Log {
	stderr := terminal.Unblock(os.Stderr)
	return func(warning bool, text string) {
		var sender report.Sender
		if !o.NoSyslog {
			if s, err := report.OpenSyslog(o.Facility, o.Tag); err == nil {
				sender = s
			}
		}
		level := report.Notice
		if warning {
			level = report.Warning
		}
		report.NewLog(sender, stderr, false, report.Info).Log(level, "%s", text)
		if o.Verbose && sender != nil {
			report.NewLog(nil, stderr, false, report.Info).Log(level, "%s", text)
		}
		if c, ok := sender.(io.Closer); ok {
			_ = c.Close()
		}
		stderr.Flush(time.Second)
	}
}
