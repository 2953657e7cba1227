package cli

import (
	"slices"
	"strings"
	"testing"
)

var testDefaults = Defaults{RunDir: "/run", StateDir: "/state", Config: "/etc/x.yaml"}

// What can be completed is described, and the default command is the first.
func TestModelIsDescribed(t *testing.T) {
	o, err := Model(testDefaults)
	if err != nil {
		t.Fatal(err)
	}
	if o.Commands[0].Name != string(Keep) {
		t.Errorf("the first command is %s", o.Commands[0].Name)
	}
	for _, c := range append(o.Commands, CommandOutline{Name: "all", Help: "-", Flags: o.Flags}) {
		if c.Help == "" {
			t.Errorf("%s has no help", c.Name)
		}
		for _, f := range c.Flags {
			if f.Help == "" {
				t.Errorf("--%s of %s has no help", f.Long, c.Name)
			}
			if (f.Takes == None) != (f.Value == "") || (f.Takes == Choice) != (len(f.Choices) > 0) {
				t.Errorf("--%s of %s: %+v", f.Long, c.Name, f)
			}
			if f.Takes == Anything && !slices.Contains([]string{"N", "TIME", "TIMES", "TEXT"}, f.Value) {
				t.Errorf("nothing is said of what --%s of %s takes: %s", f.Long, c.Name, f.Value)
			}
		}
	}
}

// Each choice of a flag is one that the program takes, and no word else is.
func TestModelChoices(t *testing.T) {
	o, err := Model(testDefaults)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range o.Commands {
		for _, f := range c.Flags {
			if f.Takes != Choice {
				continue
			}
			seen++
			for _, choice := range f.Choices {
				args := []string{c.Name, "--" + f.Long + "=" + choice}
				if _, isKey := keyOf[f.Long]; isKey {
					args = append(args, "-e", "/sbin/x", "-s", "x")
				}
				if c.Name == string(Trace) {
					args = append(args, "--", "/sbin/x")
				}
				if _, err := Parse(args, testDefaults); err != nil {
					t.Errorf("%s --%s=%s: %v", c.Name, f.Long, choice, err)
				}
			}
			if _, err := Parse([]string{c.Name, "--" + f.Long + "=other"}, testDefaults); err == nil {
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
	o, err := Model(testDefaults)
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
			if _, err := Parse(append(args, "name"), testDefaults); err == nil {
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
		if _, err := Parse(args, testDefaults); (err == nil) != f.Repeatable {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// --color is for every command, before and behind it.
func TestColor(t *testing.T) {
	for line, want := range map[string]string{
		"status": "", "status --color=auto": "", "--color never status": "never", "status --color always": "always", "--color=always -c /a.yaml": "always", "-c /a.yaml": "",
	} {
		c, err := Parse(strings.Fields(line), testDefaults)
		if err != nil || c.Color != want {
			t.Errorf("%s: %q, %v, want %q", line, c.Color, err, want)
		}
	}
	if _, err := Parse([]string{"status", "--color=blue"}, testDefaults); err == nil || !strings.Contains(err.Error(), "cannot use --color \"blue\"") {
		t.Error(err)
	}
}
