package importer

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func arguments(t *testing.T, line string) []word {
	t.Helper()
	commands, err := shellCommands("keep "+line, nil)
	if err != nil || len(commands) != 1 {
		t.Fatalf("%s: %v, %v", line, commands, err)
	}
	return commands[0][1:]
}

func TestReadScript(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		// the first dialect
		{"-e /usr/sbin/x -s y", "/usr/sbin/x [y]"},
		{"-s y -e /usr/sbin/x", "/usr/sbin/x [y]"},
		{"-e /usr/sbin/x -s y z", "/usr/sbin/x [y z]"},
		{"-e /usr/sbin/x -s y -s z -s y", "/usr/sbin/x [y z]"},
		{"-e /usr/sbin/x -s y,z", "/usr/sbin/x [y z]"},
		{"-e /usr/sbin/x -s 'y z, w'", "/usr/sbin/x [y z w]"},
		{"-e/usr/sbin/x -sy", "/usr/sbin/x [y]"},
		{"--executable=/usr/sbin/x --service y", "/usr/sbin/x [y]"},
		{"-e /usr/sbin/x -s /usr/local/etc/rc.d/y", "/usr/sbin/x [y]"},
		{"-e /usr/sbin/x -s y.service", "/usr/sbin/x [y]"},
		{"-e '/usr/bin/python3 /srv/x.py' -s y", "/usr/bin/python3 ~^/srv/x\\.py [y]"},
		{"-e '/usr/bin/java -jar x.jar' -s y", "/usr/bin/java ~^x\\.jar [y]"},
		{"-e /usr/sbin/x -e /usr/sbin/x -s y", "/usr/sbin/x [y]"},
		// the later one
		{"-d x -e y", "name x [y]"},
		{"-d x -e y z -e w", "name x [y z w]"},
		{"-e y,z -d x", "name x [y z]"},
		{"-d /usr/sbin/x -e y", "/usr/sbin/x [y]"},
		{"-d '[x]yz' -e y", "name xyz [y]"},
		{"-d x -e /etc/rc.d/y", "name x [y]"},
		{"-d 'x: master' -e y", "name x [y] doubt"},
		{"-d 'x.*y' -e y", "~y [y] doubt"},
		// neither
		{"-s y", "-e is missing"},
		{"-e", "-e names nothing"},
		{"-e -s y", "-e names nothing"},
		{"-e /usr/sbin/x", "-s names no service"},
		{"-e /usr/sbin/x -s", "-s names no service"},
		{"-e x -s y", `"x" behind -e is not an absolute path`},
		{"-e '/usr/sbin/[a-z]*' -s y", `"/usr/sbin/[a-z]*" behind -e is not an absolute path`},
		{"-e /usr/sbin/x /usr/sbin/z -s y", "-e names 2 daemons"},
		{"-e /usr/sbin/x -s ../y", `"../y" behind -s is not the name of a service`},
		{"-e /usr/sbin/x -s 'y;z'", `"y;z" behind -s is not the name of a service`},
		{"-e $X -s y", "only a shell can tell what $X is"},
		{"-d x -s y -e z", "-d and -s are of two dialects"},
		{"-d x", "-e names no service"},
		{"-d x z -e y", "-d names 2 daemons"},
		{"-e '/x\x1b' -s y", "what -e names is too long, or no text"},
		{"-e /" + strings.Repeat("x", 2000) + " -s y", "what -e names is too long, or no text"},
		{"-e /x -s " + strings.Repeat("a ", 1) + strings.Join(numbered(60), " "), "-s names more than 50 services"},
	} {
		k, wrong := readScript(arguments(t, test.line))
		got := ""
		switch {
		case wrong != nil:
			got = wrong.what
			if wrong.hint == "" {
				t.Errorf("%s: no hint", test.line)
			}
		default:
			got = k.executable
			if k.called != "" {
				got = "name " + k.called
			}
			if k.args != "" {
				got = strings.TrimSpace(got + " ~" + k.args)
			}
			got += fmt.Sprintf(" %v", k.services)
			if k.doubt != "" {
				got += " doubt"
			}
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.line, got, test.want)
		}
	}
}

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("s%d", i)
	}
	return out
}

