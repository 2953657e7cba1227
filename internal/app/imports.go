package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"daemon-keeper/internal/importer"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// importCommand reads what has kept daemons until now.
type importCommand struct {
	Files   []string `arg:"" optional:"" sep:"none" name:"file" takes:"files"`
	Offline bool     `help:"The files are another machine's: look at nothing of this one."`
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

func (*importCommand) ask(*job) error { return nil }

// run prints a configuration, and says which files and lines it could not read. It may be
// waiting for a person, and has nothing to end in order: a signal ends it at once.
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

// mostImported is more than a crontab has, and less than what would fill the memory.
const mostImported = 1 << 20

func readImport(name string) (importer.File, error) {
	in, shown := os.Stdin, "standard input"
	if name != "-" {
		f, err := openRegular(name)
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

// openRegular waits for no one who would write into a pipe, and disturbs no device.
func openRegular(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err == nil && info.IsDir():
		err = syscall.EISDIR
	case err == nil && !info.Mode().IsRegular():
		err = errNotRegular
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

var errNotRegular = errors.New("it is not a regular file")

var errTooLarge = errors.New("it is larger than 1 MiB")

// unreadError is a file that could not be read.
type unreadError struct {
	file string
	why  error
}

func unread(file string, err error) error {
	return &unreadError{words.Printable(file), cmp.Or(errors.Unwrap(err), err)}
}

func (e *unreadError) Error() string { return fmt.Sprintf("cannot read %s: %v", e.file, e.why) }

func (e *unreadError) Unwrap() error { return e.why }

// Hint is the way out.
func (e *unreadError) Hint() string {
	switch {
	case errors.Is(e.why, syscall.EISDIR):
		return "name the files in it"
	case errors.Is(e.why, errNotRegular):
		return "what a pipe or a device has is read from standard input: daemon-keeper import <" + e.file
	case errors.Is(e.why, errTooLarge):
		return "leave out of it what is about no daemon"
	}
	return "name files that can be read, or - for standard input: crontab -l | daemon-keeper import"
}
