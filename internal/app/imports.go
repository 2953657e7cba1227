package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"daemon-keeper/internal/importer"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// importCommand reads the files of what has kept daemons until now.
type importCommand struct {
	Files   []string `arg:"" optional:"" sep:"none" name:"file" takes:"files"`
	Offline bool     `help:"The files are from another machine: do not look at this one."`
}

// Help is what the help says of the command beside its flags.
func (importCommand) Help() string {
	return `
It is for a person to read; nothing is touched. Without a file, or with -,
standard input is read.

Examples:
  crontab -l | daemon-keeper import
  daemon-keeper import /etc/monit/monitrc /etc/monit/conf.d/*
  daemon-keeper import --offline other-host.monitrc`
}

// run prints a configuration, and reports files and lines that it cannot read. A signal ends it
// at once: it may be waiting for input, and leaves nothing unfinished.
func (i *importCommand) run(ctx context.Context, j *job) (report.Status, error) {
	signal.Reset(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	var files []importer.File
	names := i.Files
	if len(names) == 0 {
		names = []string{"-"}
	}
	status := report.OK
	complain := func(err error) {
		fail(j, err)
		status = report.Unclear
	}
	for _, name := range names {
		f, err := readImport(name)
		if err != nil {
			complain(err)
			continue
		}
		files = append(files, f)
	}
	var machine importer.Machine
	if !i.Offline {
		machine = thisMachine{ctx}
	}
	d, problems := importer.Read(files, machine)
	for _, p := range problems {
		complain(p)
	}
	var out output
	_, _ = out.Write(d.YAML())
	if out.err != nil {
		complain(out.err)
	}
	return status, nil
}

// mostImported is the size limit of an imported file, in bytes; a crontab is much smaller.
const mostImported = 1 << 20

func readImport(name string) (importer.File, error) {
	in, shown := os.Stdin, "standard input"
	if name != "-" {
		f, err := osutil.OpenRegular(name, 0)
		if err != nil {
			return importer.File{}, unread(name, err)
		}
		defer f.Close()
		in, shown = f, name
	} else if terminal.Is(in) {
		fmt.Fprintln(os.Stderr, "daemon-keeper: reading a crontab or Monit's control file from this terminal, up to Ctrl-D")
	}
	text, err := io.ReadAll(io.LimitReader(in, mostImported+1))
	if err == nil && len(text) > mostImported {
		err = errTooLarge
	}
	if err != nil {
		return importer.File{}, unread(shown, err)
	}
	return importer.File{Name: words.Printable(shown), Text: text}, nil
}

var errTooLarge = errors.New("it is larger than 1 MiB")

// unread returns the error for a file that could not be read, with a hint.
func unread(name string, why error) error {
	shown, hint := words.Printable(name), "name files that can be read, or - for standard input: crontab -l | daemon-keeper import"
	info, err := os.Stat(name)
	switch {
	case errors.Is(why, osutil.ErrNotRegular) && err == nil && info.IsDir():
		why, hint = syscall.EISDIR, "name the files in it"
	case errors.Is(why, osutil.ErrNotRegular):
		hint = "what a pipe or a device has is read from standard input: daemon-keeper import <" + shown
	case errors.Is(why, errTooLarge):
		hint = "leave out what is not about daemons"
	}
	return &hinted{fmt.Errorf("cannot read %s: %w", shown, osutil.Cause(why)), hint}
}
