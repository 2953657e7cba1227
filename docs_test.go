package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/cli"
)

func help(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := cli.Help(&b, "/run/daemon-keeper"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The README's usage block is what --help prints.
func TestReadmeShowsTheHelp(t *testing.T) {
	block := "```console\n$ daemon-keeper --help\n" + help(t) + "```\n"
	if !strings.Contains(read(t, "README.md"), block) {
		t.Errorf("README.md lacks this block, or has another version of it:\n%s", block)
	}
}

func TestHelpFitsATerminal(t *testing.T) {
	for line := range strings.Lines(help(t)) {
		if len(strings.TrimRight(line, "\n")) > 80 {
			t.Errorf("longer than 80 columns: %s", line)
		}
	}
}

// flagLine is a flag in the help: its letter, its name and what it takes.
var flagLine = regexp.MustCompile(`(?m)^  (?:-(\w), |    )--([a-z-]+) ?([A-Z]*) +\S`)

// The man page has the flags of the help, and their defaults.
func TestManPageHasTheFlags(t *testing.T) {
	page := read(t, "docs/daemon-keeper.8")
	text := help(t)
	flags := flagLine.FindAllStringSubmatch(text, -1)
	if len(flags) < 15 {
		t.Fatalf("found only %d flags in\n%s", len(flags), text)
	}
	var names []string
	for _, f := range flags {
		letter, name, takes := f[1], f[2], f[3]
		names = append(names, name)
		item := ".It "
		if letter != "" {
			item += "Fl " + letter
			if takes != "" {
				item += " Ar " + strings.ToLower(takes)
			}
			item += " , "
		}
		item += "Fl -" + name
		if takes != "" {
			item += " Ar " + strings.ToLower(takes)
		}
		if !strings.Contains(page, item+"\n") {
			t.Errorf("the man page lacks %q", item)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\.It (?:Fl \w (?:Ar \w+ )?, )?Fl -([a-z-]+)`).FindAllStringSubmatch(page, -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("the man page has --%s, which the help has not", m[1])
		}
	}
	flat := strings.Join(strings.Fields(text), " ")
	for _, m := range regexp.MustCompile(`--([a-z-]+) TIME [^(]*\((\w+)\)`).FindAllStringSubmatch(flat, -1) {
		item := regexp.MustCompile(`(?s)\.It Fl -` + m[1] + ` Ar time\n.*?The default is ` + m[2] + `\.`)
		if found := item.FindString(page); found == "" || strings.Count(found, "\n.It ") > 0 {
			t.Errorf("the man page does not say that the default of --%s is %s", m[1], m[2])
		}
	}
}

func TestManPageHasTheExitStatuses(t *testing.T) {
	page := read(t, "docs/daemon-keeper.8")
	for _, want := range []string{".Sh EXIT STATUS\n", ".Sh EXAMPLES\n", ".It 0\n", ".It 1\n", ".It 2\n", ".It 3\n"} {
		if !strings.Contains(page, want) {
			t.Errorf("the man page lacks %q", want)
		}
	}
}

// The rooms know of each other only what design allows: leaves import nothing
// of ours, and internal/keeper is the one joint.
func TestRoomsKeepTheirDoorsShut(t *testing.T) {
	allowed := map[string][]string{
		"daemon-keeper/check":            {},
		"daemon-keeper/rcd":              {},
		"daemon-keeper/restart":          {},
		"daemon-keeper/internal/state":   {},
		"daemon-keeper/internal/report":  {},
		"daemon-keeper/internal/cli":     {"daemon-keeper/rcd"},
		"daemon-keeper/internal/keeper":  {"daemon-keeper/check", "daemon-keeper/rcd", "daemon-keeper/restart", "daemon-keeper/internal/state", "daemon-keeper/internal/report"},
		"github.com/shirou/gopsutil/v3":  {"daemon-keeper/check"},
		"github.com/alecthomas/kong":     {"daemon-keeper/internal/cli"},
		"github.com/hashicorp/go-syslog": {"daemon-keeper/internal/report"},
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		room, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for _, imported := range strings.Fields(imports) {
			if ours, ok := allowed[room]; ok && strings.HasPrefix(imported, "daemon-keeper/") && !slices.Contains(ours, imported) {
				t.Errorf("%s imports %s", room, imported)
			}
			for library, users := range allowed {
				if strings.HasPrefix(library, "github.com/") && strings.HasPrefix(imported, library) && !slices.Contains(users, room) {
					t.Errorf("%s imports %s", room, imported)
				}
			}
		}
		if _, ok := allowed[room]; ok {
			seen++
		}
	}
	if seen != 7 {
		t.Errorf("looked at %d rooms", seen)
	}
}
