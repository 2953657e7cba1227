package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"daemon-keeper/internal/app"
	"daemon-keeper/internal/config"
)

// documents are what users read: Markdown, and manual pages.
func documents(t *testing.T) []string {
	t.Helper()
	names := []string{"README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*.[58]", "packaging/*/README.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		names = append(names, found...)
	}
	return names
}

// examplesOf are those of a document.
func examplesOf(t *testing.T, name string) []example {
	t.Helper()
	if filepath.Ext(name) == ".md" {
		return fromMarkdown(read(t, name))
	}
	return fromManual(read(t, name))
}

// Each configuration of the documents can be pasted: the program accepts it, whoever its
// users are and whichever programs are there.
func TestExamplesOfConfiguration(t *testing.T) {
	seen := 0
	for _, name := range documents(t) {
		for _, e := range examplesOf(t, name) {
			if e.kind != "yaml" || strings.HasPrefix(name, "packaging/") { // Prometheus', Ansible's: tested beside them
				continue
			}
			for _, text := range configurations(t, e.text) {
				seen++
				file := filepath.Join(t.TempDir(), "daemon-keeper.yaml")
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				// Other files may have what it names, as for a drop-in.
				c, mistakes, err := config.Load(file, config.Options{Part: true})
				for _, m := range mistakes {
					t.Errorf("%s:%d: %v, in\n%s", name, e.line, m, text)
				}
				if err != nil || c.Blank {
					t.Errorf("%s:%d: %v, or nothing but comments, in\n%s", name, e.line, err, text)
				}
			}
		}
	}
	if seen < 6 {
		t.Errorf("found only %d examples", seen)
	}
}

// configurations are what a block of YAML wants to have kept. What begins with a list is
// Ansible's: each list of daemons in it is one. A mapping that has no key of the top of a
// file is what stands below the name of a daemon.
func configurations(t *testing.T, text string) []string {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil || len(root.Content) != 1 {
		return []string{text} // its mistake is told
	}
	if root.Content[0].Kind == yaml.SequenceNode {
		return ofRole(t, root.Content[0])
	}
	top := []string{"defaults", "daemons", "forbid"}
	for _, k := range config.Keys() {
		if k.Section == "file" {
			top = append(top, k.Key)
		}
	}
	for i := 0; i < len(root.Content[0].Content); i += 2 {
		if slices.Contains(top, root.Content[0].Content[i].Value) {
			return []string{text}
		}
	}
	return []string{"daemons:\n  x:\n" + indent(text, "    ")}
}

