package config

import (
	"errors"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// notSpec is the error for a word that is not a SPEC.
func notSpec(text, why, hint string) error {
	return wrong(hint, "cannot read SPEC %s: %s", quote(text), why)
}

// ReadSpec reads a word that says which processes there should be: a name or a path, then an
// optional @USER, then an optional :COUNT. The arguments of mon's ps.monitor (tor:1-1,
// master:1-2, dbus-daemon:1-) have this form. The daemon's name is the part before the count;
// it has no services.
func ReadSpec(text string, opts Options) (Daemon, error) {
	l := newLoader(opts)
	subject, count, hasCount := cutLast(text, ":")
	d := Daemon{Name: subject, Count: &words.Count{Min: 1, Max: words.NoLimit}, Times: Times{Recheck: l.builtIn().Recheck}}
	var p *problem
	if hasCount {
		d.Count, p = readBounds(count)
	}
	if p == nil {
		p = l.subject(subject, &d.Criteria)
	}
	if p != nil {
		return Daemon{}, notSpec(text, p.message, p.hint)
	}
	return d, nil
}

// subject reads sshd, /usr/sbin/sshd or sshd@root. A path may have an @ in the name of a
// folder.
func (l *loader) subject(text string, c *Criteria) *problem {
	name, user, hasUser := cutLast(text, "@")
	if hasUser && strings.Contains(user, "/") {
		name, hasUser = text, false
	}
	if name == "" || strings.TrimSpace(name) != name {
		return wrong("write sshd:1-, sshd@root or /usr/sbin/sshd", "it names no process")
	}
	var p *problem
	if hasUser {
		if c.User, p = l.users.readPresent(user); p != nil {
			return p
		}
	}
	if strings.HasPrefix(name, "/") {
		c.Executable, p = readProgram(name)
		return p
	}
	if c.Called, p = readFileName(name); p != nil {
		p.hint = "write the full path, or only what follows the last slash"
	}
	return p
}

// readBounds is readCount, but accepts a missing bound, as ps.monitor does.
func readBounds(text string) (*words.Count, *problem) {
	if strings.HasPrefix(text, "-") {
		text = "0" + text
	}
	c, p := readCount(text)
	if p != nil {
		p.message = "its count is wrong: " + p.message
		p.hint = "write NAME:1-2, NAME:1- for at least one, NAME:1 for exactly one, or NAME:0 for none"
	}
	return c, p
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// Pick is Select for words that may also be SPECs. If there is a configuration, a word without
// a colon, a slash or an @ must be a name in it, so that a typing error is noticed.
func (c Config) Pick(words []string, opts Options) (Config, error) {
	known := c.names()
	var names []string
	var others []Daemon
	for _, word := range words {
		if slices.Contains(known, word) || len(c.Files) > 0 && !strings.ContainsAny(word, ":/@") {
			names = append(names, word)
			continue
		}
		d, err := ReadSpec(word, opts)
		if err != nil {
			return Config{}, err
		}
		others = append(others, d)
	}
	picked := Config{Notify: c.Notify, Evidence: c.Evidence, Files: c.Files}
	if len(names) > 0 || len(words) == 0 {
		var err error
		picked, err = c.Select(names)
		if unknown := (*UnknownNameError)(nil); errors.As(err, &unknown) {
			unknown.hint += "; for any process of that name write " + unknown.Name + ":1-"
		}
		if err != nil {
			return Config{}, err
		}
	}
	for _, d := range others {
		if slices.Contains(picked.names(), d.Name) {
			return Config{}, notSpec(d.Name, "it is given twice", "give all that is meant in one: "+d.Name+":1-2")
		}
		picked.Daemons = append(picked.Daemons, d)
	}
	return picked, nil
}
