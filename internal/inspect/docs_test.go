package inspect

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"daemon-keeper/internal/golden"
)

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
	_, after, ends := strings.Cut(rest, tableEnd)
	if !ok || !ends {
		t.Fatal("the page has no table")
	}
	golden.File(t, page, before+tableBegin+findingsTable()+tableEnd+after)
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
