package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Lines that name no command mean the same where only the flags of run are read.
func TestParseRun(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	defaults := Defaults{RunDir: "/run", StateDir: "/state", Config: "/etc/x.yaml"}
	for line, quick := range map[string]bool{
		"":                       true,
		"-n -v":                  true,
		"-nv -o json -c /a.yaml": true,
		"--config=/a.yaml --at-once 2 --no-syslog": true,
		"-e " + self + " -s a -s b -s a -u 0":      true,
		"-e " + self + " -s a --backoff 0s,1d":     true,
		"--state-dir= --tag x --facility local0":   true,
		"run":                                      false,
		"-n run":                                   false,
		"-n sshd":                                  false,
		"-c run":                                   true,
		"-- sshd":                                  false,
		"--version":                                false,
		"-h":                                       false,
		"--help":                                   false,
		"-c":                                       false,
		"-c a -c b":                                false,
		"--since 2d":                               false,
		"-e " + self:                               false,
		"-c \xff":                                  false,
		"-o xml":                                   false,
	} {
		args := strings.Fields(line)
		c, ok := parseRun(args, defaults)
		if ok != quick {
			t.Errorf("%q: %v", line, ok)
		}
		if !ok {
			continue
		}
		want, err := parseAny(args, defaults)
		if diff := cmp.Diff(want, c, cmp.AllowUnexported(Command{})); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", line, err, diff)
		}
	}
}

// A plugin's user sees only the output that was asked for, also of a command line
// that cannot be used.
func TestRefusalsKeepTheirOutput(t *testing.T) {
	for _, tc := range []struct {
		args   string
		output string
		action Action
	}{
		{"check --bogus", Text, Check},
		{"check -o nagios --bogus", Nagios, Check},
		{"check -onagios --bogus", Nagios, Check},
		{"check --bogus --output=json", JSON, Check},
		{"status --output mon --bogus", Mon, ShowStatus},
		{"-o json --bogus", JSON, Keep},
		{"-o", Text, Keep},
		{"check -o xml", Text, Check},
		{"check -q -v -o nagios", Nagios, Check},
		{"check --prometheus x.prom -o nagios", Nagios, Check},
		{"match -e x", Text, ShowMatches},
		{"match -e /x y", Text, ShowMatches},
		{"match -u root", Text, ShowMatches},
		{"-n --prometheus /x.prom -e /x -s x -o json", JSON, Keep},
	} {
		t.Run(tc.args, func(t *testing.T) {
			c, err := Parse(strings.Fields(tc.args), Defaults{RunDir: "/run", StateDir: "/state", Config: "/etc/x.yaml"})
			if err == nil || c.Output != tc.output || c.Action != tc.action || c.Looks() != (tc.action != Keep) {
				t.Errorf("%q of %q, %v", c.Output, c.Action, err)
			}
			if c.Looks() && !c.NoSyslog {
				t.Error("what only looks would be told to syslog")
			}
		})
	}
}

// The commands that only look take some of the flags of run.
func TestCommandsThatLook(t *testing.T) {
	for _, tc := range []struct {
		args   string
		action Action
		names  string
		config string
		output string
	}{
		{"check", Check, "", "/etc/x.yaml", Text},
		{"check sshd:1- tor", Check, "sshd:1- tor", "/etc/x.yaml", Text},
		{"check -c /a.yaml -o json x", Check, "x", "/a.yaml", JSON},
		{"status -v --service-command /bin/sh", ShowStatus, "", "/etc/x.yaml", Text},
		{"match x", ShowMatches, "x", "/etc/x.yaml", Text},
		{"match -e /x -u 0", ShowMatches, "", "", Text},
	} {
		t.Run(tc.args, func(t *testing.T) {
			c, err := Parse(strings.Fields(tc.args), Defaults{RunDir: "/run", StateDir: "/state", Config: "/etc/x.yaml"})
			if err != nil {
				t.Fatal(err)
			}
			if c.Action != tc.action || strings.Join(c.Names, " ") != tc.names || c.ConfigFile != tc.config || c.Output != tc.output || !c.NoSyslog {
				t.Errorf("%+v", c)
			}
		})
	}
}

// mon's monitor reads no configuration, and each of its arguments has a count.
func TestParseMonitor(t *testing.T) {
	c, err := ParseMonitor([]string{"-x:1-", "tor:1-1"}, Defaults{RunDir: "/run", StateDir: "/state", Config: "/etc/x.yaml"})
	if err != nil || c.ConfigFile != "" || c.Output != Mon || len(c.Names) != 2 || c.RunDir != "/run" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, args := range []string{"", "tor", "tor:1-1 localhost", "--help"} {
		if c, err := ParseMonitor(strings.Fields(args), Defaults{}); err == nil || c.Output != Mon || err.(*UsageError).Hint() == "" {
			t.Errorf("%q: %+v, %v", args, c, err)
		}
	}
}

// Without a folder a run remembers nothing; what is about that folder needs one.
func TestEmptyStateDir(t *testing.T) {
	for _, tc := range []struct {
		args string
		ok   bool
	}{
		{"-e /x -s x", true},
		{"check", true},
		{"status", true},
		{"pause --all", false},
		{"resume --all", false},
		{"history", false},
		{"why", false},
	} {
		t.Run(tc.args, func(t *testing.T) {
			args := append(strings.Fields(tc.args), "--state-dir=")
			c, err := Parse(args, Defaults{RunDir: "/run", StateDir: "/state", Config: "/etc/x.yaml"})
			if tc.ok != (err == nil) || c.StateDir != "" {
				t.Errorf("%q, %v", c.StateDir, err)
			}
		})
	}
}
