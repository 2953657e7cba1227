package app

import (
	"errors"
	"io/fs"
	"os"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/notify"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// validate names the mistakes of the configuration, or says what it means.
func validate(c cli.Command) report.Status {
	load := keeper.Load
	if c.Part {
		load = keeper.LoadPart
	}
	all, mistakes, err := load(c.ConfigFile)
	for _, m := range mistakes {
		fail(m)
	}
	var text []byte
	doubts := keeper.Doubts(all)
	if err == nil && len(mistakes) == 0 {
		if err = notify.Trusted(all.Notify.OnIncident); errors.Is(err, fs.ErrNotExist) { // it may be installed later
			doubts, err = append(doubts, "on_incident: "+err.Error()), nil
		}
	}
	if err == nil && len(mistakes) == 0 {
		text, err = all.YAML()
	}
	if err != nil {
		fail(err)
	}
	if err != nil || len(mistakes) > 0 {
		return report.Unclear
	}
	for _, doubt := range doubts {
		report.Caution(os.Stderr, terminal.Colored(os.Stderr), doubt)
	}
	var out output
	out.Write(text)
	if out.err != nil {
		out.complain()
		return report.Unclear
	}
	return report.OK
}

func fail(err error) {
	report.Fail(os.Stderr, terminal.Colored(os.Stderr), err.Error(), words.Hint(err))
}
