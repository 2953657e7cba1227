package hooks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/executable"
)

// paths are what was asked for.
func (s *server) paths() string {
	var list []string
	for _, r := range s.requests() {
		list = append(list, r.what)
	}
	return strings.Join(list, ", ")
}

// pinged runs a command of sh with pings. It returns what was told to syslog, too.
func pinged(t *testing.T, shell []string, settings, command string) (got told, syslog string) {
	t.Helper()
	dir := t.TempDir()
	logger := "#!/bin/sh\ncat >>" + dir + "/syslog\necho \"$*\" >" + dir + "/args\n"
	if err := executable.WriteFile(filepath.Join(dir, "logger"), []byte(logger), 0o755); err != nil {
		t.Fatal(err)
	}
	got = tell(t, shell, []string{"PATH=" + dir + ":" + os.Getenv("PATH")}, "input\n", "with-pings", secret(t, settings), "/bin/sh", "-c", command)
	text, err := os.ReadFile(filepath.Join(dir, "syslog"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return got, string(text)
}

// The start, and then how the command has ended; its status, its output and its input
// are as if it was run alone.
func TestPings(t *testing.T) {
	needCurl(t)
	t.Parallel()
	inEachShell(t, func(t *testing.T, shell []string) {
		for _, c := range []struct {
			settings, command string
			status            int
			ping              string
		}{
			{"", "cat; echo b >&2", 0, "POST /u"},
			{"", "cat; echo b >&2; exit 1", 1, "POST /u"},
			{"", "cat; echo b >&2; exit 2", 2, "POST /u/2"},
			{"", "cat; echo b >&2; exit 3", 3, "POST /u/3"},
			{"good = 0\n", "cat; echo b >&2; exit 1", 1, "POST /u/1"},
			{"good = 0 2\n", "cat; echo b >&2; exit 2", 2, "POST /u"},
			{"", "cat; echo b >&2; kill -9 $$", 137, "POST /u/fail"},
			{"", "cat; echo b >&2; exit 127", 127, "POST /u/fail"},
		} {
			if c.settings == "" && c.status == 3 && !isFirst(shell) {
				continue
			}
			s := serve(t)
			got, syslog := pinged(t, shell, "url = "+s.URL+"/u\n"+c.settings, c.command)
			if errors := strings.TrimSuffix(got.errors, "Killed\n"); got.status != c.status || got.out != "input\n" || !strings.HasPrefix(errors, "b\n") || syslog != "" {
				t.Errorf("%s: %+v, %q", c.command, got, syslog)
			}
			if paths := s.paths(); paths != "POST /u/start, "+c.ping {
				t.Errorf("%q %s: %s", c.settings, c.command, paths)
			}
		}
	})
}

// Whatever is wrong with the pings, the command runs; cron mails what is to be mended
// in the file, and nothing of a server that is ill.
func TestPingsFail(t *testing.T) {
	needCurl(t)
	t.Parallel()
	inEachShell(t, func(t *testing.T, shell []string) {
		ill := serve(t, 400, 400)
		for settings, c := range map[string]struct{ errors, syslog string }{
			"url = " + nowhere + "/s3cret\n": {"", "with-pings: cannot tell anybody: "},
			"url = " + ill.URL + "/s3cret\n": {"", "with-pings: cannot tell anybody: "},
			"url = " + nowhere + "\nx = y\n": {": line 2 is not a 'key = value'", ""},
			"good = 0\n":                     {": it has no line 'url = ...'", ""},
		} {
			got, syslog := pinged(t, shell, settings, "echo a; exit 2")
			if got.status != 2 || got.out != "a\n" || (c.errors == "") != (got.errors == "") || !strings.Contains(got.errors, c.errors) {
				t.Errorf("%q: %+v", settings, got)
			}
			if strings.Count(syslog, c.syslog) < 1 || strings.Contains(syslog, "s3cret") || c.syslog == "" && syslog != "" {
				t.Errorf("%q: syslog was told %q", settings, syslog)
			}
		}
		if got := tell(t, shell, nil, "", "with-pings", "/nonexistent", "/bin/sh", "-c", "exit 3"); got.status != 3 || !strings.HasPrefix(got.errors, "with-pings: cannot read /nonexistent: ") {
			t.Errorf("%+v", got)
		}
		if got := tell(t, shell, nil, "", "with-pings", "/nonexistent"); got.status != 1 || !strings.HasPrefix(got.errors, "with-pings: cannot run anything: usage: ") {
			t.Errorf("%+v", got)
		}
	})
}

// The command begins though the first ping hangs.
func TestPingsKeepNothingWaiting(t *testing.T) {
	needCurl(t)
	t.Parallel()
	s := serve(t, 0, 0, 200)
	note := filepath.Join(t.TempDir(), "note")
	began := time.Now()
	got, syslog := pinged(t, shells()[0], "url = "+s.URL+"/u\n", "touch "+note+"; exit 2")
	ended := time.Now()
	if got.status != 2 || s.paths() != "POST /u/start, POST /u/start, POST /u/2" || !strings.Contains(syslog, "tried twice") {
		t.Errorf("%+v, %s, %q", got, s.paths(), syslog)
	}
	// The pings took some nine seconds, and the command was not behind them.
	info, err := os.Stat(note)
	if err != nil || ended.Sub(info.ModTime()) < 6*time.Second {
		t.Errorf("it ran %v after the begin, and all took %v, %v", info.ModTime().Sub(began), got.took, err)
	}
}
