package app

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"testing"
	"time"

	"daemon-keeper/internal/config"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/state"
)

func pausesOf(t *testing.T, dir string) []past.Pause {
	t.Helper()
	s, err := state.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Pauses(state.Now())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// do carries out a command line.
func do(t *testing.T, args ...string) error {
	t.Helper()
	j, err := parse(args)
	if err == nil {
		_, err = j.Command.(command).run(t.Context(), j)
	}
	return err
}

// sshdOnly is a configuration of one daemon, and a folder that is not there yet.
func sshdOnly(t *testing.T) (config, stateDir string) {
	t.Helper()
	dir := t.TempDir()
	text := "daemons:\n  sshd:\n    executable: /usr/sbin/sshd\n    services: [ssh]\n"
	if err := os.WriteFile(dir+"/keeper.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir + "/keeper.yaml", dir + "/state"
}

// Who has paused what, for how long and why is kept, until it is resumed.
func TestPauseAndResume(t *testing.T) {
	t.Setenv("SUDO_USER", "eve")
	config, stateDir := sshdOnly(t)
	pause := func(args ...string) {
		t.Helper()
		if err := do(t, append([]string{"pause", "-c", config, "--state-dir", stateDir}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	resume := func(args ...string) {
		t.Helper()
		if err := do(t, append([]string{"resume", "--state-dir", stateDir}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	pause("sshd", "/sbin/alone", "--for", "1h", "--reason", "disk")
	list := pausesOf(t, stateDir)
	if len(list) != 2 || list[0].Name != "/sbin/alone" || list[1].Name != "sshd" {
		t.Fatalf("%+v", list)
	}
	if p := list[1]; p.By != "eve" || p.For != time.Hour || p.Reason != "disk" || p.From.IsZero() {
		t.Errorf("%+v", p)
	}
	resume("sshd", "never-paused")
	if list := pausesOf(t, stateDir); len(list) != 1 || list[0].Name != "/sbin/alone" {
		t.Errorf("%+v", list)
	}
	pause("--all", "--for=1h")
	if list := pausesOf(t, stateDir); len(list) != 2 || list[0].Name != past.AllPaused {
		t.Errorf("%+v", list)
	}
	resume("--all")
	if list := pausesOf(t, stateDir); len(list) > 0 {
		t.Errorf("%+v", list)
	}
}

// A name with a typing error pauses nothing, not even the others.
func TestPauseOfAnUnknownName(t *testing.T) {
	file, stateDir := sshdOnly(t)
	if err := do(t, "pause", "sshd", "sshb", "-c", file, "--state-dir", stateDir); err == nil {
		t.Error("paused")
	}
	if _, err := os.Lstat(stateDir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("made the folder: %v", err)
	}
	if err := do(t, "pause", "sshd", "-c", file+".nosuch", "--state-dir", stateDir); !errors.As(err, new(*config.NotFoundError)) {
		t.Errorf("without a configuration: %v", err)
	}
	if err := do(t, "pause", "/sbin/alone", "-c", file+".nosuch", "--state-dir", stateDir); err != nil {
		t.Errorf("a daemon of -e needs none: %v", err)
	}
}

func TestWho(t *testing.T) {
	me := strconv.Itoa(os.Getuid()) // of a user without an entry in passwd(5)
	if u, err := user.Current(); err == nil {
		me = u.Username
	}
	for _, tc := range []struct{ sudo, doas, want string }{{"eve", "", "eve"}, {"", "bob", "bob"}, {"eve", "bob", "eve"}, {"", "", me}} {
		t.Setenv("SUDO_USER", tc.sudo)
		t.Setenv("DOAS_USER", tc.doas)
		if got := who(); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestShown(t *testing.T) {
	for name, want := range map[string]string{"*": "all daemons are", "sshd": "'sshd' is", "a\x1b[2J": `'a\x1b[2J' is`} {
		if got := shown(name); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
