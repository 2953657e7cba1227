// Package metrics is the record of a run as metrics for Prometheus, and the file in which
// node_exporter finds them.
package metrics

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

// promFamily is a metric of Prometheus with a sample for each daemon, or without one
// where there is nothing to tell.
type promFamily struct {
	name, kind, help string
	value            func(report.Daemon) (float64, bool)
}

const (
	gauge   = "gauge"
	counter = "counter"
)

// The metric that has to be read again, see textfile.go.
const (
	restartsName = "daemon_keeper_restarts_total"
	restartsHelp = "Runs that have stopped and started the daemon."
)

// promFile is a file in the text-based format of Prometheus.
type promFile struct{ bytes.Buffer }

// exposition is the report as node_exporter's textfile collector reads it. before
// has the restarts that were counted until this run; file is the name of the file,
// which tells the metrics of one line of the crontab from those of another, for the
// collector drops what it finds twice. There are no timestamps: it drops a whole file
// that has any.
func exposition(r report.Report, before map[string]uint64, file string) []byte {
	var p promFile
	daemons := distinct(r.Daemons)
	for _, f := range promFamilies() {
		headed := false
		for _, d := range daemons {
			v, ok := f.value(d)
			if ok && !headed {
				p.head(f.name, f.kind, f.help)
				headed = true
			}
			if ok {
				p.sample(f.name, words.Printable(d.Name), v)
			}
		}
	}
	p.holds(daemons)
	p.deaths(daemons)
	if r.Whole {
		before = countersOf(daemons, before)
	}
	p.restarts(daemons, before)
	p.ofRun(r, file)
	return p.Bytes()
}

// distinct leaves out a second daemon of a name, for the collector drops a file
// that has a sample twice. No configuration has two; only names that cannot be
// printed may come to look alike.
func distinct(daemons []report.Daemon) []report.Daemon {
	seen := make(map[string]bool, len(daemons))
	var list []report.Daemon
	for _, d := range daemons {
		name := words.Printable(d.Name)
		if !seen[name] {
			list = append(list, d)
		}
		seen[name] = true
	}
	return list
}

// promFamilies are the metrics that have a sample for each daemon or rule.
func promFamilies() []promFamily {
	return []promFamily{
		{"daemon_keeper_up", gauge, "Whether the daemon is up, for those that should run and can be told.", promUp},
		{"daemon_keeper_unknown", gauge, "Whether it cannot be told how the daemon or the rule is.", promUnknown},
		{"daemon_keeper_held", gauge, "Whether the daemon is down and left alone: on purpose, or because another run restarts it.", promHeld},
		{"daemon_keeper_wrong", gauge, "Whether too many processes of the daemon run, or the rule is broken.", promWrong},
		{"daemon_keeper_processes", gauge, "Processes of the daemon, or that the rule is about.", promProcesses},
		{"daemon_keeper_rss_bytes", gauge, "Memory that the daemon's processes have resident, together.", promRSS},
		// No counter: the sum falls when a worker ends, which Prometheus would take
		// for a start from zero, and count what the others have used a second time.
		{"daemon_keeper_cpu_seconds", gauge, "CPU time that the daemon's running processes have used, together.", promCPU},
		{"daemon_keeper_start_time_seconds", gauge, "Unix time at which the daemon's oldest process has started.", promStartTime},
		{"daemon_keeper_down_since_timestamp_seconds", gauge, "Unix time at which the daemon was first seen down, while it is.", promDownSince},
		{"daemon_keeper_incidents_total", counter, "Times that the daemon was found down, the one under way too.", promIncidents},
		{"daemon_keeper_downtime_seconds_total", counter, "Time that the daemon was down and not held, until now.", promDowntime},
	}
}

// promUp has no sample where an alert on 0 would be no news, or a lie.
func promUp(d report.Daemon) (float64, bool) {
	up := d.IsUp()
	return oneIf(up != nil && *up), up != nil
}

func promUnknown(d report.Daemon) (float64, bool) { return oneIf(d.Status() == report.Unclear), true }

func promHeld(d report.Daemon) (float64, bool) { return oneIf(d.Result == report.Held), !d.Rule }

func promWrong(d report.Daemon) (float64, bool) { return oneIf(d.Result == report.Wrong), true }

func promProcesses(d report.Daemon) (float64, bool) {
	return float64(len(d.Processes)), d.Status() != report.Unclear
}

// promKnown reports whether there are processes of a daemon to be told of.
func promKnown(d report.Daemon) bool {
	return !d.Rule && d.Status() != report.Unclear && len(d.Processes) > 0
}

func promRSS(d report.Daemon) (float64, bool) {
	sum := d.RSS()
	return float64(sum), promKnown(d) && sum > 0
}

func promCPU(d report.Daemon) (float64, bool) {
	sum, read := d.CPU()
	return sum.Seconds(), promKnown(d) && read
}

func promStartTime(d report.Daemon) (float64, bool) {
	if !promKnown(d) {
		return 0, false
	}
	started := report.Oldest(d.Processes).Started
	return unixSeconds(started), !started.IsZero()
}

func promDownSince(d report.Daemon) (float64, bool) {
	return unixSeconds(d.DownSince), !d.Rule && !d.DownSince.IsZero()
}

