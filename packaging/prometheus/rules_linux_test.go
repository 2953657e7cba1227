package prometheus

import (
	"strings"
	"testing"

	"daemon-keeper/internal/realtest"
)

// promtool, as Debian has it, finds the rules good and the tests of each alert passed,
// and no fault with the metrics that they are about, nor with the README's scrape.
func TestPromtool(t *testing.T) {
	l := realtest.NewLayer(t)
	tree := realtest.Tree(t, realtest.Consumers()...)
	for _, file := range []string{"daemon-keeper.rules.yml", "daemon-keeper.rules.test.yml"} {
		l.File("/etc/prometheus/"+file, read(t, file), 0o644)
	}
	l.File("/etc/prometheus/prometheus.yml", sample(t, "<!-- scrape"), 0o644)
	l.File("/root/daemon-keeper.prom", written(t), 0o644)
	m := realtest.Enter(t, tree, l)
	for _, c := range []struct{ name, command, says string }{
		{"check rules", "promtool check rules /etc/prometheus/daemon-keeper.rules.yml", "SUCCESS: 11 rules found"},
		{"test rules", "promtool test rules /etc/prometheus/daemon-keeper.rules.test.yml", "SUCCESS"},
		{"check metrics", "promtool check metrics </root/daemon-keeper.prom", ""},
		{"check config", "promtool check config /etc/prometheus/prometheus.yml", "SUCCESS: 1 rule files found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			output, status := m.Run(t, "sh", "-c", c.command)
			if status != 0 || !strings.Contains(output, c.says) || c.says == "" && output != "" {
				t.Errorf("%s ends with %d:\n%s", c.command, status, output)
			}
		})
	}
}

// sample is the block of the README that follows a mark.
func sample(t *testing.T, mark string) string {
	t.Helper()
	_, behind, _ := strings.Cut(read(t, "README.md"), mark)
	_, behind, _ = strings.Cut(behind, "```yaml\n")
	block, _, found := strings.Cut(behind, "```")
	if !found {
		t.Fatalf("the README has no block after %q", mark)
	}
	return block
}
