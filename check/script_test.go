package check

import (
	"slices"
	"strings"
	"testing"

	"daemon-keeper/check/proctable"
)

// The line behind #! is read as the kernel reads it.
func TestShebang(t *testing.T) {
	for _, tc := range []struct {
		head string
		line string
		ok   bool
	}{
		{"#!/bin/sh\necho\n", "/bin/sh", true},
		{"#!/bin/sh", "/bin/sh", true},
		{"#! /usr/bin/perl -T \nuse strict;", "/usr/bin/perl -T", true},
		{"#!\t/bin/sh\t-e\t\n", "/bin/sh\t-e", true},
		{"#!/usr/bin/env perl\n", "/usr/bin/env perl", true},
		{"#!\n", "", true},
		{"#!", "", true},
		{"#", "", false},
		{"", "", false},
		{" #!/bin/sh", "", false},
		{"\n#!/bin/sh", "", false},
		{"\x7fELF\x02\x01#!/bin/sh", "", false},
		{"#!/" + strings.Repeat("x", 300), "/" + strings.Repeat("x", 300), true},
	} {
		if line, ok := shebang([]byte(tc.head)); line != tc.line || ok != tc.ok {
			t.Errorf("%.40q: %q, %v", tc.head, line, ok)
		}
	}
}

// env's command stands behind its options and assignments.
func TestEnvCommand(t *testing.T) {
	for line, want := range map[string]string{
		"perl":                       "perl",
		"perl -T":                    "perl",
		"-S perl -T":                 "perl",
		"-Sperl -T":                  "perl",
		"-vS perl -T":                "perl",
		"-i perl":                    "perl",
		"- perl":                     "perl",
		"-- perl":                    "perl",
		"VAR=1 perl":                 "perl",
		"-S VAR=1 OTHER= perl -T":    "perl",
		"-u HOME perl":               "perl",
		"-uHOME perl":                "perl",
		"--unset HOME perl":          "perl",
		"--unset=HOME perl":          "perl",
		"-C /tmp perl":               "perl",
		"--chdir /tmp perl":          "perl",
		"-P /opt/bin perl":           "perl", // FreeBSD
		"/opt/bin/perl":              "/opt/bin/perl",
		"-i -u A -u B C=1 -S perl x": "perl",
		"":                           "",
		"-i":                         "",
		"-u":                         "",
		"-u HOME":                    "",
		"-S":                         "",
		"VAR=1":                      "",
	} {
		if got := envCommand(strings.Fields(line)); got != want {
			t.Errorf("env %s: %q, want %q", line, got, want)
		}
	}
}

// The script is the first argument that is neither an option nor an option's value.
func TestScriptArg(t *testing.T) {
	files := []string{"x", "x.py", "/usr/sbin/x", "./x", "-x"}
	for _, tc := range []struct{ line, want string }{
		{"perl x", "x"},
		{"perl -T x", "x"},
		{"perl -T -w x -d", "x"},
		{"perl -w -I /usr/lib/perl5 x", "x"},
		{"perl -e code x", ""},
		{"perl -we code", ""},
		{"perl -we code x", ""},
		{"perl -E code x", ""},
		{"perl -lane code x", ""},
		{"perl", ""},
		{"perl -", ""},
		{"perl - x", ""},
		{"sh /usr/sbin/x start", "/usr/sbin/x"},
		{"sh ./x", "./x"},
		{"sh -c code x", ""},
		{"sh -ec code x", ""},
		{"sh -euxc code x", ""},
		{"sh -s", ""},
		{"bash -lc code x", ""},
		{"bash -x x", "x"},
		{"bash -O extglob x", "x"},
		{"bash --norc x", "x"},
		{"bash -euo pipefail x", "x"},
		{"bash -euo pipefail -c code x", ""},
		{"python3 x.py", "x.py"},
		{"python3 -W ignore x.py", "x.py"},
		{"python3 -X dev -W error x.py", "x.py"},
		{"python3 -u x.py -c y", "x.py"},
		{"python3 -m mod x", ""},
		{"python3 -c code x", ""},
		{"python3 -Es x.py", "x.py"},
		{"ruby -W0 x", "x"},
		{"node --eval code x", ""},
		{"node -r module x", "x"},
		{"perl -- x", "x"},
		{"perl -T -- x", "x"},
		{"perl -- -x", ""}, // an option's look; a daemon is asked for by an absolute path
		{"python3 -W -- x", "x"},
		{"perl nofile", "nofile"}, // nothing before it that could want a value
		{"perl -T nofile", ""},
		{"", ""},
	} {
		isFile := func(arg string) bool { return slices.Contains(files, arg) }
		if got := proctable.ScriptArg(strings.Fields(tc.line), isFile); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.line, got, tc.want)
		}
	}
	if got := proctable.ScriptArg(nil, nil); got != "" {
		t.Errorf("no arguments: %q", got)
	}
	if got := proctable.ScriptArg([]string{"perl", ""}, nil); got != "" {
		t.Errorf("an empty argument: %q", got)
	}
}

