package inspect

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
)

// Unit is what a service's unit asks for, as its manager tells it.
type Unit struct {
	Name  string
	Props map[string]string // systemctl show, systemd.exec(5)
}

// has reports whether a property is set.
func (u Unit) has(name string) bool { return u.Props[name] != "" }

// number is the value of a property that is a number or infinity.
func (u Unit) number(name string) (uint64, bool) {
	v := u.Props[name]
	if v == "infinity" {
		return proctable.Unlimited, true
	}
	n, err := strconv.ParseUint(v, 10, 64)
	return n, err == nil
}

// yes reports whether a property is switched on.
func (u Unit) yes(name string) bool { return u.Props[name] == "yes" || u.Props[name] == "true" }

// words are the words of a value.
func (u Unit) words(name string) []string { return strings.Fields(u.Props[name]) }

// stampLayout is how systemctl prints a time: Sun 2026-11-29 09:44:36 UTC.
const stampLayout = "Mon 2006-01-02 15:04:05 MST"

// stamp reads a time that systemctl has printed.
func stamp(text string) (time.Time, bool) {
	t, err := time.ParseInLocation(stampLayout, strings.TrimSpace(text), time.Local)
	return t, err == nil
}

// reloaded is the time when the unit's ExecReload= was last run. The property has it:
//
//	{ path=/bin/kill ; argv[]=/bin/kill -HUP $MAINPID ; ... ; start_time=[n/a] ; stop_time=[n/a] ; ...
func (u Unit) reloaded() (at time.Time, ok bool) {
	rest := u.Props["ExecReload"]
	for {
		var found bool
		if _, rest, found = strings.Cut(rest, " ; start_time=["); !found {
			return at, ok
		}
		text, _, _ := strings.Cut(rest, "]")
		if t, isTime := stamp(text); isTime && t.After(at) {
			at, ok = t, true
		}
	}
}

// ConfigPaths are the configuration files of a process, by its command line and by that of its unit.
// A file that it writes is not its configuration.
func ConfigPaths(f Facts) []string {
	list := configArgs(f.Args)
	rest := f.Unit.Value.Props["ExecStart"]
	for {
		var found bool
		if _, rest, found = strings.Cut(rest, " ; argv[]="); !found {
			break
		}
		line, _, _ := strings.Cut(rest, " ; ")
		list = append(list, configArgs(strings.Fields(line))...)
	}
	return slices.DeleteFunc(list, func(name string) bool {
		return slices.ContainsFunc(f.Files.Value, func(x File) bool { return x.Path == name && x.Write })
	})
}
