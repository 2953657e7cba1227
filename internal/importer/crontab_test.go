package importer

import (
	"fmt"
	"strings"
	"testing"
)

func TestSplitUser(t *testing.T) {
	for _, test := range []struct{ command, user, rest string }{
		{"/bin/keep -e /x", "", "/bin/keep -e /x"},
		{"keep -e /x", "", "keep -e /x"},
		{"root /bin/keep -e /x", "root", "/bin/keep -e /x"},
		{"root keep.sh -e /x", "root", "keep.sh -e /x"},
		{"root\t \t/bin/keep", "root", "/bin/keep"},
		{"www-data LANG=C /bin/keep", "www-data", "LANG=C /bin/keep"},
		{"-n /bin/keep -e /x", "", "/bin/keep -e /x"},
		{"-n -q /bin/keep", "", "/bin/keep"},
		{"-nq /bin/keep", "", "/bin/keep"},
		{"root -q /bin/keep -e /x", "root", "/bin/keep -e /x"},
		{"keep -n x", "", "keep -n x"},
		{"root:wheel/daemon /bin/keep", "root:wheel/daemon", "/bin/keep"},
		{"sh -c 'keep'", "", "sh -c 'keep'"},
		{"nice /bin/keep", "", "nice /bin/keep"},
		{"daemon-keeper run", "", "daemon-keeper run"},
		{"keep > /dev/null", "", "keep > /dev/null"},
		{"keep", "", "keep"},
		{"", "", ""},
	} {
		if user, rest := splitUser(test.command); user != test.user || rest != test.rest {
			t.Errorf("%q: %q, %q", test.command, user, rest)
		}
	}
}

func TestReadCrontab(t *testing.T) {
	c := readCrontab("t", strings.Join([]string{
		"# a comment", "", "MAILTO = \"root\"", "'KEEP'=/bin/keep",
		"* * * * * $KEEP -e /x", "*/1 * * * *\troot $KEEP", "@every_minute $KEEP", "@30 $KEEP",
		"*/5 1,2 1-5 jan-mar mon $KEEP 100%of", `0 0 * * 7 echo 5\%`, "#* * * * * $KEEP -e /x",
		"* * * * $KEEP", "* * * * root $KEEP", "hello", "@daily",
	}, "\n"))
	var got []string
	for _, j := range c.jobs {
		got = append(got, fmt.Sprintf("%d [%s] %s %s %v", j.line, j.schedule, j.user, texts(j.commands[0].words), j.isOften()))
	}
	want := []string{
		"5 []  [/bin/keep -e /x] true", "6 [] root [/bin/keep] true", "7 []  [/bin/keep] true", "8 [@30]  [/bin/keep] true",
		"9 [*/5 1,2 1-5 jan-mar mon]  [/bin/keep 100] true", "10 [0 0 * * 7]  [echo 5%] false",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c.mailTo != "root" || c.mailLine != 3 || len(c.commented) != 1 || c.commented[0].line != 11 {
		t.Errorf("%q at %d, %+v", c.mailTo, c.mailLine, c.commented)
	}
	var broken []int
	for _, j := range c.broken {
		broken = append(broken, j.line)
	}
	if fmt.Sprint(broken) != "[12 13 14 15]" {
		t.Errorf("without a schedule: %v", broken)
	}
}

func TestKindOf(t *testing.T) {
	for text, want := range map[string]kind{
		"":                                    empty,
		"# check process x\n\n  # y":          empty,
		"MAILTO=root\n* * * * * a":            crontab,
		"@reboot a":                           crontab,
		"0 1 * * mon root a":                  crontab,
		"# x\nset daemon 60\ncheck process x": monit,
		"  CHECK PROCESS x with pidfile /y":   monit,
		"include \"/etc/monit.d/*\"":          monit,
		"include conf/x":                      unclear,
		"set -e\nA=b":                         unclear,
		"hello, world":                        unclear,
		"\x7fELF\x00\x00":                     unclear,
	} {
		if got := kindOf(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// What else a line does, and a line that has another program run the script, are told.
func TestBeside(t *testing.T) {
	const script = "* * * * * /x/keep.sh -e /x/known -s known\n"
	for line, want := range map[string]string{
		"[ -f /run/maint ] || /x/keep.sh -e /x/y -s y":             "[ -f /run/maint ]",
		"root [ $(hostname) = a ] && /x/keep.sh -e /x/y -s y":      "[ $(hostname) = a ]",
		"/x/keep.sh -e /x/y -s y | mail -E -s keep root":           "mail -E -s keep root",
		"/x/keep.sh -e /x/y -s y || mail -s failed root":           "mail -s failed root",
		"cd /x && ./keep.sh -e /x/y -s y | logger -t keep":         "",
		"root sleep 20; [ -x /x/keep.sh ] && keep.sh -e /x/y -s y": "",
		"jexec web /x/keep.sh -e /x/y -s y":                        "run by jexec",
		"root ssh -q web /x/keep.sh -e /x/y -s y":                  "run by ssh",
	} {
		d, problems := Read([]File{{"t", []byte(script + "* * * * * " + line + "\n")}}, nil)
		got := ""
		for _, p := range problems {
			_, got, _ = strings.Cut(strings.TrimSuffix(p.What, ", perhaps elsewhere"), "the script is ")
		}
		for _, about := range d.Daemons[len(d.Daemons)-1].About[1:] {
			_, got, _ = strings.Cut(strings.TrimSuffix(about, " (daemon-keeper pause leaves a daemon alone for a time)"), "same line: ")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// A password stays where only root may read it.
func TestSecrets(t *testing.T) {
	for test, want := range map[string]string{
		`port 1 protocol mysql username "root" password "s3 cr3t" with timeout 3 seconds`: `username "root" password ... with`,
		"port 1 protocol http and http headers [Authorization: Basic s3cr3t, X: y]":       "Authorization: Basic ... X: y]",
		"url http://me:s3cr3t@example.org/":                                               "http://...example.org/",
	} {
		d, _ := Read([]File{{"t", []byte("check process x matching /bin/x\nstart program = \"/etc/init.d/x start\"\nif failed port 2 then restart\nif failed " + test + " then alert\n")}}, nil)
		text := strings.Join(d.Daemons[0].About, " ")
		if strings.Contains(text, "cr3t") || !strings.Contains(text, want) {
			t.Errorf("%s: %s", test, text)
		}
	}
}
