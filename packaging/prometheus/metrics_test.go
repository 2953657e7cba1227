package prometheus

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"daemon-keeper/internal/metrics"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

// everything is a report of which no metric is left out.
func everything() report.Report {
	began := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	return report.Report{
		Command: "run", Began: began, Took: 2 * time.Second,
		Mistakes: []report.Mistake{{Text: "a key that is unknown"}},
		Daemons: []report.Daemon{
			{
				Name: "up", Result: report.Up, Count: words.Count{Min: 1, Max: words.NoLimit},
				Processes: []report.Process{{PID: 1, Started: began, CPU: time.Second, RSS: 1 << 20}},
				Totals:    &report.Totals{Incidents: 2, Restarts: 3, Downtime: time.Minute}, Deaths: map[words.Cause]int{"signal": 1, "exit": 1},
			},
			{Name: "down", Result: report.StillDown, DownSince: began, Totals: &report.Totals{Incidents: 1}},
			{Name: "held", Result: report.Held, Hold: "pause", DownSince: began},
			{Name: "unknown"},
			{Name: "rule", Rule: true, Result: report.Wrong, Processes: []report.Process{{PID: 2}}},
		},
	}
}

// written is what node_exporter gets to read of everything.
func written(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "daemon-keeper.prom")
	if err := metrics.Write(file, everything()); err != nil {
		t.Fatal(err)
	}
	return read(t, file)
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var metric = regexp.MustCompile(`\bdaemon_keeper_\w+`)

// A metric that was renamed would make an alert silent, and a panel empty, for ever.
func TestMetricsExist(t *testing.T) {
	kinds := make(map[string]string)
	for _, f := range regexp.MustCompile(`(?m)^# TYPE (\w+) (\w+)$`).FindAllStringSubmatch(written(t), -1) {
		kinds[f[1]] = f[2]
	}
	counts := regexp.MustCompile(`\b(?:increase|rate)\((daemon_keeper_\w+)`)
	for _, file := range []string{"daemon-keeper.rules.yml", "daemon-keeper.rules.test.yml", "../grafana/daemon-keeper.json"} {
		text := read(t, file)
		named := metric.FindAllString(text, -1)
		if len(named) < 10 {
			t.Errorf("%s names only %q", file, named)
		}
		for _, name := range named {
			if kinds[name] == "" {
				t.Errorf("%s asks for %s, which is not written", file, name)
			}
		}
		for _, f := range counts.FindAllStringSubmatch(text, -1) {
			if kinds[f[1]] != "counter" {
				t.Errorf("%s counts %s, which is a %s", file, f[1], kinds[f[1]])
			}
		}
	}
}
