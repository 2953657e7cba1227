package inspect

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/inspect.md anew")

const (
	page       = "../../docs/inspect.md"
	tableBegin = "<!-- findings: held against the rules by a test -->\n"
	tableEnd   = "<!-- end of findings -->\n"
)

// The page has a row for each finding, as the program says it.
func TestDocsHaveTheFindings(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	table, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatal("the page has no table")
	}
	want := findingsTable()
	if *update {
		if err := os.WriteFile(page, []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("the table is another one (go test ./internal/inspect -update writes it):\n%s", want)
	}
}

func findingsTable() string {
	var b strings.Builder
	section := Section("")
	for _, r := range rules() {
		if r.section != section {
			section = r.section
			fmt.Fprintf(&b, "\n### %s\n\n| finding | how bad | it means | it matters because | what to do |\n| --- | --- | --- | --- | --- |\n", section)
		}
		fmt.Fprintf(&b, "| `%s` | %v | %s | %s | %s |\n", r.id, r.severity, r.what, r.why, strings.ReplaceAll(r.do, "|", `\|`))
	}
	b.WriteString("\n")
	return b.String()
}