// promIncidents has no sample where nothing is remembered: 0 would be a lie, and
// Prometheus would take the next number for as many new incidents.
func promIncidents(d report.Daemon) (float64, bool) {
	if d.Rule || d.Totals == nil {
		return 0, false
	}
	return float64(d.Totals.Incidents), true
}

func promDowntime(d report.Daemon) (float64, bool) {
	if d.Rule || d.Totals == nil {
		return 0, false
	}
	return float64(max(d.Totals.Downtime, 0).Round(time.Millisecond).Milliseconds()) / 1000, true
}

// deaths have no sample for a cause that was never seen: there would be one for each
// cause and daemon.
func (p *promFile) deaths(daemons []report.Daemon) {
	const name = "daemon_keeper_deaths_total"
	head := sync.OnceFunc(func() {
		p.head(name, counter, "Times that the daemon was found down and was not left alone, by cause.")
	})
	for _, d := range daemons {
		if d.Rule {
			continue
		}
		for _, cause := range slices.Sorted(maps.Keys(d.Deaths)) {
			head()
			p.labelled(name, d, "cause", string(cause), float64(max(d.Deaths[cause], 0)))
		}
	}
}

// holds tell what a person would have to do for a daemon to be restarted: the reason
// has a metric of its own, so that the series of daemon_keeper_held does not end when it changes.
func (p *promFile) holds(daemons []report.Daemon) {
	const name = "daemon_keeper_held_reason"
	head := sync.OnceFunc(func() {
		p.head(name, gauge, "Why the daemon is left alone, while it is: pause, stopped, disabled, packages, at_work, busy or other.")
	})
	for _, d := range daemons {
		if d.Rule || d.Result != report.Held {
			continue
		}
		reason := d.Hold
		switch {
		case d.Busy:
			reason = "busy"
		case reason == "":
			reason = "other"
		}
		head()
		p.labelled(name, d, "reason", string(reason), 1)
	}
}

// unixSeconds is in seconds, to the millisecond.
func unixSeconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// restarts goes on counting. Daemons that this run has not looked at keep their
// number: a run may name some of the daemons only, and must not set back the
// others. A run for the whole configuration drops those that are kept no more: they
// may have moved to another line of the crontab, and so to another file.
func (p *promFile) restarts(daemons []report.Daemon, before map[string]uint64) {
	now := maps.Clone(before)
	if now == nil {
		now = make(map[string]uint64)
	}
	for _, d := range daemons {
		name := words.Printable(d.Name)
		switch {
		case d.Rule:
			delete(now, name)
		case d.Changed():
			now[name]++
		default:
			now[name] += 0 // a first restart can only be seen where there was a zero
		}
		if !d.Rule && d.Totals != nil {
			now[name] = min(max(now[name], uint64(max(d.Totals.Restarts, 0))), mostRestarts)
		}
	}
	if len(now) == 0 {
		return
	}
	p.head(restartsName, counter, restartsHelp)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		p.sample(restartsName, name, float64(now[name]))
	}
}

// countersOf leaves out the counters of other daemons.
func countersOf(daemons []report.Daemon, counted map[string]uint64) map[string]uint64 {
	now := make(map[string]uint64)
	for _, d := range daemons {
		if n, ok := counted[words.Printable(d.Name)]; ok {
			now[words.Printable(d.Name)] = n
		}
	}
	return now
}

// mostRestarts: a greater number is not a whole one in Prometheus.
const mostRestarts = 1 << 53

// ofRun are the metrics of the run itself.
func (p *promFile) ofRun(r report.Report, file string) {
	for _, m := range []struct {
		name, help string
		value      float64
	}{
		{"daemon_keeper_mistakes", "Mistakes that a person must mend, in the configuration or the command.", float64(len(r.Mistakes))},
		{"daemon_keeper_last_run_timestamp_seconds", "Unix time at which the last run has ended.", unixSeconds(r.Began.Add(r.Took))},
		{"daemon_keeper_last_run_duration_seconds", "Time that the last run took.", r.Took.Seconds()},
		{"daemon_keeper_last_run_status", "Exit status of the last run: 0 fine, 1 brought back, 2 down or wrong, 3 unknown.", float64(r.Status())},
	} {
		p.head(m.name, gauge, m.help)
		fmt.Fprintf(p, "%s{file=\"%s\"} %s\n", m.name, labelValue(words.Printable(file)), promNumber(m.value))
	}
}

func (p *promFile) head(name, kind, help string) {
	fmt.Fprintf(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (p *promFile) sample(name, daemon string, value float64) {
	fmt.Fprintf(p, "%s{daemon=\"%s\"} %s\n", name, labelValue(daemon), promNumber(value))
}

// labelled is a sample with one label more.
func (p *promFile) labelled(name string, d report.Daemon, label, text string, value float64) {
	fmt.Fprintf(p, "%s{daemon=\"%s\",%s=\"%s\"} %s\n", name, labelValue(words.Printable(d.Name)), label, labelValue(words.Printable(text)), promNumber(value))
}

// labelValue escapes what is Printable already, and so valid UTF-8.
func labelValue(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}

func promNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