func ofRole(t *testing.T, n *yaml.Node) (texts []string) {
	t.Helper()
	for i, child := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 0 || n.Content[i-1].Value != "daemon_keeper_daemons" {
			texts = append(texts, ofRole(t, child)...)
			continue
		}
		var list []map[string]any
		if err := child.Decode(&list); err != nil {
			t.Error(err)
		}
		daemons := make(map[string]any)
		for _, d := range list {
			daemons[fmt.Sprint(d["daemon"])] = d
			delete(d, "daemon")
		}
		text, err := yaml.Marshal(map[string]any{"daemons": daemons})
		if err != nil {
			t.Error(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

func indent(text, by string) string {
	return regexp.MustCompile(`(?m)^.`).ReplaceAllString(text, by+"$0")
}

// Each command line of the documents, and of the help, is one that the program takes.
func TestExamplesOfCommands(t *testing.T) {
	lines := commandsOfHelp(t)
	for _, name := range documents(t) {
		found := 0
		for _, e := range examplesOf(t, name) {
			for _, c := range e.commands() {
				lines[fmt.Sprintf("%s:%d: daemon-keeper %s", name, e.line, strings.Join(c, " "))] = c
				found++
			}
		}
		if found == 0 && slices.Contains([]string{"README.md", "docs/daemon-keeper.8", "docs/troubleshooting.md"}, name) {
			t.Errorf("%s: found no command line", name)
		}
	}
	if len(lines) < 120 {
		t.Errorf("found only %d command lines", len(lines))
	}
	for where, args := range lines {
		_, err := app.Parse(args)
		if len(args) == 1 && err != nil { // a command is named, and what it needs told elsewhere
			err = app.Help(io.Discard, args[0])
		}
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
}

func commandsOfHelp(t *testing.T) map[string][]string {
	t.Helper()
	lines := make(map[string][]string)
	for line := range strings.Lines(help(t)) {
		if !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "   ") {
			continue
		}
		// What an example is for stands behind it, after two blanks.
		text, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
		for _, c := range keeperCommands(text) {
			lines["help: "+text] = c
		}
	}
	if len(lines) < 20 {
		t.Errorf("the help has only %d examples", len(lines))
	}
	return lines
}

// Each line for a crontab has five fields of time, and a command of ours that cron passes
// on as it stands.
func TestExamplesOfCrontab(t *testing.T) {
	seen := 0
	for _, name := range documents(t) {
		for _, e := range examplesOf(t, name) {
			for _, line := range e.crontab() {
				seen++
				if problem := wrongInCrontab(line); problem != "" {
					t.Errorf("%s:%d: %s: %s", name, e.line, problem, line)
				}
			}
		}
	}
	if seen < 10 {
		t.Errorf("found only %d lines", seen)
	}
}

var (
	cronLine = regexp.MustCompile(`^((?:[-*/,0-9]+[ \t]+){5})(.*)$`)
	cronList = regexp.MustCompile(`^(\*|\d+(-\d+)?)(/\d+)?(,(\*|\d+(-\d+)?)(/\d+)?)*$`)
	number   = regexp.MustCompile(`\d+`)
)

func wrongInCrontab(line string) string {
	m := cronLine.FindStringSubmatch(line)
	if m == nil {
		return "it has no five fields"
	}
	limits := []int{59, 23, 31, 12, 7}
	for i, field := range strings.Fields(m[1]) {
		if !cronList.MatchString(field) {
			return "what is " + field + "?"
		}
		for _, n := range number.FindAllString(field, -1) {
			if v, err := strconv.Atoi(n); err != nil || v > limits[i] {
				return "there is no " + n
			}
		}
	}
	if regexp.MustCompile(`(^|[^\\])%`).MatchString(m[2]) {
		return "cron makes a new line of %"
	}
	command := regexp.MustCompile(`^(-[nq]+ |root )+`).ReplaceAllString(m[2], "") // FreeBSD's options; the user of a system's crontab
	if !strings.HasPrefix(command, "/") {
		return "cron knows hardly any folder of programs: it needs a full path"
	}
	if len(keeperCommands(command)) == 0 {
		return "it does not run daemon-keeper"
	}
	return ""
}

// Of each way in which a block can be written, the commands are found, and nothing else.
func TestExamplesAreFound(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"```console\n$ daemon-keeper -n  # why\nit says daemon-keeper x\n# daemon-keeper x\n$ sudo daemon-keeper status\n```", "-n|status"},
		{"a\n\n    crontab -l | daemon-keeper import >x.yaml\n    daemon-keeper check -c 'a b' && curl x\n", "import|check,-c,a b"},
		{"```crontab\n* * * * * /usr/x/with-pings /etc/x /usr/sbin/daemon-keeper -v\n```", "-v"},
		{"say `daemon-keeper why\nNAME`, not `daemon-keeper.yaml`, `command -v daemon-keeper`", "why,NAME"},
		{"    ansible all -a \"daemon-keeper pause --all --reason 'a b'\"", "pause,--all,--reason,a b"},
		{"    X=1 daemon-keeper init | less", "init"},
		{"    install -m 755 daemon-keeper-*/daemon-keeper /usr/local/sbin/", ""},
		{"    editor /etc/daemon-keeper.yaml; rm -f /usr/sbin/daemon-keeper", ""},
	} {
		var got []string
		for _, e := range fromMarkdown(tc.text) {
			for _, c := range e.commands() {
				got = append(got, strings.Join(c, ","))
			}
		}
		if strings.Join(got, "|") != tc.want {
			t.Errorf("%s\nhas %q, want %q", tc.text, got, tc.want)
		}
	}
	page := ".Li daemon-keeper why ,\n.Dl # daemon-keeper -n\n.Bd -literal\ndaemons:\n  x:\n.Ed\n.Bd -literal\n* * * * * /x/daemon-keeper\n.Ed\n.Xr daemon-keeper 8\n"
	var got []string
	for _, e := range fromManual(page) {
		got = append(got, fmt.Sprint(e.line, e.kind, e.commands(), e.crontab()))
	}
	want := []string{"1span[[why]] []", "2[[-n]] []", "4yaml[] []", "8[[]] [* * * * * /x/daemon-keeper]"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	for line, want := range map[string]bool{
		"* * * * * /x/daemon-keeper": true, "*/5 1-2,4 * * 7 -n /x/daemon-keeper": true, "* * * * * root /x/daemon-keeper": true,
		"* * * * /x/daemon-keeper": false, "60 * * * * /x/daemon-keeper": false, "* * * * * daemon-keeper": false,
		"* * * * * /x/daemon-keeper --since $(date +%s)": false, "* * * * * /bin/true": false, "1- * * * * /x/daemon-keeper": false,
	} {
		if got := wrongInCrontab(line); (got == "") != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}
