// Package metrics is the record of a run as metrics for Prometheus, and the file in which
// node_exporter finds them.
package metrics

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

// family is a metric of Prometheus with samples for each daemon or rule, or without one where
// there is nothing to tell.
type family struct {
	name, kind, help string
	samples          func(report.Daemon) []sample
}

// sample is a value, with one label beside that of the daemon if there is any.
type sample struct {
	label, text string
	value       float64
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
	for _, f := range families() {
		headed := false
		for _, d := range daemons {
			for _, x := range f.samples(d) {
				if !headed {
					p.head(f.name, f.kind, f.help)
					headed = true
				}
				p.sample(f.name, words.Printable(d.Name), x)
			}
		}
	}
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

// families are the metrics that have samples for each daemon or rule.
func families() []family {
	one := func(value func(report.Daemon) (float64, bool)) func(report.Daemon) []sample {
		return func(d report.Daemon) []sample {
			if v, ok := value(d); ok {
				return []sample{{value: v}}
			}
			return nil
		}
	}
	return []family{
		{"daemon_keeper_up", gauge, "Whether the daemon is up, for those that should run and can be told.", one(isUp)},
		{"daemon_keeper_unknown", gauge, "Whether it cannot be told how the daemon or the rule is.", one(func(d report.Daemon) (float64, bool) {
			return oneIf(d.Status() == report.Unclear), true
		})},
		{"daemon_keeper_held", gauge, "Whether the daemon is down and left alone: on purpose, or because another run restarts it.", one(func(d report.Daemon) (float64, bool) {
			return oneIf(d.Result == report.Held), !d.Rule
		})},
		{"daemon_keeper_wrong", gauge, "Whether too many processes of the daemon run, or the rule is broken.", one(func(d report.Daemon) (float64, bool) {
			return oneIf(d.Result == report.Wrong), true
		})},
		{"daemon_keeper_processes", gauge, "Processes of the daemon, or that the rule is about.", one(func(d report.Daemon) (float64, bool) {
			return float64(len(d.Processes)), d.Status() != report.Unclear
		})},
		{"daemon_keeper_rss_bytes", gauge, "Memory that the daemon's processes have resident, together.", one(func(d report.Daemon) (float64, bool) {
			return float64(d.RSS()), known(d) && d.RSS() > 0
		})},
		// No counter: the sum falls when a worker ends, which Prometheus would take
		// for a start from zero, and count what the others have used a second time.
		{"daemon_keeper_cpu_seconds", gauge, "CPU time that the daemon's running processes have used, together.", one(func(d report.Daemon) (float64, bool) {
			sum, read := d.CPU()
			return sum.Seconds(), known(d) && read
		})},
		{"daemon_keeper_start_time_seconds", gauge, "Unix time at which the daemon's oldest process has started.", one(startTime)},
		{"daemon_keeper_down_since_timestamp_seconds", gauge, "Unix time at which the daemon was first seen down, while it is.", one(func(d report.Daemon) (float64, bool) {
			return unixSeconds(d.DownSince), !d.Rule && !d.DownSince.IsZero()
		})},
		{"daemon_keeper_incidents_total", counter, "Times that the daemon was found down, the one under way too.", one(func(d report.Daemon) (float64, bool) {
			t, ok := totals(d)
			return float64(t.Incidents), ok
		})},
		{"daemon_keeper_downtime_seconds_total", counter, "Time that the daemon was down and not held, until now.", one(func(d report.Daemon) (float64, bool) {
			t, ok := totals(d)
			return float64(max(t.Downtime, 0).Round(time.Millisecond).Milliseconds()) / 1000, ok
		})},
		// The reason tells a person what must be done before the daemon is restarted. It is a metric
		// of its own, so that the series of daemon_keeper_held goes on when the reason changes.
		{"daemon_keeper_held_reason", gauge, "Why the daemon is left alone, while it is: pause, stopped, disabled, packages, at_work, busy or other.", heldReason},
		{"daemon_keeper_deaths_total", counter, "Times that the daemon was found down and was not left alone, by cause.", deaths},
	}
}

// isUp has no sample for a rule, for what should not run, and for what cannot be told: an alert
// on 0 would be wrong.
func isUp(d report.Daemon) (float64, bool) {
	up := d.IsUp()
	return oneIf(up != nil && *up), up != nil
}

// known reports whether processes of the daemon were seen.
func known(d report.Daemon) bool {
	return !d.Rule && d.Status() != report.Unclear && len(d.Processes) > 0
}

func startTime(d report.Daemon) (float64, bool) {
	if !known(d) {
		return 0, false
	}
	started := report.Oldest(d.Processes).Started
	return unixSeconds(started), !started.IsZero()
}

// totals returns false where nothing is remembered: 0 would be wrong, and Prometheus would count
// the next number as that many new incidents.
func totals(d report.Daemon) (report.Totals, bool) {
	if d.Rule || d.Totals == nil {
		return report.Totals{}, false
	}
	return *d.Totals, true
}

func heldReason(d report.Daemon) []sample {
	switch {
	case d.Rule || d.Result != report.Held:
		return nil
	case d.Busy:
		return []sample{{"reason", "busy", 1}}
	}
	return []sample{{"reason", cmp.Or(string(d.Hold), "other"), 1}}
}

// deaths returns no sample for a cause that was never seen: else each daemon would have one for
// every cause.
func deaths(d report.Daemon) (list []sample) {
	if d.Rule {
		return nil
	}
	for _, cause := range slices.Sorted(maps.Keys(d.Deaths)) {
		list = append(list, sample{"cause", string(cause), float64(max(d.Deaths[cause], 0))})
	}
	return list
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
		p.sample(restartsName, name, sample{value: float64(now[name])})
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

// mostRestarts is the greatest number up to which Prometheus, which has float64, counts exactly.
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

func (p *promFile) sample(name, daemon string, x sample) {
	fmt.Fprintf(p, "%s{daemon=\"%s\"", name, labelValue(daemon))
	if x.label != "" {
		fmt.Fprintf(p, ",%s=\"%s\"", x.label, labelValue(words.Printable(x.text)))
	}
	fmt.Fprintf(p, "} %s\n", promNumber(x.value))
}

// labelValue escapes what is Printable already, and so valid UTF-8.
func labelValue(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}

func promNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
