package config

import (
	"fmt"
	"slices"

	"daemon-keeper/internal/words"
)

// UnknownNameError is the error for a name that no daemon and no rule has.
type UnknownNameError struct {
	Name string
	hint string
}

func (e *UnknownNameError) Error() string {
	return fmt.Sprintf("cannot find %s in the configuration: no daemon and no rule has that name", quote(e.Name))
}

// Hint says what the user can do.
func (e *UnknownNameError) Hint() string { return e.hint }

// Select keeps the daemons and rules of these names, in the order of the files; without names
// it keeps all. After may then name daemons that are left out. The error is an
// UnknownNameError.
func (c Config) Select(names []string) (Config, error) {
	if len(names) == 0 {
		return c, nil
	}
	known := c.names()
	for _, name := range names {
		if !slices.Contains(known, name) {
			return Config{}, &UnknownNameError{name, nameHint(name, known)}
		}
	}
	c.Blank = false
	c.Daemons = slices.DeleteFunc(slices.Clone(c.Daemons), func(d Daemon) bool { return !slices.Contains(names, d.Name) })
	c.Forbid = slices.DeleteFunc(slices.Clone(c.Forbid), func(r Rule) bool { return !slices.Contains(names, r.Name) })
	return c, nil
}

// names lists the names of the daemons and the rules.
func (c Config) names() []string {
	var names []string
	for _, d := range c.Daemons {
		names = append(names, d.Name)
	}
	for _, r := range c.Forbid {
		names = append(names, r.Name)
	}
	return names
}

func nameHint(name string, known []string) string {
	if near := words.Nearest(name, known); near != "" {
		return "did you mean " + quote(near) + "?"
	}
	return "list the names with: daemon-keeper validate"
}
