package realtest

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// promFile is where Debian's node_exporter looks.
const promFile = "/var/lib/prometheus/node-exporter/daemon-keeper.prom"

func addNodeExporter(l *Layer) {
	l.File("/etc/default/prometheus-node-exporter", "ARGS='--collector.disable-defaults --collector.textfile "+
		"--collector.textfile.directory=/var/lib/prometheus/node-exporter --web.listen-address=127.0.0.1:9100'\n", 0o644)
}

// promtool finds no fault with the file of a run or of a check.
func outputsPromtool(t *testing.T, m *Machine) {
	for _, command := range []string{"run", "check", "status"} {
		expect(t, run(t, m, command, "--prometheus", promFile), 2)
		a := begin(t, m, "sh", "-c", "promtool check metrics <"+promFile)()
		if a.status != 0 || a.stdout+a.stderr != "" {
			t.Errorf("the file of %s:\n%v\n%s", command, a, read(t, m, promFile))
		}
		if mode := m.Must(t, "stat", "-c", "%a %U", promFile); mode != "644 root\n" {
			t.Errorf("its mode is %s", mode)
		}
	}
}

// node_exporter shows all five states as its own series.
func outputsNodeExporter(t *testing.T, m *Machine) {
	startPackaged(t, m, "prometheus-node-exporter")
	expect(t, run(t, m, "check", "--prometheus", promFile), 2)
	scraped := scrape(t, m)
	contains(t, "the scrape", scraped, "\nnode_textfile_scrape_error 0\n",
		"\ndaemon_keeper_up{daemon=\"up\"} 1\n",
		"\ndaemon_keeper_up{daemon=\"down\"} 0\n",
		"\ndaemon_keeper_up{daemon=\"busy\"} 0\n",
		"\ndaemon_keeper_held{daemon=\"busy\"} 1\n",
		"\ndaemon_keeper_held{daemon=\"down\"} 0\n",
		"\ndaemon_keeper_held_reason{daemon=\"busy\",reason=\"busy\"} 1\n",
		"\ndaemon_keeper_unknown{daemon=\"unknown\"} 1\n",
		"\ndaemon_keeper_unknown{daemon=\"up\"} 0\n",
		"\ndaemon_keeper_wrong{daemon=\"forbidden\"} 1\n",
		"\ndaemon_keeper_processes{daemon=\"up\"} 1\n",
		"\ndaemon_keeper_processes{daemon=\"forbidden\"} 1\n",
		"\ndaemon_keeper_mistakes{file=\"daemon-keeper.prom\"} 0\n",
		"\ndaemon_keeper_rss_bytes{daemon=\"up\"} ",
		"\ndaemon_keeper_cpu_seconds{daemon=\"up\"} ",
		"\ndaemon_keeper_last_run_timestamp_seconds{file=\"daemon-keeper.prom\"} ",
	)
	if strings.Contains(scraped, `daemon_keeper_up{daemon="unknown"}`) {
		t.Errorf("it claims to know about unknown:\n%s", scraped)
	}
}

// A restart is counted, once, and a look does not lose the count.
func outputsRestarts(t *testing.T, m *Machine) {
	count := func() string {
		t.Helper()
		_, behind, _ := strings.Cut(read(t, m, promFile), "\ndaemon_keeper_restarts_total{daemon=\"up\"} ")
		number, _, _ := strings.Cut(behind, "\n")
		return number
	}
	expect(t, run(t, m, "run", "--prometheus", promFile), 2)
	if n := count(); n != "0" {
		t.Errorf("before all restarts, the count is %q", n)
	}
	for _, want := range []string{"1", "2"} {
		kill(t, m, "/usr/local/sbin/up")
		expect(t, run(t, m, "run", "--prometheus", promFile), 2, "'up' was down and is up again")
		for _, command := range []string{"check", "run", "status"} {
			if n := count(); n != want {
				t.Errorf("before a %s, the count is %q, not %q", command, n, want)
			}
			expect(t, run(t, m, command, "--prometheus", promFile), 2)
		}
	}
}

// While the file is rewritten a hundred times, every scrape sees all of it.
func outputsRewritten(t *testing.T, m *Machine) {
	startPackaged(t, m, "prometheus-node-exporter")
	expect(t, run(t, m, "check", "--prometheus", promFile), 2)
	scrape(t, m)
	const loop = `for n in $(seq 50); do for command in run check; do $0 $command --prometheus $1; done; done >/dev/null; echo $n >/run/rewritten`
	m.Start(t, "sh", "-c", loop, program, promFile)
	const each = 20
	scrapes := 0
	for ended := false; !ended; {
		_, err := os.Stat(m.Path("/run/rewritten"))
		ended = !errors.Is(err, fs.ErrNotExist) // one more round after the end
		// Slowly enough to leave some time for the others.
		text := m.Must(t, "curl", "--silent", "--show-error", "--fail", "--rate", "100/s", "http://127.0.0.1:9100/metrics?n=[1-20]")
		for _, line := range []string{"\nnode_textfile_scrape_error 0\n", "\ndaemon_keeper_up{daemon=\"down\"} 0\n", "\ndaemon_keeper_wrong{daemon=\"forbidden\"} 1\n"} {
			if n := strings.Count(text, line); n != each {
				t.Fatalf("%d of %d scrapes have %q:\n%s", n, each, line, text)
			}
		}
		scrapes += each
	}
	if n := read(t, m, "/run/rewritten"); n != "50\n" || scrapes < 100 {
		t.Errorf("%d scrapes, and the loop came to %q", scrapes, n)
	}
	t.Logf("%d scrapes", scrapes)
	if left := m.Must(t, "ls", "-A", "/var/lib/prometheus/node-exporter"); left != "daemon-keeper.prom\n" {
		t.Errorf("left: %s", left)
	}
}

// scrape is what node_exporter shows.
func scrape(t *testing.T, m *Machine) (text string) {
	t.Helper()
	Until(t, "node_exporter answers", func() bool {
		var status int
		text, status = m.Run(t, "curl", "--silent", "--fail", "http://127.0.0.1:9100/metrics")
		return status == 0
	})
	return text
}
