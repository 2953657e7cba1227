package config

import (
	"reflect"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// entry is a daemon or a rule, with the place of its name.
type entry struct {
	position
	name   string
	daemon *Daemon // nil: it is a rule
	rule   *Rule
	after  *node // the list, to tell a mistake in it
}

// sections of a file.
const (
	defaultsKey = "defaults"
	daemonsKey  = "daemons"
	forbidKey   = "forbid"
)

// top reads the whole of a file. times are what holds without its defaults; it
// returns what holds with them, as far as they are sound.
func (d *decoder) top(root *node, times defaults) ([]entry, defaults) {
	if root == nil {
		return nil, times
	}
	if root.shape != mapping {
		d.tell(root, "begin with daemons:", "the file must be a mapping, not %s", root.shape)
		return nil, times
	}
	pairs := d.pairs(root, "the file")
	for _, p := range pairs { // first, for they hold above them too
		if p.key.text == defaultsKey && d.isMapping(p.value, "defaults") {
			d.mapping(p.value, "defaults", reflect.ValueOf(&times).Elem())
		}
	}
	var entries []entry
	for _, p := range pairs {
		switch p.key.text {
		case defaultsKey:
		case daemonsKey:
			entries = append(entries, d.entries(p.value, daemonsKey, func(e *entry, n *node) { d.daemon(e, n, times) })...)
		case forbidKey:
			entries = append(entries, d.entries(p.value, forbidKey, d.rule)...)
		default:
			d.notify(p, reflect.ValueOf(&d.told).Elem())
		}
	}
	return entries, times
}

// notify reads a key that says who is told of incidents.
func (d *decoder) notify(p pair, into reflect.Value) {
	s := d.of(into.Type())
	f := s.field(p.key.text)
	switch {
	case f == nil:
		d.unknown(p.key, "the file", append([]string{defaultsKey, daemonsKey, forbidKey}, s.keys()...))
	case !d.isMain:
		d.tell(p.key, "write it into the main file: it is about all daemons", "cannot use %s in a drop-in", f.key)
	default:
		d.value(f, p.value, "the file", into.FieldByIndex(f.index))
	}
	if f != nil && f.key == "on_incident" && len(d.told.OnIncident) > 0 && !strings.HasPrefix(d.told.OnIncident[0], "/") && p.value.shape == list && p.value.items[0].shape == scalar {
		d.tell(p.value.items[0], "write its full path", "on_incident must begin with the path of a program")
	}
}

// isMapping tells it if a value is none.
func (d *decoder) isMapping(n *node, what string) bool {
	switch n.shape {
	case mapping:
		return true
	case broken:
	case empty:
		d.tell(n, "write one, or leave the key out", "%s has no value", what)
	default:
		hint := "write KEY: VALUE"
		if n.shape == list {
			hint = "leave the dashes out: KEY: VALUE"
		}
		d.tell(n, hint, "%s must be a mapping, not %s", what, n.shape)
	}
	return false
}

// entries reads what is named in a section.
func (d *decoder) entries(n *node, what string, read func(*entry, *node)) []entry {
	if !d.isMapping(n, what) {
		return nil
	}
	if len(n.pairs) > maxEntries {
		d.tell(n, "run daemon-keeper for each half, with -c FILE", "cannot keep more than %d daemons and rules: there are %d in %s", maxEntries, len(n.pairs), what)
		return nil
	}
	var out []entry
	for _, p := range d.pairs(n, what) {
		if _, wrong := readName(p.key.text); wrong != nil {
			wrong.message = "cannot use " + quote(p.key.text) + " as a name in " + what + ": " + wrong.message
			d.add(p.key.position, p.key.text, wrong)
		}
		e := entry{position: p.key.position, name: p.key.text}
		read(&e, p.value)
		out = append(out, e)
	}
	return out
}

func (d *decoder) daemon(e *entry, n *node, times defaults) {
	daemon := &Daemon{Name: e.name}
	e.daemon = daemon
	where := "daemon " + short(e.name)
	if n.shape == empty {
		d.tell(n, "write executable: /PATH and services: [NAME] below it", "%s has no keys", where)
	}
	if n.shape == empty || !d.isMapping(n, where) {
		return
	}
	into := reflect.ValueOf(daemon).Elem()
	d.defaults(d.of(into.Type()), into)
	d.times(times, into)
	set := d.mapping(n, where, into)
	e.after = set["after"]
	if set["listen"] == nil {
		daemon.ProbeTimeout = 0
	}
	d.checkDaemon(daemon, e.position, where, set)
}

// times gives a daemon the times of the file.
func (d *decoder) times(times defaults, into reflect.Value) {
	from := reflect.ValueOf(times)
	target := d.of(into.Type())
	for _, f := range d.of(from.Type()).fields {
		into.FieldByIndex(target.field(f.key).index).Set(from.FieldByIndex(f.index))
	}
}

// checkDaemon looks for what its keys need of each other.
func (d *decoder) checkDaemon(daemon *Daemon, at position, where string, set keys) {
	name := &node{position: at, text: daemon.Name}
	d.ownDaemon(daemon, name, where, set)
	if set["executable"] == nil && set["name"] == nil {
		d.tell(name, "write executable: /PATH, or name: NAME", "%s has neither executable nor name", where)
	}
	optional := daemon.Count.Min == 0 && set["restart_on"] == nil
	if set["services"] == nil && set["start"] == nil && !optional {
		d.tell(name, "services: [NAME] restarts them; services: [] only watches", "%s has no services", where)
	}
	if n := set["services"]; n != nil && set["start"] == nil && n.shape == list && len(n.items) == 0 && len(daemon.RestartOn) > 0 {
		d.tell(set["restart_on"], "name a service, or leave restart_on out", "%s has restart_on but no service", where)
	}
	for i, reason := range daemon.RestartOn {
		d.checkReason(daemon, reason, set["restart_on"].items[i], where, set)
	}
}

func (d *decoder) checkReason(daemon *Daemon, reason string, n *node, where string, set keys) {
	key := keyOfReason(reason)
	switch {
	case reason == "":
	case set[key] == nil:
		d.tell(n, "write "+key+" too, or leave "+reason+" out", "%s would be restarted on %s, but has no %s", where, reason, key)
	case reason == "too_many" && set[key].shape == scalar && daemon.Count.Max == words.NoLimit:
		d.tell(n, "write how many at most, such as count: 1-2", "%s would be restarted on too_many, but its count has no upper bound", where)
	}
}

func (d *decoder) rule(e *entry, n *node) {
	rule := &Rule{Name: e.name}
	e.rule = rule
	where := "rule " + short(e.name)
	if n.shape == empty {
		d.tell(n, "write which processes are meant: user: NAME", "%s has no keys", where)
	}
	if n.shape == empty || !d.isMapping(n, where) {
		return
	}
	into := reflect.ValueOf(rule).Elem()
	s := d.of(into.Type())
	d.defaults(s, into)
	set := d.mapping(n, where, into)
	meant := meaningKeys(s)
	if !slices.ContainsFunc(meant, func(key string) bool { return set[key] != nil }) {
		d.tell(&node{position: e.position, text: e.name}, "write at least one of: "+strings.Join(meant, ", "), "%s does not say which processes it means", where)
	}
}

// meaningKeys are those that say which processes a rule means.
func meaningKeys(rule *section) []string {
	return slices.DeleteFunc(rule.keys(), func(key string) bool { return key == "count" || key == "exempt" })
}
