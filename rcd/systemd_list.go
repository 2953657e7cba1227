package rcd

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// listProps are one line each in an answer.
const listProps = "Id,Description,MainPID,UnitFileState,SubState,Type,BusName,SourcePath,TriggeredBy,Restart,ControlGroup"

// listBatch is how many units one command is asked for: an answer has at most
// 64 KiB, and the arguments of ExecStart may be long.
const listBatch = 10

// list asks which services run or have failed, and then about all of them.
func (s systemd) list(ctx context.Context) ([]Listed, error) {
	units, err := printed(ctx, s, s.systemctl, "list-units", "--type=service", "--state=running,failed", "--full", "--plain", "--no-legend", "--no-pager")
	if err != nil {
		return nil, err
	}
	var list []Listed
	for names := range slices.Chunk(unitNames(units), listBatch) {
		answers, err := s.units(ctx, listProps+",ExecStart", names...)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			props := answers[name]
			if props == nil { // what it executes may be the reason
				alone, err := s.units(ctx, listProps, name)
				if err != nil {
					return nil, err
				}
				props = alone[name]
			}
			if l, ok := s.listed(name, props); ok {
				list = append(list, l)
			}
		}
	}
	return list, nil
}

// units returns the properties of units, by their names.
func (s systemd) units(ctx context.Context, props string, units ...string) (map[string]map[string]string, error) {
	r, err := s.query(ctx, append([]string{s.systemctl, "show", "--no-pager", "-p", props, "--"}, units...))
	if err != nil {
		return nil, err
	}
	return unitAnswers(r.output), nil
}

// unitNames reads what list-units prints: UNIT LOAD ACTIVE SUB DESCRIPTION. A
// description may have several lines, which are indented.
func unitNames(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		isRow := len(f) >= 4 && strings.HasSuffix(f[0], ".service") && (f[3] == "running" || f[3] == "failed")
		if isRow && strings.HasPrefix(line, f[0]) && !slices.Contains(names, f[0]) {
			names = append(names, f[0])
		}
	}
	return names
}

// unitAnswers reads what show prints of several units, with an empty line between
// two. A unit that seems to be there twice, or to have a property twice or a line
// that is not a property, is left out: an argument in some ExecStart has a line end, and what
// stands behind it may look like anything. Type=oneshot has several ExecStart.
func unitAnswers(text string) map[string]map[string]string {
	answers := make(map[string]map[string]string)
	for block := range strings.SplitSeq(text, "\n\n") {
		props := make(map[string]string)
		sound := true
		for line := range strings.Lines(block) {
			key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			switch _, twice := props[key]; {
			case !ok || twice && key != "ExecStart":
				sound = false
			case !twice:
				props[key] = value
			}
		}
		_, whole := props["UnitFileState"] // near the end, where too long an answer is cut off
		if _, twice := answers[props["Id"]]; twice || !sound || !whole {
			answers[props["Id"]] = nil
			continue
		}
		answers[props["Id"]] = props
	}
	return answers
}

// listed is what a unit's properties say; false if it is not a daemon, or has ended
// since it was listed.
func (s systemd) listed(unit string, p map[string]string) (Listed, bool) {
	l := Listed{Name: strings.TrimSuffix(unit, ".service")}
	if _, isService := plainName(l.Name); !isService { // toy.socket.service is not toy.socket
		l.Name = unit
	}
	if p == nil {
		l.Omit = "what systemd says of it cannot be read"
		return l, true
	}
	l.About = p["Description"]
	if l.About == "[unprintable]" || l.About == unit {
		l.About = ""
	}
	l.Omit = s.notEnabled(p)
	switch p["SubState"] {
	case "running":
	case "failed":
		if l.Omit != "" || p["Type"] == "oneshot" {
			return Listed{}, false
		}
		l.Omit = "it is enabled, and has failed: it is to be mended first"
	default:
		return Listed{}, false
	}
	if pid, err := strconv.ParseInt(p["MainPID"], 10, 32); err == nil && pid > 0 {
		l.Main = int(pid)
	}
	l.Processes = s.processes(p["ControlGroup"])
	l.Program = startedProgram(p["ExecStart"])
	if p["Restart"] != "no" {
		l.Restarts = p["Restart"]
	}
	for _, t := range strings.Fields(p["TriggeredBy"]) {
		if !strings.HasSuffix(t, ".timer") {
			l.Triggers = append(l.Triggers, t)
		}
	}
	if p["BusName"] != "" {
		l.Triggers = append(l.Triggers, "D-Bus")
	}
	return l, true
}

