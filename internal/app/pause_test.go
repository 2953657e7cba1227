package app

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"testing"
	"time"

	"daemon-keeper/internal/cli"
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

func command(t *testing.T, text string) cli.Command {
	t.Helper()
	dir := t.TempDir()
	c := cli.Command{}
	c.StateDir, c.ConfigFile = dir+"/state", dir+"/keeper.yaml"
	if err := os.WriteFile(c.ConfigFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// Who has paused what, for how long and why is kept, until it is resumed.
func TestPauseAndResume(t *testing.T) {
	t.Setenv("SUDO_USER", "eve")
	c := command(t, "daemons:\n  sshd:\n    executable: /usr/sbin/sshd\n    services: [ssh]\n")
	c.Names, c.For, c.Reason = []string{"sshd", "/sbin/alone"}, time.Hour, "disk"
	if err := pause(c); err != nil {
		t.Fatal(err)
	}
	list := pausesOf(t, c.StateDir)
	if len(list) != 2 || list[0].Name != "/sbin/alone" || list[1].Name != "sshd" {
		t.Fatalf("%+v", list)
	}
	if p := list[1]; p.By != "eve" || p.For != time.Hour || p.Reason != "disk" || p.From.IsZero() {
		t.Errorf("%+v", p)
	}
	c.Names = []string{"sshd", "never-paused"}
	if err := resume(c); err != nil {
		t.Fatal(err)
	}
	if list := pausesOf(t, c.StateDir); len(list) != 1 || list[0].Name != "/sbin/alone" {
		t.Errorf("%+v", list)
	}
	c.Names, c.All = nil, true
	if err := pause(c); err != nil {
		t.Fatal(err)
	}
	if list := pausesOf(t, c.StateDir); len(list) != 2 || list[0].Name != past.AllPaused {
		t.Errorf("%+v", list)
	}
	if err := resume(c); err != nil {
		t.Fatal(err)
	}
	if list := pausesOf(t, c.StateDir); len(list) > 0 {
		t.Errorf("%+v", list)
	}
}

// A name with a typing error pauses nothing, not even the others.
func TestPauseOfAnUnknownName(t *testing.T) {
	c := command(t, "daemons:\n  sshd:\n    executable: /usr/sbin/sshd\n    services: [ssh]\n")
	c.Names = []string{"sshd", "sshb"}
	if err := pause(c); err == nil {
		t.Error("paused")
	}
	if _, err := os.Lstat(c.StateDir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("made the folder: %v", err)
	}
	c.Names, c.ConfigFile = []string{"sshd"}, c.ConfigFile+".nosuch"
	if err := pause(c); !errors.As(err, new(*config.NotFoundError)) {
		t.Errorf("without a configuration: %v", err)
	}
	c.Names = []string{"/sbin/alone"}
	if err := pause(c); err != nil {
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
