package metrics

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

func of(daemons ...report.Daemon) report.Report { return report.Report{Daemons: daemons} }

func stepped(d report.Daemon) report.Daemon {
	d.Steps = []report.Step{{Verb: "stop", Service: "x"}, {Verb: "start", Service: "x"}}
	return d
}

var night = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return night.Add(-d) }

// nightmare has a daemon in each state.
func nightmare() report.Report {
	const longName = "/opt/vendor/product-2026.4/sbin/a-daemon-with-a-name-that-takes-more-than-its-share"
	any, one := words.Count{Min: 1, Max: words.NoLimit}, words.Count{Min: 1, Max: 1}
	return report.Report{
		Mistakes: []report.Mistake{{Text: "/etc/daemon-keeper.d/x.yaml:3:1: cannot find key \"servces\""}},
		Daemons: []report.Daemon{
			{
				Name: "clamd", Result: report.Up, Count: any,
				Processes: []report.Process{
					{PID: 14711, Started: ago(2 * time.Hour), CPU: time.Minute, RSS: 1 << 20},
					{PID: 815, Started: ago(76 * time.Hour), CPU: 662 * time.Second, RSS: 5 << 28},
					{PID: 816, RSS: 1 << 18},
				},
			},
			{
				Name: "nginx", Result: report.Up, Count: any,
				Processes: []report.Process{{PID: 7, Started: ago(747 * 24 * time.Hour), CPU: 5*time.Hour + 2*time.Minute, RSS: 830_000, Stopped: true}},
			},
			{
				Name: "named", Result: report.StillDown, Count: any, DownSince: ago(12 * time.Minute),
			},
			{
				Name: "sshd", Result: report.StillDown, Count: one,
				Processes: []report.Process{{PID: 99, Started: ago(45 * time.Second), CPU: 412 * time.Millisecond, RSS: 9 << 20}},
			},
			{Name: "cron", Result: report.Held, Busy: true, DownSince: ago(90 * time.Second), Count: any},
			{Name: "ntpd", Count: any},
			{Name: "postfix", Result: report.Wrong, Count: words.Count{Min: 1, Max: 2}, Processes: []report.Process{{PID: 3}, {PID: 4}, {PID: 5}}},
			{Name: "one-init", Rule: true, Result: report.Clear, Count: words.Count{Min: 0, Max: 1}},
			{Name: "gid0", Rule: true, Result: report.Wrong, Processes: []report.Process{{PID: 12, Started: ago(13 * time.Minute), CPU: 90 * time.Second, RSS: 3 << 30}}},
			{Name: "telnetd", Result: report.Clear},
			{
				Name: longName, Result: report.BroughtBack, Count: any, Took: 4200 * time.Millisecond,
				Processes: []report.Process{{PID: 4194303, Started: ago(4 * time.Second), RSS: 1023<<20 + 1000<<10}},
			},
			{
				Name: "exim", Result: report.Up, Count: any,
				Processes: []report.Process{{PID: 5150, Started: ago(50 * time.Hour), CPU: time.Second, RSS: 4 << 20}},
			},
			{Name: "uid0", Rule: true},
			{
				Name: "\x1b[2Jevil\nname", Result: report.StillDown, Count: any,
			},
			{
				Name: "日本語デーモン", Result: report.Up, Count: words.Count{Min: 0, Max: words.NoLimit}, Processes: []report.Process{{PID: 2, Started: ago(-time.Hour)}},
			},
		},
	}
}

// The names, words and units that people's alerts are made of.
func TestMetricsOfEverything(t *testing.T) {
	r := nightmare()
	r.Began, r.Took = night.Add(250*time.Millisecond), 1500*time.Millisecond
	for i := range r.Daemons {
		if r.Daemons[i].Result == report.BroughtBack || r.Daemons[i].Name == "named" {
			r.Daemons[i] = stepped(r.Daemons[i])
		}
	}
	got := exposition(r, map[string]uint64{"named": 41, "of-another-run": 7, "gid0": 3}, "x.prom")
	golden.File(t, "testdata/everything.prom", string(got))
}

