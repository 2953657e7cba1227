package keeper

import (
	"errors"
	"os"
	"slices"
	"strings"

	"daemon-keeper/internal/config"
)

// Configured are the daemons and rules of a configuration: all, or those that are
// named, with what they come after. Mistakes are those of files that are left out.
func Configured(path string, names []string) ([]Daemon, []config.Mistake, error) {
	all, mistakes, err := Load(path)
	if err != nil {
		return nil, mistakes, err
	}
	chosen, err := all.Select(names)
	return Daemons(all, chosen), mistakes, err
}

// Watched are those that are only to be looked at: words may also be SPECs, and a
// configuration is needed only if they are not. Without a path there is none.
func Watched(path string, words []string) ([]Daemon, []config.Mistake, error) {
	var all config.Config
	var mistakes []config.Mistake
	var err error
	if path != "" && mayBeNames(words) {
		all, mistakes, err = Load(path)
		if len(words) > 0 && errors.As(err, new(*config.NotFoundError)) {
			err = nil
		}
	}
	if err != nil {
		return nil, mistakes, err
	}
	chosen, err := all.Pick(words, config.Options{})
	return Daemons(chosen, chosen), mistakes, err
}

// mayBeNames tells whether something may be in the configuration: no name there
// has a colon or a slash.
func mayBeNames(words []string) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return !strings.ContainsAny(w, ":/") })
}

// Load reads a configuration. As root it refuses files that others can change. One
// that defines nothing is an error: it may have lost its content.
func Load(path string) (config.Config, []config.Mistake, error) {
	all, mistakes, err := config.Load(path, config.Options{CheckOwner: os.Geteuid() == 0})
	if err == nil && len(all.Daemons)+len(all.Forbid)+len(mistakes) == 0 {
		err = &config.EmptyError{Files: all.Files}
	}
	return all, mistakes, err
}

// ProcessesOnly is the daemon with no more asked of it than which processes it is.
func (d Daemon) ProcessesOnly() Daemon {
	d.Recheck = 0
	d.Spec.Listen, d.Spec.PIDFile = nil, nil
	if !d.Spec.Rule { // whose limit says which processes are meant
		d.Spec.CPU = nil
	}
	return d
}
