package app

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
)

// pause has daemons left alone, until it ends by itself or by resume.
func pause(c cli.Command) error {
	if c.Lists() {
		return listPauses(c)
	}
	if err := checkNames(c); err != nil {
		return err
	}
	store, err := state.OpenStore(c.StateDir)
	if err != nil {
		return err
	}
	var out output
	defer out.complain(c)
	for _, name := range names(c) {
		p := past.Pause{Name: name, From: state.Now(), For: c.For, By: who(), Reason: c.Reason}
		if err := store.Pause(p); err != nil {
			return err
		}
		fmt.Fprintln(&out, words.Printable(strings.Replace(keeper.PauseText(p), "it is", shown(name), 1)))
	}
	return nil
}

// resume ends pauses now.
func resume(c cli.Command) error {
	store, err := state.OpenStore(c.StateDir)
	if err != nil {
		return err
	}
	var out output
	defer out.complain(c)
	for _, name := range names(c) {
		ended, err := store.Resume(name, state.Now())
		switch {
		case err != nil:
			return err
		case len(ended) == 0:
			fmt.Fprintln(&out, words.Printable(shown(name)+" not paused"+allPaused(store, name)))
		}
		for _, p := range ended {
			fmt.Fprintln(&out, words.Printable(shown(p.Name)+" resumed; "+strings.TrimPrefix(keeper.PauseText(p), "it is ")))
		}
	}
	return nil
}

// checkNames refuses the name of a daemon that is not kept: it may be one with a
// typing error. A daemon of -e is called by its path.
func checkNames(c cli.Command) error {
	var inFile []string
	for _, name := range c.Names {
		if !filepath.IsAbs(name) {
			inFile = append(inFile, name)
		}
	}
	if len(inFile) == 0 {
		return nil
	}
	w, err := configured(c.ConfigFile, inFile)
	for _, d := range w.daemons {
		if d.Spec.Rule {
			return fmt.Errorf("cannot pause %q: it is a rule, for which nothing is restarted", d.Name)
		}
	}
	return err
}

func names(c cli.Command) []string {
	if c.All {
		return []string{past.AllPaused}
	}
	return c.Names
}

func shown(name string) string {
	if name == past.AllPaused {
		return "all daemons are"
	}
	return "'" + words.Printable(name) + "' is"
}

// who is the person behind sudo(8) or doas(1), as far as these tell, or the user.
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

// allPaused reminds of a pause of all daemons, which goes on.
func allPaused(store *state.Store, name string) string {
	pauses, _ := store.Pauses(state.Now()) // it is only a reminder
	for _, p := range pauses {
		if p.Name == past.AllPaused && name != past.AllPaused {
			return " by itself, but all daemons are: daemon-keeper resume --all"
		}
	}
	return ""
}
