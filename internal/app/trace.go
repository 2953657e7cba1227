package app

import (
	"io"
	"os"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/tracer"
)

// trace has this process become the wrapper of a program.
func trace(c cli.Command) error {
	return tracer.Start(tracer.Options{Follow: c.Follow, Facility: c.Facility, Tag: c.Tag, NoSyslog: c.NoSyslog, Verbose: c.Verbose}, c.Program)
}

// traceLog is where the wrapper writes: to the system log, or to stderr where there is
// none. It goes on for months, so it reaches for the system log anew for each line, and a
// line that took its time costs the next one nothing.
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
		report.NewDiary(sender, stderr, false, report.Info).Log(level, "%s", text)
		if o.Verbose && sender != nil {
			report.NewDiary(nil, stderr, false, report.Info).Log(level, "%s", text)
		}
		if c, ok := sender.(io.Closer); ok {
			_ = c.Close()
		}
		stderr.Flush(time.Second)
	}
}
