package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"daemon-keeper/internal/app"
)

// What can be pasted on any machine is: with a configuration that keeps the daemons of
// the examples, all of which are up, no example is refused.
func TestExamplesRun(t *testing.T) {
	var script, config strings.Builder
	lines, names := anywhere(t)
	if len(lines) < 30 || len(names) < 3 {
		t.Fatalf("found only %d lines, of %q", len(lines), names)
	}
	script.WriteString("[!linux] skip 'the executable of a process is read from /proc'\nexec $DAEMON 600 &\nexec sh fill.sh\nkept 0 -v\n")
	for _, line := range lines {
		fmt.Fprintf(&script, "works daemon-keeper %s\n", line)
	}
	config.WriteString("defaults: {boot_grace: 0s, recheck: 20ms}\ndaemons:\n")
	for _, name := range names {
		fmt.Fprintf(&config, "  %s: {executable: $DAEMON, services: []}\n", name)
	}
	fmt.Fprintf(&script, "-- fill.sh --\nuntil [ /proc/[0-9]*/exe -ef $DAEMON ]; do break; done\ncat >keeper.yaml <<END\n%sEND\n", config.String())
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "examples.txtar"), []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir, Setup: setUp, RequireExplicitExec: true, ContinueOnError: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"kept": kept, "works": works},
	})
}

// works COMMAND [ARG...] runs a command that may tell that something is wrong (1, 2), and
// must not refuse what it was told.
func works(ts *testscript.TestScript, _ bool, args []string) {
	_ = ts.Exec(args[0], args[1:]...)
	if text := ts.ReadFile("stderr"); strings.Contains(text, "error: ") {
		ts.Fatalf("%s", text)
	}
}

// anywhere are the examples that need no file, no program and no service manager of the
// machine and change nothing of it, quoted for a script, and the daemons that they name.
func anywhere(t *testing.T) (lines, names []string) {
	t.Helper()
	examples := commandsOfHelp(t)
	for _, name := range documents(t) {
		for _, e := range examplesOf(t, name) {
			for _, c := range e.commands() {
				examples[strings.Join(c, "\x00")] = c
			}
		}
	}
	commands := strings.Fields("help version schema validate check status match history why pause resume")
	elsewhere := strings.Fields("executable prometheus config at incident") // of a file, or of an incident that this machine has not had
	for _, args := range examples {
		c, err := app.Parse(args)
		if err != nil || !slices.Contains(commands, c.Name) || slices.ContainsFunc(c.Given, func(flag string) bool { return slices.Contains(elsewhere, flag) }) {
			continue
		}
		var quoted []string
		for _, a := range args {
			quoted = append(quoted, "'"+strings.ReplaceAll(a, "'", "''")+"'")
		}
		lines = append(lines, strings.Join(quoted, " "))
		if given := reflect.ValueOf(c.Command).Elem().FieldByName("Names"); given.IsValid() && c.Name != "help" {
			for _, n := range given.Interface().([]string) {
				names = append(names, strings.Split(n, ":")[0])
			}
		}
	}
	slices.Sort(lines)
	slices.Sort(names)
	return slices.Compact(lines), slices.Compact(names)
}
