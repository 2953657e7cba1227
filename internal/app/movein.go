package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/importer"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/survey"
)

// imports prints a configuration for what has kept daemons until now, and says
// which lines it could not read.
func imports(c cli.Command) report.Status {
	var files []importer.File
	names := c.Files
	if len(names) == 0 {
		names = []string{"-"}
	}
	failed := false
	for _, name := range names {
		f, err := readImport(name)
		if err != nil {
			fail(err)
			failed = true
			continue
		}
		files = append(files, f)
	}
	d, problems := importer.Read(files)
	for _, p := range problems {
		fail(p)
	}
	var out output
	out.Write(d.YAML())
	if out.err != nil {
		fail(out.err)
	}
	if failed || len(problems) > 0 || out.err != nil {
		return report.Unclear
	}
	return report.OK
}

// mostImported is more than a crontab and less than what would fill the memory.
const mostImported = 1 << 20

func readImport(name string) (importer.File, error) {
	in, shown := os.Stdin, "standard input"
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return importer.File{}, fmt.Errorf("cannot read %s: %w", report.Printable(name), errors.Unwrap(err))
		}
		defer f.Close()
		in, shown = f, name
	}
	text, err := io.ReadAll(io.LimitReader(in, mostImported+1))
	if err != nil {
		return importer.File{}, fmt.Errorf("cannot read %s: %w", report.Printable(shown), errors.Unwrap(err))
	}
	if len(text) > mostImported {
		return importer.File{}, fmt.Errorf("cannot read %s: it is larger than 1 MiB", report.Printable(shown))
	}
	return importer.File{Name: report.Printable(shown), Text: text}, nil
}

// propose prints a first configuration for this machine.
func propose(context.Context) error {
	var out output
	out.Write(survey.Propose(nil).YAML())
	return out.err
}