// Whatever the script is called, its arguments tell it; and a program of which many
// arguments are alike is not taken for it.
func TestIsScript(t *testing.T) {
	for line, want := range map[string]bool{
		"* * * * * /root/bin/foo -e /usr/sbin/x -s y":        true,
		"0 4 * * * /root/bin/foo -e /usr/sbin/x -s y":        true,
		"* * * * * /root/bin/foo -d x -e y":                  true,
		"0 4 * * * /root/bin/foo -d x -e y":                  false,
		"0 4 * * * /root/bin/keep-alive -d x -e y":           true,
		"* * * * * rsync -a -e /usr/bin/ssh -s x y":          false,
		"* * * * * grep -e /x -s y":                          false,
		"* * * * * grep -s -e /x y":                          false,
		"* * * * * mail -e -s subject root":                  false,
		"* * * * * /root/bin/foo -e x -s y":                  false,
		"* * * * * /root/bin/foo -z -e /usr/sbin/x -s y":     false,
		"* * * * * /root/bin/foo bar -e /usr/sbin/x -s y":    false,
		"* * * * * /usr/bin/find /x -d -e y":                 false,
		"* * * * * daemon-keeper run -e /usr/sbin/x -s y -q": true,
	} {
		d, problems := Read([]File{{"t", []byte(line)}}, nil)
		if got := len(d.Daemons) == 1; got != want || want && len(problems) > 0 {
			t.Errorf("%s: %v, %v", line, got, problems)
		}
	}
}

// A line with the script's name and flags that cannot be read is told; any other is
// nobody's business.
func TestProblems(t *testing.T) {
	for line, want := range map[string]string{
		"* * * * * /root/keep-alive -s y":                              "t:2: cannot read this line: -e is missing",
		"* * * * * /root/keep-alive -e '/x -s y":                       "t:2: cannot read this line: the quotes are not closed",
		"* * * * * /root/other -e '/x -s y":                            "",
		"* * * * /root/keep-alive -e /x -s y":                          "t:2: there is no schedule in front of the command",
		"/root/keep-alive -e /x -s y":                                  "t:2: there is no schedule in front of the command",
		"/root/other -x":                                               "",
		"* * * * * /root/known -e x -s y":                              `t:2: cannot read this line: "x" behind -e is not an absolute path`,
		"* * * * * /root/restart-it":                                   "",
		"* * * * * /root/keep-alive --help":                            "",
		"* * * * * sh -c '/root/keep-alive -d x'":                      "t:2: cannot read this line: -e names no service",
		"* * * * * /root/keep-alive -e " + strings.Repeat("x", 20_000): "t:2: cannot read this line: it is longer than any cron takes",
	} {
		_, problems := Read([]File{{"t", []byte("* * * * * /root/known -e /usr/sbin/x -s y\n" + line + "\n")}}, nil)
		got := ""
		for _, p := range problems {
			got += p.Error()
			if p.Hint() == "" {
				t.Errorf("%s: no hint", line)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// Each flag of run is known, with its letter, and takes a value if it does.
func TestOwnFlags(t *testing.T) {
	text, err := os.ReadFile("../../testdata/help.golden")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(text), "Usage: daemon-keeper run ")
	page, _, _ = strings.Cut(page, "Usage: daemon-keeper check ")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  (?:-(\w), |    )--([a-z-]+) ?([A-Z]*) +\S`).FindAllStringSubmatch(page, -1) {
		names = append(names, m[2])
		f, known := ownFlags[m[2]]
		if !known || f.letter != m[1] || f.valued != (m[3] != "") {
			t.Errorf("--%s: %+v", m[2], f)
		}
	}
	for name := range ownFlags {
		if !slices.Contains(names, name) {
			t.Errorf("there is no --%s", name)
		}
	}
	if len(names) < 20 {
		t.Errorf("found %v", names)
	}
}