// Regression: -e stops a shell at the first error and takes code for perl; the
// daemon of every script that opens with #!/bin/sh -e passed for dead.
func TestErrexitIsNoCode(t *testing.T) {
	isFile := func(arg string) bool { return arg == "/usr/sbin/x" }
	for _, line := range []string{
		"/bin/sh -e /usr/sbin/x",
		"/bin/bash -xe /usr/sbin/x",
		"/bin/sh -ue /usr/sbin/x start",
		"/bin/sh -e -u /usr/sbin/x",
		"/usr/bin/python3 -E /usr/sbin/x",
		"/usr/bin/python3 -sE /usr/sbin/x",
		"/usr/bin/python3 -s /usr/sbin/x", // Fedora's every script
		"/usr/bin/perl -s /usr/sbin/x",
	} {
		if got := proctable.ScriptArg(strings.Fields(line), isFile); got != "/usr/sbin/x" {
			t.Errorf("%s: %q", line, got)
		}
	}
}

// Regression: flags before python's -m and capital ones before -c and -e
// hid that there is no script; an argument of the code passed for it.
func TestCodeBehindCapitalFlags(t *testing.T) {
	isFile := func(arg string) bool { return arg == "/usr/sbin/x" }
	for _, line := range []string{
		"python3 -um mod /usr/sbin/x",
		"python3 -Im mod /usr/sbin/x",
		"python3 -Bc code /usr/sbin/x",
		"perl -Te code /usr/sbin/x",
		"perl -0777ne code /usr/sbin/x",
	} {
		if got := proctable.ScriptArg(strings.Fields(line), isFile); got != "" {
			t.Errorf("%s: %q", line, got)
		}
	}
}

// A version is made of digits, dots and dashes.
func TestIsVersionOf(t *testing.T) {
	for _, tc := range []struct {
		name, wanted string
		want         bool
	}{
		{"python3", "python3", true},
		{"python3.11", "python3", true},
		{"python3.11", "python", true},
		{"perl5.36.0", "perl", true},
		{"ruby-3.1", "ruby", true},
		{"python3", "python3.11", false},
		{"python3-config", "python3", false},
		{"python3.11m", "python3", false},
		{"perldoc", "perl", false},
		{"ipython3", "python3", false},
		{"", "perl", false},
		{"dash", "sh", false},
	} {
		if got := isVersionOf(tc.name, tc.wanted); got != tc.want {
			t.Errorf("%s, version of %s: %v", tc.name, tc.wanted, got)
		}
	}
}

// comm is the last element of the path, cut at 15 bytes, on FreeBSD at 19.
func TestIsComm(t *testing.T) {
	for _, tc := range []struct {
		comm, path string
		want       bool
	}{
		{"clamd", "/usr/sbin/clamd", true},
		{"clam", "/usr/sbin/clamd", false},
		{"clamd2", "/usr/sbin/clamd", false},
		{"sbin", "/usr/sbin/clamd", false},
		{"", "/usr/sbin/clamd", false},
		{"fourteen-bytes", "/x/fourteen-bytes", true},
		{"fourteen-bytes", "/x/fourteen-bytes2", false},
		{"fifteen---bytes", "/x/fifteen---bytes", true},
		{"fifteen---bytes", "/x/fifteen---bytes-and-more", true},
		{"fifteen---bytes-and", "/x/fifteen---bytes-and-more", true},
		{"fifteen---bytes2", "/x/fifteen---bytes", false},
	} {
		if got := proctable.IsComm(tc.comm, tc.path); got != tc.want {
			t.Errorf("%q, %s: %v", tc.comm, tc.path, got)
		}
	}
}

// The last element of what the kernel tells, without its mark.
func TestBaseName(t *testing.T) {
	for exe, want := range map[string]string{
		"/usr/sbin/clamd":                     "clamd",
		"/usr/sbin/clamd (deleted)":           "clamd",
		"/usr/sbin/clamd (deleted) (deleted)": "clamd (deleted)",
		"/with space (deleted)/clamd":         "clamd",
		"/memfd:clamd (deleted)":              "memfd:clamd",
		"clamd":                               "clamd",
		"":                                    "",
	} {
		if got := proctable.BaseName(exe); got != want {
			t.Errorf("%q: %q", exe, got)
		}
	}
}

// No argument list makes an option, or what is not an argument, the script.
func FuzzScriptArg(f *testing.F) {
	for _, line := range []string{"perl -T x", "sh -ec code x", "python3 -W ignore x.py", "perl -- -x", "x", "", "- -- -"} {
		f.Add(line, true)
		f.Add(line, false)
	}
	f.Fuzz(func(t *testing.T, line string, file bool) {
		args := strings.Split(line, " ")
		got := proctable.ScriptArg(args, func(string) bool { return file })
		if strings.HasPrefix(got, "-") {
			t.Errorf("%q: the option %q", args, got)
		}
		if got != "" && !slices.Contains(args[1:], got) {
			t.Errorf("%q: %q is not an argument", args, got)
		}
	})
}

// Whatever a file opens with, it has an interpreter with a name, or an error.
func FuzzFindInterpreter(f *testing.F) {
	for _, head := range []string{"#!/bin/sh -e\n", "#!/usr/bin/env -S perl -T\n", "#!/usr/bin/env", "#!", "#!/\x00", "\x7fELF", "#! env -SX"} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		line, ok := shebang(head)
		if !ok {
			return
		}
		if strings.Contains(line, "\n") {
			t.Fatalf("%q holds a line end", line)
		}
		i, err := findInterpreter(line, func(string) bool { return true })
		switch {
		case err != nil && i != nil:
			t.Errorf("%q: both an interpreter and %v", line, err)
		case err == nil && i.Path == "":
			t.Errorf("%q: no name", line)
		case err == nil && (i.Resolved == "") != (i.ID == proctable.FileID{}):
			t.Errorf("%q: half known: %+v", line, i)
		}
	})
}
