package real

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"daemon-keeper/internal/golden"
)

const tableFile = "../../docs/real-daemons.md"

// aboutTable stands above the table.
const aboutTable = `# Real daemons

%d daemons from Debian 12, %d of them kept as ` + "`daemon-keeper init`" + ` proposes on that machine. The main process of each
was killed with SIGKILL, all at the same moment, twice: with the Restart= that its package ships, and with Restart=no for
all. Each time runs of daemon-keeper followed, until all answered again: a page, a query, a greeting. Where systemd itself
restarts a daemon, the keeper left it alone, and nothing was started twice.

Without systemd, the same tree and one of more daemons were entered, and each service was started by its init script. Of
51 of 53 init scripts init proposes the daemon, so that it is up by that, and for scripts that have started two (PostgreSQL,
stunnel, OpenVPN) both, told apart by an argument: TestRealScripts. It leaves out mosquitto and spamd, with the reason.

The table is written by the test that sees it, ` + "`make test-real`" + `, and held by it:
` + "`DAEMON_KEEPER_REAL=1 go test ./packaging/real -update`" + ` writes it anew.

- *main process*: its program, or the script that it runs;
- *proposed*: what init writes, without the service; or why it proposes nothing;
- *Restart=*: as the package ships it;
- *as shipped*, *Restart=no*: who brought it back, and the cause that the keeper told of.

`

// table is the file.
func (s *suite) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, aboutTable, len(s.rows), len(s.kept()))
	b.WriteString("\n| service | main process | proposed | Restart= | as shipped | Restart=no | answers again |\n|---|---|---|---|---|---|---|\n")
	for _, r := range s.rows {
		e := s.seen[r.service]
		for _, c := range []string{r.service, e.program, e.proposal.keys, e.restart, e.shipped.String(), e.unaided.String(), "yes, both times"} {
			fmt.Fprintf(&b, "| %s ", strings.ReplaceAll(c, "|", `\|`))
		}
		b.WriteString("|\n")
	}
	return b.String()
}

func (f fate) String() string {
	if f.cause == "" {
		return f.by
	}
	return f.by + ": " + f.cause
}

// hold compares the table with the file, or writes it.
func (s *suite) hold(t *testing.T) {
	got := s.table()
	if golden.Updating() {
		golden.File(t, tableFile, got)
		return
	}
	want, err := os.ReadFile(tableFile)
	if err != nil {
		t.Fatal(err)
	}
	// On a busy machine systemd may not say in time how a unit ended, and then no cause is
	// told. That one is wrong fails where it is read.
	known := func(text string) string { return strings.ReplaceAll(text, ": "+killedCause, "") }
	if known(got) == known(string(want)) {
		return
	}
	wanted := make(map[string]bool)
	for line := range strings.Lines(string(want)) {
		wanted[known(line)] = true
	}
	for line := range strings.Lines(got) {
		if !wanted[known(line)] {
			t.Errorf("docs/real-daemons.md lacks this line: run the test with -update, and see whether it is right:\n%s", line)
		}
	}
	if !t.Failed() {
		t.Error("docs/real-daemons.md has lines that are no longer true: run the test with -update")
	}
}
