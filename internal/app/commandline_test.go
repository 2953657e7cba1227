package app

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/cli"

	"github.com/google/go-cmp/cmp"
)

// Lines that name no command mean the same where only the flags of run are read.
func TestParseRun(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
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
		c, ok := parseRun(args)
		if ok != quick {
			t.Errorf("%q: %v", line, ok)
		}
		if !ok {
			continue
		}
		want, err := parseAny(args)
		if diff := cmp.Diff(want, c, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" || err != nil {
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
		name   string
	}{
		{"check --bogus", outputText, checkName},
		{"check -o nagios --bogus", outputNagios, checkName},
		{"check -onagios --bogus", outputNagios, checkName},
		{"check --bogus --output=json", outputJSON, checkName},
		{"status --output mon --bogus", outputMon, statusName},
		{"-o json --bogus", outputJSON, runName},
		{"-o", outputText, runName},
		{"check -o xml", outputText, checkName},
		{"check -q -v -o nagios", outputNagios, checkName},
		{"check --prometheus x.prom -o nagios", outputNagios, checkName},
		{"match -e x", outputText, matchName},
		{"match -e /x y", outputText, matchName},
		{"match -u root", outputText, matchName},
		{"-n --prometheus /x.prom -e /x -s x -o json", outputJSON, runName},
	} {
		t.Run(tc.args, func(t *testing.T) {
			c, err := parse(strings.Fields(tc.args))
			if err == nil || c.Output != tc.output || c.Name != tc.name || c.Looks != (tc.name != runName) {
				t.Errorf("%q of %q, %v", c.Output, c.Name, err)
			}
			if c.Looks && !c.NoSyslog {
				t.Error("what only looks would be told to syslog")
			}
		})
	}
}

// The commands that only look take some of the flags of run.
func TestCommandsThatLook(t *testing.T) {
	for _, tc := range []struct {
		args   string
		name   string
		names  string
		config string
		output string
	}{
		{"check", checkName, "", defaults().config, outputText},
		{"check sshd:1- tor", checkName, "sshd:1- tor", defaults().config, outputText},
		{"check -c /a.yaml -o json x", checkName, "x", "/a.yaml", outputJSON},
		{"status -v --service-command /bin/sh", statusName, "", defaults().config, outputText},
		{"match x", matchName, "x", defaults().config, outputText},
		{"match -e /x -u 0", matchName, "", "", outputText},
	} {
		t.Run(tc.args, func(t *testing.T) {
			c, err := parse(strings.Fields(tc.args))
			if err != nil {
				t.Fatal(err)
			}
			if c.Name != tc.name || strings.Join(c.Names, " ") != tc.names || c.configFile != tc.config || c.Output != tc.output || !c.NoSyslog {
				t.Errorf("%+v", c)
			}
		})
	}
}

// mon's monitor reads no configuration, and each of its arguments has a count.
func TestMonitor(t *testing.T) {
	c, err := parseMonitor([]string{"-x:1-", "tor:1-1"})
	if err != nil || c.configFile != "" || c.Output != outputMon || len(c.Names) != 2 || c.RunDir != defaults().runDir {
		t.Errorf("%+v, %v", c, err)
	}
	for _, args := range []string{"", "tor", "tor:1-1 localhost", "--help"} {
		if c, err := parseMonitor(strings.Fields(args)); err == nil || c.Output != outputMon || err.(*cli.UsageError).Hint() == "" {
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
			c, err := parse(args)
			if tc.ok != (err == nil) || tc.ok && c.StateDir != "" {
				t.Errorf("%q, %v", c.StateDir, err)
			}
		})
	}
}

// What can be completed is described, and the default command is the first.
func TestModelIsDescribed(t *testing.T) {
	o, err := Outline()
	if err != nil {
		t.Fatal(err)
	}
	if o.Commands[0].Name != runName {
		t.Errorf("the first command is %s", o.Commands[0].Name)
	}
	for _, c := range append(o.Commands, cli.CommandOutline{Name: "all", Help: "-", Flags: o.Flags}) {
		if c.Help == "" {
			t.Errorf("%s has no help", c.Name)
		}
		for _, f := range c.Flags {
			if f.Help == "" {
				t.Errorf("--%s of %s has no help", f.Long, c.Name)
			}
			if (f.Takes == cli.None) != (f.Value == "") || (f.Takes == cli.Choice) != (len(f.Choices) > 0) {
				t.Errorf("--%s of %s: %+v", f.Long, c.Name, f)
			}
			if f.Takes == cli.Anything && !slices.Contains([]string{"N", "TIME", "TIMES", "TEXT"}, f.Value) {
				t.Errorf("nothing is said of what --%s of %s takes: %s", f.Long, c.Name, f.Value)
			}
		}
	}
}