// What is true of a daemon is in its samples; "" is for none.
func TestSamples(t *testing.T) {
	const none = ""
	running := []report.Process{{PID: 1, Started: time.Unix(1700000000, 5e6), CPU: 1500 * time.Millisecond, RSS: 4096}, {PID: 2, Started: time.Unix(1800000000, 0), RSS: 8192}}
	any, never := words.Count{Min: 1, Max: words.NoLimit}, words.Count{}
	for _, tc := range []struct {
		name                                                  string
		d                                                     report.Daemon
		up, unknown, held, wrong, processes, rss, cpu, s, rts string
	}{
		{"up", report.Daemon{Result: report.Up, Count: any, Processes: running}, "1", "0", "0", "0", "2", "12288", "1.5", "1700000000.005", "0"},
		{"brought back", stepped(report.Daemon{Result: report.BroughtBack, Count: any, Processes: running[1:]}), "1", "0", "0", "0", "1", "8192", "0", "1800000000", "1"},
		{"down", report.Daemon{Result: report.StillDown, Count: any}, "0", "0", "0", "0", "0", none, none, none, "0"},
		{"down after a restart", stepped(report.Daemon{Result: report.StillDown, Count: any}), "0", "0", "0", "0", "0", none, none, none, "1"},
		{"nothing was run", report.Daemon{Result: report.StillDown, Steps: []report.Step{{Skipped: true}}}, "0", "0", "0", "0", "0", none, none, none, "0"},
		{"down, yet it runs", report.Daemon{Result: report.StillDown, Count: any, Processes: running[:1]}, "0", "0", "0", "0", "1", "4096", "1.5", "1700000000.005", "0"},
		{"held", report.Daemon{Result: report.Held, Count: any}, "0", "0", "1", "0", "0", none, none, none, "0"},
		{"unknown", report.Daemon{Count: any, Processes: running}, none, "1", "0", "0", none, none, none, none, "0"},
		{"of a result yet to be made", report.Daemon{Result: 99}, none, "1", "0", "0", none, none, none, none, "0"},
		{"too many", report.Daemon{Result: report.Wrong, Count: words.Count{Min: 0, Max: 1}, Processes: running}, "1", "0", "0", "1", "2", "12288", "1.5", "1700000000.005", "0"},
		{"it must not run", report.Daemon{Result: report.Wrong, Count: never, Processes: running[1:]}, none, "0", "0", "1", "1", "8192", "0", "1800000000", "0"},
		{"it does not run, as it should", report.Daemon{Result: report.Clear, Count: never}, none, "0", "0", "0", "0", none, none, none, "0"},
		{"nothing was read", report.Daemon{Result: report.Up, Count: any, Processes: []report.Process{{PID: 1}}}, "1", "0", "0", "0", "1", none, none, none, "0"},
		{"a rule that is kept", report.Daemon{Rule: true, Result: report.Clear}, none, "0", none, "0", "0", none, none, none, none},
		{"a rule that is broken", report.Daemon{Rule: true, Result: report.Wrong, Count: words.Count{Min: 0, Max: 1}, Processes: running}, none, "0", none, "1", "2", none, none, none, none},
		{"a rule that cannot be told", report.Daemon{Rule: true}, none, "1", none, "0", none, none, none, none, none},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.d.Name = "x"
			got := string(exposition(of(tc.d), nil, "x.prom"))
			for metric, want := range map[string]string{
				"up": tc.up, "unknown": tc.unknown, "held": tc.held, "wrong": tc.wrong, "processes": tc.processes,
				"rss_bytes": tc.rss, "cpu_seconds": tc.cpu, "start_time_seconds": tc.s, "restarts_total": tc.rts,
			} {
				line := fmt.Sprintf("daemon_keeper_%s{daemon=\"x\"} %s\n", metric, want)
				if want == none && strings.Contains(got, "daemon_keeper_"+metric+"{") || want != none && !strings.Contains(got, "\n"+line) {
					t.Errorf("not as wanted: %s in\n%s", line, got)
				}
			}
		})
	}
}

