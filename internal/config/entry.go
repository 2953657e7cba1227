package config

import (
	"reflect"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// entry is a daemon or a rule, with the node of its name.
type entry struct {
	key    *node
	name   string
	daemon *Daemon // nil for a rule
	rule   *Rule
	after  *node // the list, for the place of a mistake in it
}

// Sections of a file.
const (
	defaultsKey = "defaults"
	daemonsKey  = "daemons"
	forbidKey   = "forbid"
)

// top reads a whole file. times are the defaults that hold before the file sets its own; it
// returns those that hold afterwards, as far as they are valid.
func (d *decoder) top(root *node, times defaults) ([]entry, defaults) {
	if root == nil {
		return nil, times
	}
	if shapeOf(root) != mapping {
		d.tell(root, "begin with daemons:", "the file must be a mapping, not %s", shapeOf(root))
		return nil, times
	}
	var keys, values []*node
	for key, value := range d.pairs(root, "the file") {
		keys, values = append(keys, key), append(values, value)
		if key.Value == defaultsKey && d.isMapping(value, "defaults") { // first, because they also apply to entries above them
			d.mapping(value, "defaults", reflect.ValueOf(&times).Elem())
		}
	}
	var entries []entry
	for i, value := range values {
		switch keys[i].Value {
		case defaultsKey:
		case daemonsKey:
			entries = append(entries, d.entries(value, daemonsKey, func(e *entry, n *node) { d.daemon(e, n, times) })...)
		case forbidKey:
			entries = append(entries, d.entries(value, forbidKey, d.rule)...)
		default:
			d.notify(keys[i], value, reflect.ValueOf(&d.told).Elem())
		}
	}
	return entries, times
}

// notify reads a key at the top of the main file: who is told of incidents, and what is
// recorded.
func (d *decoder) notify(key, value *node, into reflect.Value) {
	s := d.of(into.Type())
	f := s.field(key.Value)
	switch {
	case f == nil:
		d.unknown(key, "the file", append([]string{defaultsKey, daemonsKey, forbidKey}, s.keys()...))
	case !d.isMain:
		d.tell(key, "write it into the main file: it is about all daemons", "cannot use %s in a drop-in", f.key)
	default:
		d.value(f, value, "the file", into.FieldByIndex(f.index))
	}
	if f != nil && f.key == "on_incident" && len(d.told.OnIncident) > 0 && !strings.HasPrefix(d.told.OnIncident[0], "/") && shapeOf(value) == list && shapeOf(value.Content[0]) == scalar {
		d.tell(value.Content[0], "write its full path", "on_incident must begin with the path of a program")
	}
}

// isMapping reports whether a node is a mapping, and adds a mistake if it is not.
func (d *decoder) isMapping(n *node, what string) bool {
	switch shapeOf(n) {
	case mapping:
		return true
	case broken:
	case empty:
		d.tell(n, "write one, or leave the key out", "%s has no value", what)
	default:
		hint := "write KEY: VALUE"
		if shapeOf(n) == list {
			hint = "leave the dashes out: KEY: VALUE"
		}
		d.tell(n, hint, "%s must be a mapping, not %s", what, shapeOf(n))
	}
	return false
}

// entries reads the named entries of a section.
func (d *decoder) entries(n *node, what string, read func(*entry, *node)) []entry {
	if !d.isMapping(n, what) {
		return nil
	}
	if count := len(n.Content) / 2; count > maxEntries {
		d.tell(n, "run daemon-keeper for each half, with -c FILE", "cannot keep more than %d daemons and rules: there are %d in %s", maxEntries, count, what)
		return nil
	}
	var out []entry
	for key, value := range d.pairs(n, what) {
		if _, wrong := readName(key.Value); wrong != nil {
			d.tell(key, wrong.hint, "cannot use %s as a name in %s: %s", quote(key.Value), what, wrong.message)
		}
		e := entry{key: key, name: key.Value}
		read(&e, value)
		out = append(out, e)
	}
	return out
}

// named reads a daemon or a rule. It returns the keys that are there, and false if there is
// nothing to read.
func (d *decoder) named(n *node, where, hint string, into reflect.Value) (keys, bool) {
	if shapeOf(n) == empty {
		d.tell(n, hint, "%s has no keys", where)
		return nil, false
	}
	if !d.isMapping(n, where) {
		return nil, false
	}
	d.defaults(d.of(into.Type()), into)
	return d.mapping(n, where, into), true
}

func (d *decoder) daemon(e *entry, n *node, times defaults) {
	daemon := &Daemon{Name: e.name}
	daemon.take(times)
	e.daemon = daemon
	where := "daemon " + short(e.name)
	set, ok := d.named(n, where, "write executable: /PATH and services: [NAME] below it", reflect.ValueOf(daemon).Elem())
	if !ok {
		return
	}
	e.after = set["after"]
	if set["listen"] == nil {
		daemon.ProbeTimeout = 0
	}
	d.checkDaemon(daemon, e.key, where, set)
}

// checkDaemon checks what the keys of a daemon require of each other.
func (d *decoder) checkDaemon(daemon *Daemon, name *node, where string, set keys) {
	d.ownDaemon(daemon, name, where, set)
	if set["executable"] == nil && set["name"] == nil {
		d.tell(name, "write executable: /PATH, or name: NAME", "%s has neither executable nor name", where)
	}
	optional := daemon.Count.Min == 0 && set["restart_on"] == nil
	if set["services"] == nil && set["start"] == nil && !optional {
		d.tell(name, "services: [NAME] restarts them; services: [] only watches", "%s has no services", where)
	}
	if n := set["services"]; n != nil && set["start"] == nil && shapeOf(n) == list && len(n.Content) == 0 && len(daemon.RestartOn) > 0 {
		d.tell(set["restart_on"], "name a service, or leave restart_on out", "%s has restart_on but no service", where)
	}
	for i, reason := range daemon.RestartOn {
		d.checkReason(daemon, reason, set["restart_on"].Content[i], where, set)
	}
}

func (d *decoder) checkReason(daemon *Daemon, reason string, n *node, where string, set keys) {
	key := keyOfReason(reason)
	switch {
	case reason == "":
	case set[key] == nil:
		d.tell(n, "write "+key+" too, or leave "+reason+" out", "%s would be restarted on %s, but has no %s", where, reason, key)
	case reason == "too_many" && shapeOf(set[key]) == scalar && daemon.Count.Max == words.NoLimit:
		d.tell(n, "write how many at most, such as count: 1-2", "%s would be restarted on too_many, but its count has no upper bound", where)
	}
}

func (d *decoder) rule(e *entry, n *node) {
	e.rule = &Rule{Name: e.name}
	into, where := reflect.ValueOf(e.rule).Elem(), "rule "+short(e.name)
	set, ok := d.named(n, where, "write which processes are meant: user: NAME", into)
	if !ok {
		return
	}
	meant := meaningKeys(d.of(into.Type()))
	if !slices.ContainsFunc(meant, func(key string) bool { return set[key] != nil }) {
		d.tell(e.key, "write at least one of: "+strings.Join(meant, ", "), "%s does not say which processes it means", where)
	}
}

// meaningKeys are the keys that say which processes a rule is about.
func meaningKeys(rule *section) []string {
	return slices.DeleteFunc(rule.keys(), func(key string) bool { return key == "count" || key == "exempt" })
}
