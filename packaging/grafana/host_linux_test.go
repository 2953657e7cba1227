package grafana

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/internal/realtest"
)

const (
	keeper   = "/usr/local/sbin/daemon-keeper"
	textfile = "/var/lib/prometheus/node-exporter/daemon-keeper.prom"
	// instance is what Prometheus calls the host.
	instance = "127.0.0.1:9100"
)

// configuration has a daemon in each state, and one that a test kills.
const configuration = `
evidence_timeout: 1m
defaults: {recheck: 50ms, verify: 20s, settle: 100ms, boot_grace: 0s, backoff: [0s]}
daemons:
  up: {executable: /usr/local/sbin/up, services: [up]}
  down: {executable: /usr/local/sbin/down, services: []}
  held: {executable: /usr/local/sbin/held, services: [held]}
  unknown: {executable: /usr/local/sbin/unknown, services: [unknown]}
  many: {executable: /usr/local/sbin/many, count: 1-1, services: [many]}
  dies: {executable: /usr/local/sbin/dies, services: [dies]}
forbid:
  forbidden: {executable: /usr/local/sbin/forbidden}
`

// scraping scrapes and evaluates as often as a test can wait for.
const scraping = `
global: {scrape_interval: 5s, evaluation_interval: 1s}
rule_files: [daemon-keeper.rules.yml]
scrape_configs:
  - job_name: node
    static_configs: [{targets: ["` + instance + `"]}]
`

// boot starts a host with these daemons, its node_exporter, and a Prometheus that
// scrapes it.
func boot(t *testing.T) *realtest.Machine {
	t.Helper()
	realtest.Need(t)
	l := realtest.NewLayer(t)
	l.AddKeeper(keeper)
	tree := realtest.Tree(t, realtest.Consumers()...)
	for name, starts := range map[string]string{
		"up": "up", "down": "", "held": "", "many": "many", "other": "many", "dies": "dies", "forbidden": "forbidden",
	} {
		unit := "[Service]\nExecStart=/usr/local/sbin/" + name + " infinity\n"
		if name == "other" {
			unit = "[Service]\nExecStart=/usr/local/sbin/many infinity\n"
		} else {
			l.Copy(filepath.Join(tree, "usr/bin/sleep"), "/usr/local/sbin/"+name)
		}
		if starts != "" {
			unit += "[Install]\nWantedBy=multi-user.target\n"
		}
		l.Unit(name+".service", unit)
	}
	l.Unit("unknown.service", "[Service]\nExecStart=/usr/local/sbin/unknown\n") // which is not installed
	l.File("/etc/daemon-keeper.yaml", configuration, 0o644)
	l.File("/etc/default/prometheus-node-exporter", "ARGS='--collector.disable-defaults --collector.textfile "+
		"--collector.textfile.directory="+filepath.Dir(textfile)+" --web.listen-address="+instance+"'\n", 0o644)
	rules, err := os.ReadFile("../prometheus/daemon-keeper.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	l.File("/etc/prometheus/daemon-keeper.rules.yml", string(rules), 0o644)
	l.File("/etc/prometheus/prometheus.yml", scraping, 0o644)
	for _, other := range []string{"mon", "nagios4", "exim4"} {
		l.Mask(other + ".service")
	}
	m := realtest.Boot(t, tree, l)
	realtest.Until(t, "Prometheus is ready", func() bool {
		_, status := m.Run(t, "curl", "--silent", "--fail", "http://127.0.0.1:9090/-/ready")
		return status == 0
	})
	return m
}

// run is one run with that configuration, as cron would start it; something is
// down, so its status is 2.
func run(t *testing.T, m *realtest.Machine) (output string) {
	t.Helper()
	output, status := m.Run(t, "env", "-i", "HOME=/root", "PATH=/usr/bin:/bin", keeper, "--prometheus", textfile)
	if status != 2 {
		t.Fatalf("status 2 was expected, not %d:\n%s", status, output)
	}
	return output
}

// live makes daemons die, and be held, and one be brought back, with Prometheus
// looking on.
func live(t *testing.T, m *realtest.Machine) {
	t.Helper()
	m.Must(t, keeper, "pause", "held", "--reason", "a test")
	run(t, m)
	restarts := func() string {
		v := ask(t, m, query{expr: `daemon_keeper_restarts_total{daemon="dies"}`, instant: true})
		return strings.Join(v.values(), " ")
	}
	realtest.Until(t, "Prometheus knows of no restart", func() bool { return restarts() == "0" })
	for _, pid := range m.Pids(t, "/usr/local/sbin/dies") {
		m.Kill(t, pid, syscall.SIGKILL)
	}
	realtest.Until(t, "it is dead", func() bool { return len(m.Pids(t, "/usr/local/sbin/dies")) == 0 })
	if output := run(t, m); !strings.Contains(output, "'dies' was down and is up again") {
		t.Fatalf("it was not brought back:\n%s", output)
	}
	realtest.Until(t, "Prometheus knows of the restart", func() bool { return restarts() == "1" })
}
