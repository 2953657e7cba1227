package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"daemon-keeper/internal/config"
	"daemon-keeper/internal/notify"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// validateCommand checks the configuration; it looks at nothing else.
type validateCommand struct {
	configFlag
	Part bool `help:"The file is one of several: it may refer to daemons of the others, or define nothing."`
	serviceCommandFlag
	Verbose bool `short:"v" help:"Print all of it, with the defaults."`
}

// Help is what the help says of the command beside its flags.
func (validateCommand) Help() string {
	return `
Examples:
  daemon-keeper validate
  daemon-keeper validate -c new.yaml
  daemon-keeper validate -c /etc/daemon-keeper.d/web.yaml --part`
}

func (v *validateCommand) ask(j *job) (err error) {
	if err := v.checkCommand(); err != nil {
		return err
	}
	j.configFile, err = v.file()
	return err
}

// run lists the mistakes in the configuration, or prints what it means.
func (v *validateCommand) run(_ context.Context, j *job) (report.Status, error) {
	read := load
	if v.Part {
		read = loadPart
	}
	all, mistakes, err := read(j.configFile)
	for _, m := range mistakes {
		fail(j, m)
	}
	var text []byte
	doubts := append(doubtsOf(all), strangers(v.ServiceCommand, all)...)
	if err == nil && len(mistakes) == 0 {
		if err = notify.Trusted(all.Notify.OnIncident); errors.Is(err, fs.ErrNotExist) { // it may be installed later
			doubts, err = append(doubts, "on_incident: "+err.Error()), nil
		}
	}
	if err == nil && len(mistakes) == 0 {
		text, err = meaning(v.Verbose, all)
	}
	if err != nil {
		fail(j, err)
	}
	if err != nil || len(mistakes) > 0 {
		return report.Unclear, nil
	}
	for _, doubt := range doubts {
		terminal.Caution(os.Stderr, terminal.Colored(os.Stderr, j.color), doubt)
	}
	var out output
	out.Write(text)
	if out.err != nil {
		out.complain(j)
		return report.Unclear, nil
	}
	return report.OK, nil
}

// meaning returns a summary in one line and what differs from the defaults; with verbose
// everything, with the line as a comment.
func meaning(verbose bool, all config.Config) ([]byte, error) {
	line := "valid: " + words.Plural(len(all.Daemons), "daemon") + ", " + words.Plural(len(all.Forbid), "rule")
	if verbose {
		text, err := all.YAML()
		return append([]byte("# "+line+"\n"), text...), err
	}
	text, err := all.Differences()
	if len(text) > 0 {
		line += "; what differs from the defaults (all of it with -v):"
	}
	return append([]byte(line+"\n"), text...), err
}

// strangers returns a doubt for each service that this machine's manager does not know. It may
// be installed later, or on another machine.
func strangers(serviceCommand string, all config.Config) []string {
	m, err := managers(serviceCommand, new(rcd.Outputs))
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

func fail(j *job, err error) {
	terminal.Fail(os.Stderr, terminal.Colored(os.Stderr, j.color), err.Error(), words.Hint(err))
}

// loadPart reads a file that is one of several: it may define nothing, and its daemons may
// come after daemons of other files.
func loadPart(path string) (config.Config, []config.Mistake, error) {
	return config.Load(path, config.Options{CheckOwner: os.Geteuid() == 0, Part: true})
}

type schemaCommand struct{}

// Help is what the help says of the command beside its flags.
func (schemaCommand) Help() string {
	return `
Example:
  daemon-keeper schema > daemon-keeper.schema.json`
}

func (*schemaCommand) run(context.Context, *job) (report.Status, error) {
	var out output
	_, _ = out.Write(config.Schema())
	return report.OK, out.err
}