func TestMetricsOfTheRun(t *testing.T) {
	r := report.Report{Began: time.Unix(1795233668, 5e8), Took: 2250 * time.Millisecond, Mistakes: []report.Mistake{{}, {}}, Daemons: []report.Daemon{{Result: report.StillDown}}}
	got := string(exposition(r, nil, "x.prom"))
	for _, want := range []string{
		"daemon_keeper_mistakes{file=\"x.prom\"} 2\n", "daemon_keeper_last_run_timestamp_seconds{file=\"x.prom\"} 1795233670.75\n",
		"daemon_keeper_last_run_duration_seconds{file=\"x.prom\"} 2.25\n", "daemon_keeper_last_run_status{file=\"x.prom\"} 2\n",
	} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// A run that names one daemon must not set back the restarts of the others.
func TestRestartsGoOn(t *testing.T) {
	before := map[string]uint64{"a": 5, "b": 2, "gone": 9, "most": mostRestarts, "rule": 1}
	r := of(stepped(report.Daemon{Name: "a"}), stepped(report.Daemon{Name: "new"}), report.Daemon{Name: "calm"}, stepped(report.Daemon{Name: "most"}), report.Daemon{Name: "rule", Rule: true})
	want := map[string]uint64{"a": 6, "b": 2, "gone": 9, "new": 1, "calm": 0, "most": mostRestarts}
	if got := countedRestarts(exposition(r, before, "x.prom")); !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	if before["a"] != 5 || len(before) != 5 {
		t.Errorf("what was read has changed: %v", before)
	}
}

// What is remembered makes counters, and a count of restarts that was lost with its
// file comes back.
func TestTotalsInMetrics(t *testing.T) {
	totals := &report.Totals{Incidents: 7, Downtime: 90*time.Minute + 250*time.Millisecond, Restarts: 9}
	for _, tc := range []struct {
		name                 string
		d                    report.Daemon
		before               uint64
		incidents, down, rts string
	}{
		{"nothing is remembered", report.Daemon{}, 3, "", "", "3"},
		{"nothing has happened", report.Daemon{Totals: new(report.Totals)}, 0, "0", "0", "0"},
		{"a new file", report.Daemon{Totals: totals}, 0, "7", "5400.25", "9"},
		{"this run's restart is counted once", stepped(report.Daemon{Totals: totals}), 8, "7", "5400.25", "9"},
		{"a new memory", stepped(report.Daemon{Totals: &report.Totals{Incidents: 1, Restarts: 1}}), 20, "1", "0", "21"},
		{"less than nothing", report.Daemon{Totals: &report.Totals{Downtime: -1, Restarts: -1}}, 2, "0", "0", "2"},
		{"a rule", report.Daemon{Rule: true, Totals: totals}, 2, "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.d.Name = "x"
			got := string(exposition(of(tc.d), map[string]uint64{"x": tc.before}, "x.prom"))
			checkExposition(t, []byte(got))
			for metric, want := range map[string]string{"incidents_total": tc.incidents, "downtime_seconds_total": tc.down, "restarts_total": tc.rts} {
				sample := fmt.Sprintf("\ndaemon_keeper_%s{daemon=\"x\"} %s\n", metric, want)
				if want == "" && strings.Contains(got, "daemon_keeper_"+metric) || want != "" && !strings.Contains(got, sample) {
					t.Errorf("not as wanted: %s in\n%s", sample, got)
				}
			}
		})
	}
}

// Why a daemon is held is told while it is.
func TestHoldsInMetrics(t *testing.T) {
	got := string(exposition(of(
		report.Daemon{Name: "a", Result: report.Held, Hold: "pause"},
		report.Daemon{Name: "b", Result: report.Held, Busy: true},
		report.Daemon{Name: "c", Result: report.Held}, // the machine is booting
		report.Daemon{Name: "d", Result: report.StillDown, Hold: "pause"},
		report.Daemon{Name: "e", Rule: true, Result: report.Held},
	), nil, "x.prom"))
	checkExposition(t, []byte(got))
	want := "daemon_keeper_held_reason{daemon=\"a\",reason=\"pause\"} 1\n" +
		"daemon_keeper_held_reason{daemon=\"b\",reason=\"busy\"} 1\n" +
		"daemon_keeper_held_reason{daemon=\"c\",reason=\"other\"} 1\n"
	if !strings.Contains(got, want) || strings.Count(got, "held_reason{") != 3 {
		t.Errorf("got\n%s\nwant in it\n%s", got, want)
	}
}

// Since when a daemon is down is told while it is.
func TestDownSinceInMetrics(t *testing.T) {
	at := time.Unix(1795262401, 810_000_000)
	got := string(exposition(of(report.Daemon{Name: "a", Result: report.StillDown, DownSince: at}, report.Daemon{Name: "b", Result: report.Up}, report.Daemon{Name: "c", Rule: true, DownSince: at}), nil, "x.prom"))
	checkExposition(t, []byte(got))
	if !strings.Contains(got, "daemon_keeper_down_since_timestamp_seconds{daemon=\"a\"} 1795262401.81\n") || strings.Count(got, "down_since_timestamp_seconds{") != 1 {
		t.Errorf("got\n%s", got)
	}
}

