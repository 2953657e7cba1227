package keeper

import (
	"errors"
	"os"
	"slices"
	"strings"

	"daemon-keeper/check"
	"daemon-keeper/internal/config"
)

// Wanted is what a run is asked for.
type Wanted struct {
	Daemons  []Daemon         // and rules
	Mistakes []config.Mistake // of files that are left out
	Notify   config.Notify    // who is told
	Evidence config.Evidence  // what is recorded for later
}

// Configured are the daemons and rules of a configuration: all, or those that are
// named, with what they come after.
func Configured(path string, names []string) (Wanted, error) {
	all, mistakes, err := Load(path)
	if err != nil {
		return Wanted{Mistakes: mistakes}, err
	}
	chosen, err := all.Select(names)
	return Wanted{Daemons(all, chosen), mistakes, all.Notify, all.Evidence}, err
}

// Watched are those that are only to be looked at: words may also be SPECs, and a
// configuration is needed only if they are not. Without a path there is none, and
// an optional one may be missing.
func Watched(path string, optional bool, words []string) (Wanted, error) {
	var all config.Config
	var mistakes []config.Mistake
	var err error
	if path != "" && mayBeNames(words) {
		all, mistakes, err = Load(path)
		if optional && len(words) > 0 && errors.As(err, new(*config.NotFoundError)) {
			err = nil
		}
	}
	switch {
	case err != nil:
		return Wanted{Mistakes: mistakes}, err
	case len(mistakes) > 0 && areSpecs(words):
		mistakes = nil // of what nobody has asked for
	case len(mistakes) > 0 && len(all.Files) == 0:
		all.Files = []string{path} // there is one, which cannot be read
	}
	chosen, err := all.Pick(words, config.Options{})
	return Wanted{Daemons: Daemons(withSpecs(all, chosen), chosen), Mistakes: mistakes}, err
}

// withSpecs is a configuration with the daemons that were picked by SPECs: what is
// named may come after others that are not.
func withSpecs(all, chosen config.Config) config.Config {
	known := len(all.Daemons)
	all.Daemons = slices.Clip(all.Daemons)
	for _, d := range chosen.Daemons {
		if !slices.ContainsFunc(all.Daemons[:known], func(k config.Daemon) bool { return k.Name == d.Name }) {
			all.Daemons = append(all.Daemons, d)
		}
	}
	return all
}

// areSpecs reports whether all words are, unless they are names.
func areSpecs(words []string) bool {
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !strings.ContainsAny(w, ":/@") })
}

// mayBeNames reports whether something may be in the configuration: no name there
// has a colon or a slash.
func mayBeNames(words []string) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return !strings.ContainsAny(w, ":/") })
}

// Load reads a configuration. As root it refuses files that others can change. One
// that defines nothing is an error: it may have lost its content.
func Load(path string) (config.Config, []config.Mistake, error) {
	all, mistakes, err := config.Load(path, config.Options{CheckOwner: os.Geteuid() == 0})
	if err == nil && len(all.Daemons)+len(all.Forbid)+len(mistakes) == 0 {
		err = &config.EmptyError{Files: all.Files, Blank: all.Blank}
	}
	return all, mistakes, err
}

// LoadPart reads a file that is to be one of several: it may define nothing, and come
// after daemons of the others.
func LoadPart(path string) (config.Config, []config.Mistake, error) {
	return config.Load(path, config.Options{CheckOwner: os.Geteuid() == 0, Part: true})
}

// ProcessesOnly is the daemon with no more asked of it than which processes it is.
func (d Daemon) ProcessesOnly() Daemon {
	d.Unjudged = d.beyondProcesses()
	d.Recheck = 0
	d.Spec.Listen, d.Spec.PIDFile = nil, nil
	if !d.Spec.Rule { // whose limit says which processes are meant
		d.Spec.CPU, d.Spec.Memory, d.Spec.Files, d.Spec.MinAge = nil, check.MemoryLimit{}, check.FilesLimit{}, 0
	}
	return d
}

// beyondProcesses names what else says whether a daemon is up or well.
func (d Daemon) beyondProcesses() []string {
	var list []string
	for _, l := range d.Spec.Listen {
		list = append(list, l.String())
	}
	if d.Spec.PIDFile != nil {
		list = append(list, "its pidfile")
	}
	if d.Spec.Rule { // its limits are criteria
		return list
	}
	for _, limit := range []struct {
		name string
		set  bool
	}{
		{"cpu", d.Spec.CPU != nil},
		{"memory", d.Spec.Memory != check.MemoryLimit{}},
		{"files", d.Spec.Files != check.FilesLimit{}},
		{"min_age", d.Spec.MinAge != 0},
	} {
		if limit.set {
			list = append(list, "the limit "+limit.name)
		}
	}
	return list
}
