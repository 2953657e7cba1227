package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/notify"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// validate names the mistakes of the configuration, or says what it means.
func validate(c cli.Command) report.Status {
	read := load
	if c.Part {
		read = loadPart
	}
	all, mistakes, err := read(c.ConfigFile)
	for _, m := range mistakes {
		fail(c, m)
	}
	var text []byte
	doubts := append(doubtsOf(all), strangers(c, all)...)
	if err == nil && len(mistakes) == 0 {
		if err = notify.Trusted(all.Notify.OnIncident); errors.Is(err, fs.ErrNotExist) { // it may be installed later
			doubts, err = append(doubts, "on_incident: "+err.Error()), nil
		}
	}
	if err == nil && len(mistakes) == 0 {
		text, err = meaning(c, all)
	}
	if err != nil {
		fail(c, err)
	}
	if err != nil || len(mistakes) > 0 {
		return report.Unclear
	}
	for _, doubt := range doubts {
		terminal.Caution(os.Stderr, terminal.Colored(os.Stderr, c.Color), doubt)
	}
	var out output
	out.Write(text)
	if out.err != nil {
		out.complain(c)
		return report.Unclear
	}
	return report.OK
}

// meaning is what there is in a line, and what differs from the defaults; or all of it,
// with the line as a comment.
func meaning(c cli.Command, all config.Config) ([]byte, error) {
	line := "valid: " + words.Plural(len(all.Daemons), "daemon") + ", " + words.Plural(len(all.Forbid), "rule")
	if c.Verbose {
		text, err := all.YAML()
		return append([]byte("# "+line+"\n"), text...), err
	}
	text, err := all.Differences()
	if len(text) > 0 {
		line += "; what differs from the defaults (all of it with -v):"
	}
	return append([]byte(line+"\n"), text...), err
}

// strangers are the services of which this machine's manager knows none of that name. They
// may be installed later, or on another machine.
func strangers(c cli.Command, all config.Config) []string {
	m, err := managers(c, new(rcd.Outputs))
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), strangersTime)
	defer cancel()
	var list []string
	for _, d := range all.Daemons {
		for _, service := range d.Services {
			err := m.Find(ctx, service)
			if err == nil { // a program of the user's is only asked here
				_, err = m.Obstacle(ctx, service)
			}
			var unknown *rcd.NotFoundError
			if errors.As(err, &unknown) {
				list = append(list, fmt.Sprintf("'%s': %v; %s", d.Name, unknown, unknown.Hint()))
			}
		}
	}
	return list
}

const strangersTime = 10 * time.Second

func fail(c cli.Command, err error) {
	terminal.Fail(os.Stderr, terminal.Colored(os.Stderr, c.Color), err.Error(), words.Hint(err))
}

// loadPart reads a file that is to be one of several: it may define nothing, and come
// after daemons of the others.
func loadPart(path string) (config.Config, []config.Mistake, error) {
	return config.Load(path, config.Options{CheckOwner: os.Geteuid() == 0, Part: true})
}
