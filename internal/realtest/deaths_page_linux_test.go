package realtest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"daemon-keeper/internal/golden"
)

const deathsAbout = `# Deaths

Each of these deaths was made for real, in a booted Debian 12 with systemd (TestDeaths) and in one without (TestDeathsWithout),
of a daemon that a run had seen up. The next run said what stands here. In both machines it could read the signal trace
(` + "`trace_signals: true`" + `) and the kernel's log; in the one without systemd process accounting was on, too.

- *cause*: what is counted in daemon_keeper_deaths_total;
- *who*: who has sent the signal; the numbers of processes are left out;
- *how sure*: how certain the sender is or, without a sender, the cause, and which witness knows it.

The page is what the tests expect, and a test holds it:
` + "`go test ./internal/realtest -run TestDeathsPage -update`" + ` writes it anew. The machine of a test is a container, in which
the kernel's records have other numbers than its processes: the tests translate them, and nothing else.

| death | with systemd: cause | who | how sure | without: cause | who | how sure |
|---|---|---|---|---|---|---|
`

// docs/deaths.md is what the tests hold.
func TestDeathsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(deathsAbout)
	rows := append(deaths(), rebooted())
	if len(rows) < 24 {
		t.Errorf("only %d deaths", len(rows))
	}
	for _, d := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", d.how, d.with.cells(), d.without.cells())
	}
	golden.File(t, filepath.Join(repository(t), "docs", "deaths.md"), b.String())
}

func (f *fate) cells() string {
	switch {
	case f == nil:
		return "| |"
	case f.hold != "":
		return "none: left alone, " + f.hold + " | | "
	}
	who := f.sender
	if f.also != "" {
		who += ", " + f.also
	}
	sure := f.sure
	if f.source != "" {
		sure += ", " + f.source
	}
	return f.kind + ": " + f.text + " | " + who + " | " + sure
}