// Each choice of a flag is one that the program takes, and no word else is.
func TestModelChoices(t *testing.T) {
	o, err := Outline()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range o.Commands {
		for _, f := range c.Flags {
			if f.Takes != cli.Choice {
				continue
			}
			seen++
			for _, choice := range f.Choices {
				args := []string{c.Name, "--" + f.Long + "=" + choice}
				if _, isKey := keyOf(f.Long); isKey {
					args = append(args, "-e", "/sbin/x", "-s", "x")
				}
				if c.Name == "trace" {
					args = append(args, "--", "/sbin/x")
				}
				if _, err := parse(args); err != nil {
					t.Errorf("%s --%s=%s: %v", c.Name, f.Long, choice, err)
				}
			}
			if _, err := parse([]string{c.Name, "--" + f.Long + "=other"}); err == nil {
				t.Errorf("%s takes --%s=other", c.Name, f.Long)
			}
		}
	}
	if seen != 12 {
		t.Errorf("looked at %d flags", seen)
	}
}

// With a flag that names the daemons no name can be given; a second -e is refused,
// a second -s is not.
func TestModelIsTrue(t *testing.T) {
	o, err := Outline()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]string{"executable": {"--executable=/bin/sh"}, "service": {"--service=x"}, "all": {"--all"}}
	for _, c := range o.Commands {
		for _, f := range c.Flags {
			if !f.Nameless {
				continue
			}
			args := append([]string{c.Name}, values[f.Long]...)
			if _, err := parse(append(args, "name")); err == nil {
				t.Errorf("%q takes a name", args)
			}
		}
	}
	for _, f := range o.Commands[0].Flags {
		given := map[string]string{"executable": "/bin/sh", "service": "x", "config": "/x"}[f.Long]
		if given == "" {
			continue
		}
		args := []string{"--" + f.Long + "=" + given, "--" + f.Long + "=" + given}
		switch f.Long {
		case "executable":
			args = append(args, "--service=x")
		case "service":
			args = append(args, "--executable=/bin/sh")
		}
		if _, err := parse(args); (err == nil) != f.Repeatable {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// --color is for every command, before and behind it.
func TestColor(t *testing.T) {
	for line, want := range map[string]string{
		"status": "", "status --color=auto": "", "--color never status": "never", "status --color always": "always", "--color=always -c /a.yaml": "always", "-c /a.yaml": "",
	} {
		c, err := parse(strings.Fields(line))
		if err != nil || c.color != want {
			t.Errorf("%s: %q, %v, want %q", line, c.color, err, want)
		}
	}
	if _, err := parse([]string{"status", "--color=blue"}); err == nil || !strings.Contains(err.Error(), "cannot use --color \"blue\"") {
		t.Error(err)
	}
}

// All behind -- is the program's, whatever it is; before it nothing is.
func TestTrace(t *testing.T) {
	for _, args := range [][]string{{"trace", "--", "/sbin/x", "-v", "--", "--help", "\xff", ""}, {"--no-syslog", "trace", "--follow", "--", "x"}} {
		c, err := parse(args)
		at := slices.Index(args, "--")
		if err != nil || c.Name != "trace" || !slices.Equal(c.Program, args[at+1:]) || c.Verbose || !c.Looks {
			t.Errorf("%q: %+v, %v", args, c, err)
		}
		if c.Command.(*traceCommand).Follow != slices.Contains(args, "--follow") || c.NoSyslog != slices.Contains(args, "--no-syslog") {
			t.Errorf("%q: %+v", args, c)
		}
	}
	for _, args := range [][]string{{"trace"}, {"trace", "--"}, {"trace", "--", ""}, {"trace", "/sbin/x"}, {"trace", "/sbin/x", "--", "y"}, {"trace", "--tag=", "--", "x"}, {"trace", "-x", "--", "y"}} {
		if c, err := parse(args); err == nil {
			t.Errorf("%q: %+v", args, c)
		}
	}
	if c, err := parse([]string{"trace", "--help"}); err != nil || c.Name != "help" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := parse([]string{"trace", "--", "--help"}); err != nil || c.Name != "trace" {
		t.Errorf("%+v, %v", c, err)
	}
}
