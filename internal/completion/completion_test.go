package completion

import (
	"os"
	"path/filepath"
	"testing"

	"daemon-keeper/internal/cli"
)

func outline(t *testing.T) cli.Outline {
	t.Helper()
	o, err := cli.Model(cli.Defaults{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// What is installed is what the command line says.
func TestFilesAreUpToDate(t *testing.T) {
	files, err := Files(outline(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 {
		t.Errorf("%d files", len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", "packaging", "completions", name))
		if err != nil {
			t.Error(err)
		}
		if string(got) != want {
			t.Errorf("packaging/completions/%s is not what the command line gives: run go generate ./...", name)
		}
	}
}

// The walk over a line in fish.tmpl knows only whether any command's flag of a
// name takes a value; and -c is the configuration wherever it is.
func TestFlagsOfOneNameAreAlike(t *testing.T) {
	takes := make(map[string]cli.Kind)
	for _, c := range outline(t).Commands {
		for _, f := range c.Flags {
			for _, name := range spellings(f) {
				if kind, seen := takes[name]; seen && kind != f.Takes {
					t.Errorf("%s of %s is of another kind than elsewhere", name, c.Name)
				}
				takes[name] = f.Takes
			}
		}
	}
	if takes["-c"] != cli.Configs || takes["--config"] != cli.Configs {
		t.Error("-c is not the configuration")
	}
}

// Every kind that a flag or an argument can have leads somewhere in each shell.
func TestKindsAreKnown(t *testing.T) {
	for kind := cli.None; kind <= cli.Services; kind++ {
		if _, ok := bashKinds[kind]; !ok && kind != cli.Choice {
			t.Errorf("bash knows no kind %d", kind)
		}
		if kind == cli.None || kind == cli.Choice || kind == cli.Anything {
			continue
		}
		if zshActions[kind] == "" || fishActions[kind] == "" {
			t.Errorf("zsh does %q for kind %d, fish %q", zshActions[kind], kind, fishActions[kind])
		}
	}
}

func TestBrief(t *testing.T) {
	for help, want := range map[string]string{
		"The configuration (/etc/x.yaml).":         "The configuration",
		"Print less: only what needs a person.":    "Print less",
		"Say why; it stands in every report.":      "Say why",
		"Print what was matched, and why.":         "Print what was matched, and why",
		"Limit for each stop command (${default})": "Limit for each stop command",
	} {
		if got := brief(help); got != want {
			t.Errorf("%q: %q", help, got)
		}
	}
}

// What a shell would take for its own is quoted.
func TestFlagsAreQuoted(t *testing.T) {
	f := cli.FlagOutline{Long: "x", Short: "y", Help: `it's [\ $x]`, Takes: cli.Choice, Value: "WORD", Choices: []string{"a", "b"}}
	for _, tc := range []struct{ got, want string }{
		{zshFlag(f), `'(-y --x)'{-y+,--x=}'[it'\''s \[\ $x\]]:word:(a b)'`},
		{fishFlag(f, []string{"run"}), `complete -c daemon-keeper -n '__daemon_keeper_may run -y --x' -s y -l x -x -a 'a b' -d 'it\'s [\\ $x]'`},
		{bashFlag(f), "-y,--x=a|b"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s\nnot\n%s", tc.got, tc.want)
		}
	}
}