// Deaths are counted by their causes; one that was never seen has no sample.
func TestDeathsInMetrics(t *testing.T) {
	r := of(
		report.Daemon{Name: "x", Totals: new(report.Totals), Deaths: map[words.Cause]int{"signal": 2, "exit": 1, "bad\"\n": -1}},
		report.Daemon{Name: "y", Totals: new(report.Totals)},
		report.Daemon{Name: "a rule", Rule: true, Deaths: map[words.Cause]int{"signal": 2}},
		report.Daemon{Name: "z", Totals: new(report.Totals), Deaths: map[words.Cause]int{"unknown": 7}},
	)
	got := string(exposition(r, nil, "x.prom"))
	checkExposition(t, []byte(got))
	want := "# TYPE daemon_keeper_deaths_total counter\n" +
		"daemon_keeper_deaths_total{daemon=\"x\",cause=\"bad\\\"\\\\x0a\"} 0\n" +
		"daemon_keeper_deaths_total{daemon=\"x\",cause=\"exit\"} 1\n" +
		"daemon_keeper_deaths_total{daemon=\"x\",cause=\"signal\"} 2\n" +
		"daemon_keeper_deaths_total{daemon=\"z\",cause=\"unknown\"} 7\n"
	if !strings.Contains(got, want) || strings.Count(got, "daemon_keeper_deaths_total{") != 4 {
		t.Errorf("got\n%s\nwant in it\n%s", got, want)
	}
	if none := string(exposition(of(report.Daemon{Name: "x"}), nil, "x.prom")); strings.Contains(none, "deaths") {
		t.Errorf("of no death:\n%s", none)
	}
}

