package report

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

func stepped(d Daemon) Daemon {
	d.Steps = []Step{{Verb: "stop", Service: "x"}, {Verb: "start", Service: "x"}}
	return d
}

// The names, words and units that people's alerts are made of.
func TestMetricsOfEverything(t *testing.T) {
	r := nightmare()
	r.Began, r.Took = tableNow.Add(250*time.Millisecond), 1500*time.Millisecond
	for i := range r.Daemons {
		if r.Daemons[i].Result == BroughtBack || r.Daemons[i].Name == "named" {
			r.Daemons[i] = stepped(r.Daemons[i])
		}
	}
	got := exposition(r, map[string]uint64{"named": 41, "of-another-run": 7, "gid0": 3}, "x.prom")
	tableGolden(t, "testdata/everything.prom", string(got))
}

// What is true of a daemon is in its samples; "" is for none.
func TestSamples(t *testing.T) {
	const none = ""
	running := []Process{{PID: 1, Started: time.Unix(1700000000, 5e6), CPU: 1500 * time.Millisecond, RSS: 4096}, {PID: 2, Started: time.Unix(1800000000, 0), RSS: 8192}}
	any, never := words.Count{Min: 1, Max: words.NoLimit}, words.Count{}
	for _, tc := range []struct {
		name                                                  string
		d                                                     Daemon
		up, unknown, held, wrong, processes, rss, cpu, s, rts string
	}{
		{"up", Daemon{Result: Up, Count: any, Processes: running}, "1", "0", "0", "0", "2", "12288", "1.5", "1700000000.005", "0"},
		{"brought back", stepped(Daemon{Result: BroughtBack, Count: any, Processes: running[1:]}), "1", "0", "0", "0", "1", "8192", "0", "1800000000", "1"},
		{"down", Daemon{Result: StillDown, Count: any}, "0", "0", "0", "0", "0", none, none, none, "0"},
		{"down after a restart", stepped(Daemon{Result: StillDown, Count: any}), "0", "0", "0", "0", "0", none, none, none, "1"},
		{"nothing was run", Daemon{Result: StillDown, Steps: []Step{{Skipped: true}}}, "0", "0", "0", "0", "0", none, none, none, "0"},
		{"down, yet it runs", Daemon{Result: StillDown, Count: any, Processes: running[:1]}, "0", "0", "0", "0", "1", "4096", "1.5", "1700000000.005", "0"},
		{"held", Daemon{Result: Held, Count: any}, "0", "0", "1", "0", "0", none, none, none, "0"},
		{"unknown", Daemon{Count: any, Processes: running}, none, "1", "0", "0", none, none, none, none, "0"},
		{"of a result yet to be made", Daemon{Result: 99}, none, "1", "0", "0", none, none, none, none, "0"},
		{"too many", Daemon{Result: Wrong, Count: words.Count{Min: 0, Max: 1}, Processes: running}, "1", "0", "0", "1", "2", "12288", "1.5", "1700000000.005", "0"},
		{"it must not run", Daemon{Result: Wrong, Count: never, Processes: running[1:]}, none, "0", "0", "1", "1", "8192", "0", "1800000000", "0"},
		{"it does not run, as it should", Daemon{Result: Clear, Count: never}, none, "0", "0", "0", "0", none, none, none, "0"},
		{"nothing was read", Daemon{Result: Up, Count: any, Processes: []Process{{PID: 1}}}, "1", "0", "0", "0", "1", none, none, none, "0"},
		{"a rule that is kept", Daemon{Rule: true, Result: Clear}, none, "0", none, "0", "0", none, none, none, none},
		{"a rule that is broken", Daemon{Rule: true, Result: Wrong, Count: words.Count{Min: 0, Max: 1}, Processes: running}, none, "0", none, "1", "2", none, none, none, none},
		{"a rule that cannot be told", Daemon{Rule: true}, none, "1", none, "0", none, none, none, none, none},
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
	r := Report{Began: time.Unix(1795233668, 5e8), Took: 2250 * time.Millisecond, Mistakes: []Mistake{{}, {}}, Daemons: []Daemon{{Result: StillDown}}}
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
	r := of(stepped(Daemon{Name: "a"}), stepped(Daemon{Name: "new"}), Daemon{Name: "calm"}, stepped(Daemon{Name: "most"}), Daemon{Name: "rule", Rule: true})
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
	totals := &Totals{Incidents: 7, Downtime: 90*time.Minute + 250*time.Millisecond, Restarts: 9}
	for _, tc := range []struct {
		name                 string
		d                    Daemon
		before               uint64
		incidents, down, rts string
	}{
		{"nothing is remembered", Daemon{}, 3, "", "", "3"},
		{"nothing has happened", Daemon{Totals: new(Totals)}, 0, "0", "0", "0"},
		{"a new file", Daemon{Totals: totals}, 0, "7", "5400.25", "9"},
		{"this run's restart is counted once", stepped(Daemon{Totals: totals}), 8, "7", "5400.25", "9"},
		{"a new memory", stepped(Daemon{Totals: &Totals{Incidents: 1, Restarts: 1}}), 20, "1", "0", "21"},
		{"less than nothing", Daemon{Totals: &Totals{Downtime: -1, Restarts: -1}}, 2, "0", "0", "2"},
		{"a rule", Daemon{Rule: true, Totals: totals}, 2, "", "", ""},
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
		Daemon{Name: "a", Result: Held, Hold: "pause"},
		Daemon{Name: "b", Result: Held, Busy: true},
		Daemon{Name: "c", Result: Held}, // the machine is booting
		Daemon{Name: "d", Result: StillDown, Hold: "pause"},
		Daemon{Name: "e", Rule: true, Result: Held},
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
	got := string(exposition(of(Daemon{Name: "a", Result: StillDown, DownSince: at}, Daemon{Name: "b", Result: Up}, Daemon{Name: "c", Rule: true, DownSince: at}), nil, "x.prom"))
	checkExposition(t, []byte(got))
	if !strings.Contains(got, "daemon_keeper_down_since_timestamp_seconds{daemon=\"a\"} 1795262401.81\n") || strings.Count(got, "down_since_timestamp_seconds{") != 1 {
		t.Errorf("got\n%s", got)
	}
}

// Deaths are counted by their causes; one that was never seen has no sample.
func TestDeathsInMetrics(t *testing.T) {
	r := of(
		Daemon{Name: "x", Totals: new(Totals), Deaths: map[words.Cause]int{"signal": 2, "exit": 1, "bad\"\n": -1}},
		Daemon{Name: "y", Totals: new(Totals)},
		Daemon{Name: "a rule", Rule: true, Deaths: map[words.Cause]int{"signal": 2}},
		Daemon{Name: "z", Totals: new(Totals), Deaths: map[words.Cause]int{"unknown": 7}},
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
	if none := string(exposition(of(Daemon{Name: "x"}), nil, "x.prom")); strings.Contains(none, "deaths") {
		t.Errorf("of no death:\n%s", none)
	}
}

// The collector drops a file with one bad line, or with a sample twice: then
// nobody is told of any daemon.
func TestHostileNamesInMetrics(t *testing.T) {
	r := of(
		stepped(Daemon{Name: "a\"} 1\nevil_total 1\n#"}), stepped(Daemon{Name: "\xff\xfe"}), stepped(Daemon{Name: `back\slash`}), stepped(Daemon{Name: ""}),
		stepped(Daemon{Name: "same\x1b", Result: StillDown}), stepped(Daemon{Name: `same\x1b`, Result: Up}), stepped(Daemon{Name: `日本\`}), stepped(Daemon{Name: `\n"`}),
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
		again := exposition(Report{}, counted, "x.prom")
		checkExposition(t, again)
		if got := countedRestarts(again); !maps.Equal(got, counted) {
			t.Errorf("read %v, wrote it, and read %v", counted, got)
		}
	})
}

// A daemon that has moved to another line of the crontab is not counted in two files.
func TestRestartsOfTheWhole(t *testing.T) {
	before := map[string]uint64{"a": 5, "gone": 7}
	r := of(stepped(Daemon{Name: "a"}), Daemon{Name: "b"})
	r.Whole = true
	if got, want := countedRestarts(exposition(r, before, "x.prom")), (map[string]uint64{"a": 6, "b": 0}); !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
