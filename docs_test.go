package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/app"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/golden"
)

// help is the page of the program, and those of all commands; or those of some.
func help(t *testing.T, commands ...string) string {
	t.Helper()
	outline, err := app.Outline()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if len(commands) == 0 {
		err = app.Help(&b)
		for _, c := range outline.Commands {
			commands = append(commands, c.Name)
		}
	}
	if err := errors.Join(err, app.Help(&b, commands...)); err != nil {
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

// A newcomer reads it all in ten minutes: what is exact stands in the manual.
func TestReadmeIsShort(t *testing.T) {
	if n := strings.Count(read(t, "README.md"), "\n"); n > 200 {
		t.Errorf("README.md has %d lines, want at most 200", n)
	}
}

func TestHelp(t *testing.T) {
	if runtime.GOOS == "linux" { // others have other folders
		golden.File(t, "testdata/help.golden", help(t))
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
	for _, m := range flagLine.FindAllStringSubmatch(help(t), -1) {
		if !strings.Contains(page, "Fl -"+m[2]) {
			t.Errorf("the man page does not have --%s", m[2])
		}
	}
	text := help(t, "run")
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

// A line that can be pasted is not broken at the width of a terminal: what .Dl shows is
// filled, and indented by three columns.
func TestManPageLinesCanBePasted(t *testing.T) {
	pages, err := filepath.Glob("docs/*.[58]")
	if err != nil || len(pages) < 2 {
		t.Fatal(pages, err)
	}
	for _, name := range pages {
		for line := range strings.Lines(read(t, name)) {
			if text, found := strings.CutPrefix(line, ".Dl "); found && len(text) > 76 {
				t.Errorf("%s: longer than a line: %s", name, text)
			}
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

// The table of keys is what the types of the configuration say.
func TestTableOfKeys(t *testing.T) {
	block := "<!-- keys: held against the types by a test -->\n" + keyTable() + "<!-- end of keys -->\n"
	if !strings.Contains(read(t, "docs/configuration.md"), block) {
		t.Errorf("docs/configuration.md lacks this block, or has another version of it:\n%s", block)
	}
}

// The sample of import is what a script holds the program against.
func TestSampleOfImport(t *testing.T) {
	script := read(t, "testdata/script/import.txtar")
	section := func(name string) string {
		_, rest, _ := strings.Cut(script, "-- "+name+" --\n")
		text, _, _ := strings.Cut(rest, "\n-- ")
		return text + "\n"
	}
	block := "```console\n$ cat crontab\n" + section("crontab") + "$ daemon-keeper import crontab\n" + section("want.yaml") + "```\n"
	if !strings.Contains(read(t, "docs/moving-in.md"), block) {
		t.Errorf("docs/moving-in.md lacks this block, or has another version of it:\n%s", block)
	}
}

// The explanations are what the program prints: a test of internal/app holds the samples.
func TestSamplesOfWhy(t *testing.T) {
	for file, golden := range map[string]string{"docs/why.md": "why-80.want", "README.md": "why-120.want"} {
		sample := read(t, "internal/app/testdata/"+golden)
		if file == "README.md" {
			_, sample, _ = strings.Cut(sample, "\n\n") // one of the two
			sample, _, _ = strings.Cut(sample, "  more")
		}
		if sample == "" || !strings.Contains(read(t, file), sample) {
			t.Errorf("%s lacks this, or has another version of it:\n%s", file, sample)
		}
	}
}

// headings of the table, by section.
var headings = map[string]string{
	"file":     "at the top of the main file",
	"defaults": "`defaults:`, and each daemon",
	"daemon":   "`daemons:` (the first nine also rules and `exempt:`)",
	"forbid":   "`forbid:`",
	"pidfile":  "in `pidfile:`",
	"cpu":      "in `cpu:`",
	"memory":   "in `memory:`",
}

func keyTable() string {
	var b strings.Builder
	section := ""
	seen := make(map[string]bool)
	b.WriteString("| key | value | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, k := range config.Keys() {
		if seen[k.Key+k.Doc] {
			continue // it means the same in another section
		}
		seen[k.Key+k.Doc] = true
		if k.Section != section {
			section = k.Section
			fmt.Fprintf(&b, "| **%s** | | | |\n", headings[section])
		}
		code := func(s string) string {
			if s == "" {
				return ""
			}
			return "`" + strings.ReplaceAll(s, "|", `\|`) + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Key, code(k.Syntax), code(k.Default), k.Doc)
	}
	return b.String()
}

// The manual of the configuration has each key.
func TestManPageHasTheKeys(t *testing.T) {
	page := read(t, "docs/daemon-keeper.yaml.5")
	for _, k := range config.Keys() {
		name := k.Key[strings.LastIndex(k.Key, ".")+1:]
		if !regexp.MustCompile(`(?m)^\.It .*\bCm ` + name + `\b`).MatchString(page) {
			t.Errorf("the man page lacks %q of %s", k.Key, k.Section)
		}
		if k.Default != "" && k.Default != "that of defaults" && !strings.Contains(page, k.Default) {
			t.Errorf("the man page lacks the default %s of %q", k.Default, k.Key)
		}
	}
}

// The README's example is a configuration, for us and for editors.
func TestReadmeExampleIsValid(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "README.md"), "<!-- example: tested against the program and its JSON Schema -->\n```yaml\n")
	example, _, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("there is no example")
	}
	file := filepath.Join(t.TempDir(), "daemon-keeper.yaml")
	if err := os.WriteFile(file, []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	anyName := func(string) (uint32, error) { return 1000, nil }
	c, mistakes, err := config.Load(file, config.Options{LookupUser: anyName, LookupGroup: anyName})
	if err != nil || len(mistakes) > 0 || len(c.Daemons) != 5 || len(c.Forbid) != 3 {
		t.Errorf("%d daemons, %d rules, %v, %v", len(c.Daemons), len(c.Forbid), mistakes, err)
	}
	if got := read(t, "docs/daemon-keeper.schema.json"); got != string(config.Schema()) {
		t.Error("docs/daemon-keeper.schema.json is another schema than daemon-keeper schema prints")
	}
}

// The rooms know of each other only what design allows: leaves import nothing of ours
// but the primitives of the system, and internal/keeper is the one joint.
func TestRoomsKeepTheirDoorsShut(t *testing.T) {
	primitives := []string{"daemon-keeper/internal/trust", "daemon-keeper/internal/osutil", "daemon-keeper/internal/words"} // anybody may use them
	allowed := map[string][]string{
		"daemon-keeper/check":               {"daemon-keeper/check/proctable"},
		"daemon-keeper/check/proctable":     {},
		"daemon-keeper/rcd":                 {},
		"daemon-keeper/restart":             {},
		"daemon-keeper/internal/trust":      {},
		"daemon-keeper/internal/osutil":     {},
		"daemon-keeper/internal/words":      {},
		"daemon-keeper/internal/scarce":     {},
		"daemon-keeper/internal/past":       {},
		"daemon-keeper/internal/state":      {"daemon-keeper/internal/past"},
		"daemon-keeper/internal/config":     {},
		"daemon-keeper/internal/history":    {"daemon-keeper/internal/past", "daemon-keeper/internal/terminal"},
		"daemon-keeper/internal/report":     {"daemon-keeper/internal/history", "daemon-keeper/internal/terminal"},
		"daemon-keeper/internal/metrics":    {"daemon-keeper/internal/report"},
		"daemon-keeper/internal/page":       {},
		"daemon-keeper/internal/cli":        {},
		"daemon-keeper/internal/completion": {"daemon-keeper/internal/cli"},
		"daemon-keeper/internal/draft":      {"daemon-keeper/internal/config"},
		"daemon-keeper/internal/golden":     {},
		"daemon-keeper/internal/apart":      {},
		"daemon-keeper/internal/executable": {},
		"daemon-keeper/internal/importer":   {"daemon-keeper/internal/draft"},
		"daemon-keeper/internal/survey":     {"daemon-keeper/internal/draft"},
		"daemon-keeper/internal/terminal":   {},
		"daemon-keeper/internal/notify":     {},
		"daemon-keeper/internal/packages":   {"daemon-keeper/check/proctable"},
		"daemon-keeper/internal/postmortem": {"daemon-keeper/check/proctable"},
		"daemon-keeper/internal/tracer":     {"daemon-keeper/check/proctable"},
		"daemon-keeper/internal/pidfiles":   {"daemon-keeper/check/proctable"},
		"daemon-keeper/internal/inspect":    {"daemon-keeper/check/proctable"},
		"daemon-keeper/internal/keeper":     {"daemon-keeper/check", "daemon-keeper/check/proctable", "daemon-keeper/rcd", "daemon-keeper/restart", "daemon-keeper/internal/packages", "daemon-keeper/internal/past", "daemon-keeper/internal/state", "daemon-keeper/internal/report", "daemon-keeper/internal/postmortem", "daemon-keeper/internal/terminal"},
		"github.com/shirou/gopsutil/v3":     {"daemon-keeper/check/proctable"},
		"github.com/alecthomas/kong":        {"daemon-keeper/internal/cli"},
		"github.com/hashicorp/go-syslog":    {"daemon-keeper/internal/report"},
		"go.yaml.in/yaml/v3":                {"daemon-keeper/internal/config"},
		"golang.org/x/term":                 {"daemon-keeper/internal/terminal"},
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		room, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for _, imported := range strings.Fields(imports) {
			ofTests := slices.Contains([]string{"daemon-keeper/internal/golden", "daemon-keeper/internal/executable", "daemon-keeper/internal/apart"}, imported)
			if imported == "daemon-keeper/internal/app" && room != "daemon-keeper" || ofTests && room != "daemon-keeper/internal/realtest" {
				t.Errorf("%s imports %s", room, imported)
			}
			if ours, ok := allowed[room]; ok && strings.HasPrefix(imported, "daemon-keeper/") && !slices.Contains(slices.Concat(ours, primitives), imported) {
				t.Errorf("%s imports %s", room, imported)
			}
			for library, users := range allowed {
				if !strings.HasPrefix(library, "daemon-keeper/") && strings.HasPrefix(imported, library) && !slices.Contains(users, room) {
					t.Errorf("%s imports %s", room, imported)
				}
			}
		}
		if _, ok := allowed[room]; ok {
			seen++
		}
	}
	if seen != 31 {
		t.Errorf("looked at %d rooms", seen)
	}
}
