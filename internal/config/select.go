package config

import (
	"fmt"
	"slices"

	"daemon-keeper/internal/words"
)

// UnknownNameError says that no daemon and no rule has a name.
type UnknownNameError struct {
	Name string
	hint string
}

func (e *UnknownNameError) Error() string {
	return fmt.Sprintf("cannot find %s in the configuration: no daemon and no rule has that name", quote(e.Name))
}

// Hint is the way out.
func (e *UnknownNameError) Hint() string { return e.hint }

// Select keeps the daemons and rules of these names, in the order of the files;
// no names keep all. After may then name daemons that are left out. The error is
// an UnknownNameError.
func (c Config) Select(names []string) (Config, error) {
	if len(names) == 0 {
		return c, nil
	}
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[name] = true
	}
	selected := Config{Notify: c.Notify, Evidence: c.Evidence, Files: c.Files}
	var known []string
	for _, d := range c.Daemons {
		known = append(known, d.Name)
		if wanted[d.Name] {
			selected.Daemons = append(selected.Daemons, d)
		}
	}
	for _, r := range c.Forbid {
		known = append(known, r.Name)
		if wanted[r.Name] {
			selected.Forbid = append(selected.Forbid, r)
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return Config{}, &UnknownNameError{name, nameHint(name, known)}
		}
	}
	return selected, nil
}

func nameHint(name string, known []string) string {
	if near := words.Nearest(name, known); near != "" {
		return "did you mean " + quote(near) + "?"
	}
	return "list the names with: daemon-keeper validate"
}