// The collector drops a file with one bad line, or with a sample twice: then
// nobody is told of any daemon.
func TestHostileNamesInMetrics(t *testing.T) {
	r := of(
		stepped(report.Daemon{Name: "a\"} 1\nevil_total 1\n#"}), stepped(report.Daemon{Name: "\xff\xfe"}), stepped(report.Daemon{Name: `back\slash`}), stepped(report.Daemon{Name: ""}),
		stepped(report.Daemon{Name: "same\x1b", Result: report.StillDown}), stepped(report.Daemon{Name: `same\x1b`, Result: report.Up}), stepped(report.Daemon{Name: `日本\`}), stepped(report.Daemon{Name: `\n"`}),
	)
	got := exposition(r, nil, "x.prom")
	checkExposition(t, got)
	want := map[string]uint64{`a"} 1\x0aevil_total 1\x0a#`: 1, `\xff\xfe`: 1, `back\slash`: 1, "": 1, `same\x1b`: 1, `日本\`: 1, `\n"`: 1}
	if counted := countedRestarts(got); !maps.Equal(counted, want) {
		t.Errorf("counted %v, want %v in\n%s", counted, want, got)
	}
}

// checkExposition holds a file against the format, as far as ours needs it:
// https://prometheus.io/docs/instrumenting/exposition_formats/
func checkExposition(t *testing.T, file []byte) {
	t.Helper()
	comment := regexp.MustCompile(`^# (HELP|TYPE) (daemon_keeper_[a-z_]+) [ -~]+$`)
	sample := regexp.MustCompile(`^((daemon_keeper_[a-z_]+)(\{daemon="([^"\\]|\\[\\"n])*"(,(cause|reason)="([^"\\]|\\[\\"n])*")?\}|\{file="[a-z]+\.prom"\})?) -?[0-9]+(\.[0-9]+)?$`)
	if !strings.HasSuffix(string(file), "\n") {
		t.Error("no newline at the end")
	}
	seen, current := map[string]bool{}, ""
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSuffix(line, "\n")
		if m := comment.FindStringSubmatch(line); m != nil {
			if seen[m[1]+m[2]] {
				t.Errorf("twice: %s", line)
			}
			seen[m[1]+m[2]], current = true, m[2]
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil || m[2] != current || seen[m[1]] {
			t.Errorf("bad line or place, or twice: %q", line)
			continue
		}
		seen[m[1]] = true
	}
}

// randomReport has daemons with names that are meant to do harm.
func randomReport(random *rand.Rand) report.Report {
	names := []string{"clamd", "a b", "\n", "\x1b[31m", "\xff", "\u202e", "ü", "日本", `\`, `"`, "}", "{", "1", ""}
	duration := func() time.Duration { return time.Duration(random.Int64() >> random.IntN(63)) }
	var r report.Report
	for range random.IntN(14) {
		d := report.Daemon{Rule: random.IntN(4) == 0, Result: report.Result(random.IntN(8)), Count: words.Count{Min: random.IntN(3), Max: random.IntN(1000) - 1}}
		for range random.IntN(4) {
			d.Name += names[random.IntN(len(names))]
		}
		for range random.IntN(5) {
			p := report.Process{PID: random.Int() >> random.IntN(63), CPU: duration(), RSS: random.Uint64() >> random.IntN(65)}
			if random.IntN(3) > 0 {
				p.Started = ago(duration())
			}
			d.Processes = append(d.Processes, p)
		}
		r.Daemons = append(r.Daemons, d)
	}
	return r
}

func TestMetricsOfRandomReports(t *testing.T) {
	for seed := range uint64(500) {
		checkExposition(t, exposition(randomReport(rand.New(rand.NewPCG(seed, 5))), nil, "x.prom"))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

const goodSample = restartsName + "{daemon=\"a\"} 3\n"

// A file with a line that is not ours is believed in nothing.
func TestGarbageCountsAsNothing(t *testing.T) {
	if got := countedRestarts([]byte("# HELP " + restartsName + " x\n" + goodSample + "daemon_keeper_mistakes 0\n")); !maps.Equal(got, map[string]uint64{"a": 3}) {
		t.Fatalf("of a good file: %v", got)
	}
	for _, bad := range []string{
		"x", "\n", "\x00", "x 1\n", "# EOF\n", goodSample, strings.TrimSuffix(goodSample, "\n"), restartsName + " 3\n", restartsName + "{} 3\n",
		restartsName + "{daemon=\"b\"} -1\n", restartsName + "{daemon=\"b\"} 1.5\n", restartsName + "{daemon=\"b\"} 1e3\n", restartsName + "{daemon=\"b\"} 007\n",
		restartsName + "{daemon=\"b\"} 9007199254740994\n", restartsName + "{daemon=\"b\"} 99999999999999999999\n", restartsName + "{daemon=\"b\"} \n",
		restartsName + "{daemon=\"b\"} 1 1700000000\n", restartsName + "{daemon=\"b\", x=\"y\"} 1\n", restartsName + "{service=\"b\"} 1\n",
		restartsName + "{daemon=\"b\\\"} 1\n", restartsName + "{daemon=\"b\\t\"} 1\n", restartsName + "{daemon=\"b\\n\"} 1\n", restartsName + "{daemon=\"\xff\"} 1\n",
		restartsName + "{daemon=\"b\"} 1\r\n", restartsName + "{daemon=\"\u202e\"} 1\n", restartsName + "{daemon=\"b\"}  1\n", restartsName + "{daemon=b} 1\n",
	} {
		if got := countedRestarts([]byte(goodSample + bad)); len(got) > 0 {
			t.Errorf("with %q: %v", bad, got)
		}
	}
}

func FuzzCountedRestarts(f *testing.F) {
	f.Add([]byte(goodSample))
	f.Add(exposition(nightmare(), map[string]uint64{`\"`: 1}, "x.prom"))
	f.Add([]byte(restartsName + "{daemon=\"\\\\\\\"\"} 0\n# HELP daemon_keeper_ x\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		counted := countedRestarts(file)
		again := exposition(report.Report{}, counted, "x.prom")
		checkExposition(t, again)
		if got := countedRestarts(again); !maps.Equal(got, counted) {
			t.Errorf("read %v, wrote it, and read %v", counted, got)
		}
	})
}

// A daemon that has moved to another line of the crontab is not counted in two files.
func TestRestartsOfTheWhole(t *testing.T) {
	before := map[string]uint64{"a": 5, "gone": 7}
	r := of(stepped(report.Daemon{Name: "a"}), report.Daemon{Name: "b"})
	r.Whole = true
	if got, want := countedRestarts(exposition(r, before, "x.prom")), (map[string]uint64{"a": 6, "b": 0}); !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
