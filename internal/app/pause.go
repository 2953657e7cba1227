package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
)

// pauseCommand keeps daemons from being restarted, until the pause ends by itself or by resume.
type pauseCommand struct {
	Names  []string       `arg:"" optional:"" sep:"none" name:"name" takes:"daemons"`
	All    bool           `nameless:"" help:"Pause all daemons."`
	For    *time.Duration `placeholder:"TIME" help:"Let the pause end by itself after this long."`
	Reason string         `placeholder:"TEXT" help:"Say why; every report shows it."`
	Output string         `short:"o" default:"text" placeholder:"FORMAT" choices:"text json" refuse:"cannot print pauses as %q" hint:"choose text or json, and name no daemon" help:"Print the pauses as text or json."`
	configFlag
	stateDirFlag
}

// Help is what the help says of the command beside its flags.
func (pauseCommand) Help() string {
	return `
It lasts until it ends by itself, or until resume. Without a name the pauses
are listed: who has made them, since when, until when and why.

Examples:
  daemon-keeper pause
  daemon-keeper pause -o json
  daemon-keeper pause --for 2h --reason "new disk" mariadb
  daemon-keeper pause --all --for 1d`
}

// lists reports whether pauses are only to be listed.
func (p *pauseCommand) lists() bool { return !p.All && len(p.Names) == 0 }

// ask refuses a pause of nothing, and one that would end before it begins.
func (p *pauseCommand) ask(j *job) (err error) {
	switch {
	case p.Output != outputText && !p.lists():
		return cli.Refuse("choose text or json, and name no daemon", "cannot print pauses as %q", p.Output)
	case p.lists() && p.For == nil && p.Reason == "": // nothing is paused
	case p.All == (len(p.Names) > 0):
		return unclearNames()
	case p.For != nil && *p.For <= 0:
		return cli.Refuse(words.DurationHint, "cannot use --for %v: it must be more than 0s", *p.For)
	}
	j.Output = p.Output
	if !p.lists() && !p.All {
		if j.configFile, err = p.file(); err != nil {
			return err
		}
	}
	return p.checkStateDir()
}

func unclearNames() error {
	return cli.Refuse("name the daemons, or say --all", "cannot tell which daemons are meant")
}

func (p *pauseCommand) run(_ context.Context, j *job) (report.Status, error) {
	if p.lists() {
		return report.OK, p.list()
	}
	if err := checkNames(j.configFile, p.Names); err != nil {
		return report.OK, err
	}
	store, err := state.OpenStore(p.StateDir)
	if err != nil {
		return report.OK, err
	}
	var out output
	defer out.complain(j)
	for _, name := range orAll(p.Names, p.All) {
		pause := past.Pause{Name: name, From: state.Now(), By: who(), Reason: p.Reason}
		if p.For != nil {
			pause.For = *p.For
		}
		if err := store.Pause(pause); err != nil {
			return report.OK, err
		}
		out.tellPause(pause)
	}
	return report.OK, nil
}

// resumeCommand ends pauses now.
type resumeCommand struct {
	Names []string `arg:"" optional:"" sep:"none" name:"name" takes:"paused"`
	All   bool     `nameless:"" help:"Resume all daemons."`
	stateDirFlag
}

func (r *resumeCommand) ask(*job) error {
	if r.All == (len(r.Names) > 0) {
		return unclearNames()
	}
	return r.checkStateDir()
}

func (r *resumeCommand) run(_ context.Context, j *job) (report.Status, error) {
	store, err := state.OpenStore(r.StateDir)
	if err != nil {
		return report.OK, err
	}
	var out output
	defer out.complain(j)
	for _, name := range orAll(r.Names, r.All) {
		ended, err := store.Resume(name, state.Now())
		switch {
		case err != nil:
			return report.OK, err
		case len(ended) == 0:
			fmt.Fprintln(&out, words.Printable(shown(name)+" not paused"+allPaused(store, name)))
		}
		for _, p := range ended {
			fmt.Fprintln(&out, words.Printable(shown(p.Name)+" resumed; "+strings.TrimPrefix(keeper.PauseText(p), "it is ")))
		}
	}
	return report.OK, nil
}

// checkNames refuses a name that is not in the configuration: it may be mistyped. A daemon of
// -e is named by its path.
func checkNames(configFile string, names []string) error {
	var inFile []string
	for _, name := range names {
		if !filepath.IsAbs(name) {
			inFile = append(inFile, name)
		}
	}
	if len(inFile) == 0 {
		return nil
	}
	w, err := configured(configFile, inFile)
	for _, d := range w.daemons {
		if d.Spec.Rule {
			return fmt.Errorf("cannot pause %q: it is a rule, and nothing is restarted for a rule", d.Name)
		}
	}
	return err
}

func orAll(names []string, all bool) []string {
	if all {
		return []string{past.AllPaused}
	}
	return names
}

func (o *output) tellPause(p past.Pause) {
	fmt.Fprintln(o, words.Printable(strings.Replace(keeper.PauseText(p), "it is", shown(p.Name), 1)))
}

func shown(name string) string {
	if name == past.AllPaused {
		return "all daemons are"
	}
	return "'" + words.Printable(name) + "' is"
}

// who returns the person behind sudo(8) or doas(1), if the environment says so, otherwise the
// current user.
func who() string {
	for _, name := range []string{"SUDO_USER", "DOAS_USER"} {
		if u := os.Getenv(name); u != "" {
			return u
		}
	}
	u, err := user.Current()
	if err != nil || u.Username == "" {
		return fmt.Sprint(os.Getuid())
	}
	return u.Username
}

// allPaused returns a reminder if a pause of all daemons is still in force; "" if not.
func allPaused(store *state.Store, name string) string {
	pauses, _ := store.Pauses(state.Now()) // it is only a reminder
	for _, p := range pauses {
		if p.Name == past.AllPaused && name != past.AllPaused {
			return " by itself, but all daemons are: daemon-keeper resume --all"
		}
	}
	return ""
}

// list prints the current pauses. It creates nothing.
func (p *pauseCommand) list() error {
	now := state.Now()
	store, err := state.LookStore(p.StateDir)
	var pauses []past.Pause
	if err == nil {
		pauses, err = store.Pauses(now)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // without a folder nobody has paused anything
		return err
	}
	var out output
	switch {
	case p.Output == outputJSON:
		list := make([]report.Pause, len(pauses))
		for i, p := range pauses {
			list[i] = reported(p)
		}
		report.WritePauses(&out, now.Time, list)
		return out.err
	case len(pauses) == 0:
		fmt.Fprintln(&out, "nothing is paused")
	}
	for _, p := range pauses {
		out.tellPause(p)
	}
	return out.err
}

func reported(p past.Pause) report.Pause {
	r := report.Pause{Name: p.Name, By: p.By, Reason: p.Reason, From: p.From.Time}
	if p.Name == past.AllPaused {
		r.Name, r.All = "", true
	}
	if p.For > 0 {
		r.Until = p.From.Time.Add(p.For)
	}
	return r
}
