package inspect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

func fileRules() []rule {
	return []rule{
		{
			"program_replaced", Files, Warning, "it runs a program that was replaced or removed since",
			"the old one is still in memory, with the mistakes that the new one was made to mend; what it starts or loads may no longer fit",
			"restart it when it suits you",
			func(f Facts) []evidence { return saw(f.Deleted.Known && f.Deleted.Value, f.Exe) },
		},
		{
			"libraries_replaced", Files, Warning, "it runs libraries that were replaced or removed since",
			"an upgrade has not reached it: it has the mistakes that were mended",
			"restart it when it suits you", librariesReplaced,
		},
		{
			"program_writable", Files, Warning, "somebody else than root can change its program",
			"at the next start their program runs in its place",
			"give the file and the folders on the way to it to root, without write permission for others", programWritable,
		},
		{
			"pidfile", Files, Warning, "its pidfile is not right",
			"who signals what a pidfile names, as logrotate and init scripts do, may signal another process or none",
			"see: daemon-keeper pidfiles", pidfile,
		},
		{
			"config_newer", Files, Warning, "its configuration was changed after it was started",
			"what stands there holds only after the next restart or reload, and may not even be valid",
			"check it with the program's own test, then reload or restart the service", configNewer,
		},
		{
			"unit_newer", Files, Warning, "its unit was changed after it was started",
			"what stands there holds only after the next restart",
			"restart the service", unitNewer,
		},
		{
			"unit_unread", Files, Warning, "systemd has not read its unit since that was changed",
			"the next start does what the old unit says",
			"systemctl daemon-reload",
			func(f Facts) []evidence {
				return saw(f.Unit.Known && f.Unit.Value.yes("NeedDaemonReload"), f.Unit.Value.Name)
			},
		},
	}
}

// mostNamed is how many elements of a list are named.
const mostNamed = 3

func librariesReplaced(f Facts) []evidence {
	list := f.Libraries.Value
	if !f.Libraries.Known || len(list) == 0 {
		return nil
	}
	text := strings.Join(list[:min(len(list), mostNamed)], ", ")
	if n := len(list) - mostNamed; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return saw(true, text)
}

// programWritable is critical if the process is root's: whoever changes its program becomes root. It
// is a notice if only the user can change it as whom it runs: they gain hardly anything.
func programWritable(f Facts) []evidence {
	var list []evidence
	for _, w := range f.Writers.Value {
		e := evidence{text: fmt.Sprintf("%s can change %s", w.Who, w.At)}
		switch {
		case !f.IDs.Known:
		case slices.Contains(f.IDs.Value.Users[:], 0):
			e.severity = Critical
		case w.Who == "user "+f.name(f.IDs.Value.user()):
			e.severity = Notice
		}
		list = append(list, e)
	}
	return list
}

// name is the name of a user, without the id.
func (f Facts) name(id uint32) string {
	if f.UserName == nil {
		return fmt.Sprint(id)
	}
	return f.UserName(id)
}

func pidfile(f Facts) []evidence {
	var list []evidence
	for _, p := range f.PIDFiles.Value {
		if p.Severity > Fine {
			list = append(list, evidence{text: p.Path + " " + p.Text, severity: p.Severity})
		}
	}
	return list
}

// slack is how much earlier than a change a start may seem to be that was later: starts are counted
// in ticks, and configurations are often written just before the daemon is started.
const slack = 2 * time.Second

func configNewer(f Facts) []evidence {
	began, ok := f.begun()
	if !ok {
		return nil
	}
	var list []evidence
	for _, c := range f.Configs.Value {
		if !c.At.After(began.Add(slack)) {
			continue
		}
		e := evidence{text: fmt.Sprintf("%s was changed %s", c.Path, f.ago(c.At))}
		switch {
		case f.startedSince(c.At):
			e.severity = Notice
			e.text += "; it has started processes since, so it may have been reloaded"
		case !f.Unit.Known:
			e.severity = Notice // there is no record of reloads
		}
		list = append(list, e)
	}
	return list
}

// startedSince reports whether it has started a process since: many daemons replace their workers
// when they are reloaded.
func (f Facts) startedSince(at time.Time) bool {
	return slices.ContainsFunc(f.Relatives.Value, func(r Relative) bool {
		return r.Start > 0 && !f.Booted.IsZero() && f.Booted.Add(r.Start).After(at)
	})
}

// begun is the time of its start or of its last reload, as far as that is known.
func (f Facts) begun() (time.Time, bool) {
	began := f.Started.Value
	if at, ok := f.Unit.Value.reloaded(); ok && at.After(began) {
		began = at
	}
	return began, f.Started.Known
}

func (f Facts) ago(at time.Time) string {
	d := max(f.Now.Sub(at), 0)
	text := at.Local().Format("2006-01-02 15:04:05")
	if f.Started.Known {
		text += ", when it had run for " + spelled(max(at.Sub(f.Started.Value), 0))
	}
	if d < time.Minute {
		return text + ", just now"
	}
	return text
}

// spelled is a duration in its largest unit.
func spelled(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return words.Plural(int(d/(24*time.Hour)), "day")
	case d >= 2*time.Hour:
		return words.Plural(int(d/time.Hour), "hour")
	case d >= 2*time.Minute:
		return words.Plural(int(d/time.Minute), "minute")
	}
	return words.Plural(int(d/time.Second), "second")
}

// UnitFiles are the files of a unit.
func (u Unit) UnitFiles() []string {
	list := u.words("DropInPaths")
	if p := u.Props["FragmentPath"]; p != "" {
		list = append([]string{p}, list...)
	}
	return list
}

func unitNewer(f Facts) []evidence {
	if !f.Started.Known {
		return nil
	}
	var list []evidence
	for _, c := range f.UnitFiles.Value {
		if strings.HasPrefix(c.Path, "/run/systemd/generator") { // systemd makes them again each time that it reads all units
			continue
		}
		if c.At.After(f.Started.Value.Add(slack)) {
			list = append(list, evidence{text: fmt.Sprintf("%s was changed %s", c.Path, f.ago(c.At))})
		}
	}
	return list
}
