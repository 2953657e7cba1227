package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/state"
)

// A configuration with a mistake, or none, gives no names.
func TestCompleteNames(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	m := machine{t.Context()}
	const sound = "daemons:\n  clamd: {executable: /bin/true, services: [x]}\nforbid:\n  no-telnetd: {name: telnetd}\n"
	for text, want := range map[string][]string{
		sound:             {"clamd", "no-telnetd"},
		sound + "oops: 1": nil,
		"daemons: [\n":    nil,
	} {
		if err := os.WriteFile(filepath.Join(home, "x.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := m.Names("~/x.yaml", true); !slices.Equal(got, want) {
			t.Errorf("%q gives %q", text, got)
		}
	}
	if got := m.Names("/no/such.yaml", true); got != nil {
		t.Errorf("%q", got)
	}
}

// Nothing is paused where there is no state, and nothing is made there.
func TestCompletePaused(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	m := machine{t.Context()}
	if got, ok := m.Paused(folder); len(got) > 0 || !ok {
		t.Errorf("%q, %v", got, ok)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("it was made")
	}
	store, err := state.OpenStore(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"clamd", past.AllPaused} {
		if err := store.Pause(past.Pause{Name: name, From: state.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok := m.Paused(folder); !slices.Equal(got, []string{"clamd"}) || !ok {
		t.Errorf("%q, %v", got, ok)
	}
}

// Whatever it is called with, it answers: with nothing, if there is no answer in time.
func TestCompleteAlwaysAnswers(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{nil, {"--"}, {"--bash"}, {"x", "y"}, {"--", "dk", "\xff"}, {"--", "dk", "-s", ""}} {
		began := time.Now()
		var out strings.Builder
		complete(ended, args, &out)
		text := out.String()
		if !strings.HasSuffix(text, "\n") || !strings.Contains(text, ":none") {
			t.Errorf("%q: %q", args, text)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%q takes %v", args, took)
		}
	}
}