// notEnabled tells why a boot does not start the unit, by what is-enabled prints,
// systemctl(1); "" if it does.
func (s systemd) notEnabled(p map[string]string) string {
	switch state := p["UnitFileState"]; state {
	case "enabled", "enabled-runtime", "alias":
		return ""
	case "generated":
		script, isScript := strings.CutPrefix(p["SourcePath"], "/etc/init.d/")
		if isScript && !slices.Contains(startedScripts(s.root), script) {
			return "it is disabled"
		}
		return ""
	case "disabled", "linked", "linked-runtime":
		if by := sockets(p["TriggeredBy"]); by != "" {
			return "it is not enabled: " + by + " starts it on demand"
		}
		return "it is disabled"
	case "masked", "masked-runtime":
		return "it is masked"
	case "static", "indirect":
		if by := strings.Fields(p["TriggeredBy"]); len(by) > 0 {
			return "it is not enabled: " + strings.Join(by, ", ") + " starts it on demand"
		}
		if p["BusName"] != "" {
			return "it is not enabled: D-Bus starts it on demand"
		}
		return "it is not enabled: it runs because something else needs it"
	case "transient":
		return "it is not installed: somebody has started it with systemd-run"
	}
	return "systemd does not say whether it is enabled"
}

// sockets are the units of TriggeredBy that start a service on demand: it is in use though its own
// unit may be disabled. Timers are left out: what they start is to end by itself.
func sockets(triggeredBy string) string {
	units := slices.DeleteFunc(strings.Fields(triggeredBy), func(unit string) bool { return strings.HasSuffix(unit, ".timer") })
	return strings.Join(units, ", ")
}

// startedProgram reads the beginning of ExecStart:
//
//	{ path=/usr/sbin/cron ; argv[]=/usr/sbin/cron -f ; ...
func startedProgram(exec string) string {
	path, _, ok := strings.Cut(strings.TrimPrefix(exec, "{ path="), " ; argv[]=")
	if !ok || !filepath.IsAbs(path) || strings.HasPrefix(path, "/etc/init.d/") { // a script that starts the daemon
		return ""
	}
	return path
}

// processes are those of a control group and of the groups in it, cgroups(7). Only
// the first of these folders is there on most machines, the second where systemd
// uses the old hierarchies. What cannot be read is left out.
func (s systemd) processes(group string) []int {
	if !filepath.IsAbs(group) || group == "/" {
		return nil
	}
	var pids []int
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/systemd"} {
		_ = filepath.WalkDir(filepath.Join(s.root, mount, filepath.Clean(group)), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Name() != "cgroup.procs" {
				return nil
			}
			text, _ := os.ReadFile(path)
			for word := range strings.FieldsSeq(string(text)) {
				if pid, err := strconv.Atoi(word); err == nil && pid > 0 { // 0: of another PID namespace
					pids = append(pids, pid)
				}
			}
			return nil
		})
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

// names are those of the files of units, which need no process, and of the loaded
// units, where instances of templates are, too. Half an answer is better than none.
func (s systemd) names(ctx context.Context) ([]string, error) {
	var list []string
	for _, folder := range unitDirs {
		entries, err := os.ReadDir(s.root + folder)
		if err != nil { // not each of them is there
			continue
		}
		for _, e := range entries {
			list = append(list, startable(e.Name()+" file")...)
		}
	}
	units, err := printed(ctx, s, s.systemctl, "list-units", "--type=service", "--all", "--plain", "--full", "--no-legend", "--no-pager")
	list = append(list, startable(units)...)
	if len(list) > 0 {
		return list, nil
	}
	return nil, err
}

// startable reads the names of services from what list-units prints: a unit, and what
// its file is. Templates cannot be started, nor units without a file.
func startable(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 || f[1] == "not-found" {
			continue
		}
		if name, ok := strings.CutSuffix(f[0], ".service"); ok && !strings.HasSuffix(name, "@") {
			list = append(list, name)
		}
	}
	return list
}
