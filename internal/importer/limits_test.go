package importer

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// What is more than the configuration takes is left out, and told.
func TestTooMuch(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		b.WriteString("set daemon 60\n")
		for i := range n {
			fmt.Fprintf(&b, strings.ReplaceAll(format, "%d", "%[1]d"), i)
		}
		return b.String()
	}
	const ends = "cannot carry over more at once: the draft ends here"
	for name, test := range map[string]struct {
		text  string
		most  int // daemons
		told  string
		notes int // comments of the first one, its origin too
	}{
		"daemons":  {many(1500, "check process a%d matching /bin/a%d\n"), mostEntries, ends, 1},
		"lines":    {strings.Replace(many(1500, "* * * * * keep -e /a%d -s b\n"), "set daemon 60\n", "", 1), mostEntries, ends, 1},
		"comments": {many(300, "check process a%d matching /bin/a%d\n"+strings.Repeat("alert "+strings.Repeat(":", 150)+"\n", 15)), 60, ends, 16},
		"notes":    {many(2, "check process a%d matching /bin/a%d\n"+strings.Repeat("alert a\n", 30)), 2, "", mostNotes + 2},
		"patterns": {many(400, "check process a%d matching \""+strings.Repeat(`\W`, 45)+"x\"\n"), 400, "", 2},
		"waits":    {many(250, "check process a%d matching /bin/a%d\ndepends on a1, a2, a3, a4, a5, a6, a7, a8, a9\n"), 250, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			d, problems := Read([]File{{"t", []byte(test.text)}}, nil)
			told := ""
			for _, p := range problems {
				told += p.What
			}
			if len(d.Daemons) > test.most || len(d.Daemons) < test.most/4 || told != test.told || len(d.Daemons[0].About) != test.notes {
				t.Errorf("%d daemons, the first with %d comments; %q", len(d.Daemons), len(d.Daemons[0].About), told)
			}
			waits := 0
			for _, e := range d.Daemons {
				for _, k := range e.Keys {
					if names, ok := k.Value.([]string); ok && k.Name == "after" {
						waits += len(names)
					}
				}
			}
			if waits > 2000 {
				t.Errorf("they wait for %d others", waits)
			}
			loads(t, string(d.YAML()))
		})
	}
	if _, err := readList("keep "+strings.Repeat("x ", 1200), nil); !errors.Is(err, errTooLong) {
		t.Errorf("of many words: %v", err)
	}
}

// What an editor puts into a file changes nothing.
func TestEditors(t *testing.T) {
	d, problems := Read([]File{{"t", []byte("\ufeff* * * * * keep -e /a -s b\r\n* * * * * keep -e /c -s d\r\n")}}, nil)
	if len(d.Daemons) != 2 || len(problems) > 0 || strings.Contains(string(d.YAML()), "\r") {
		t.Errorf("%+v, %v", d.Daemons, problems)
	}
}

// Names that were changed, and programs that are there twice, are told.
func TestNames(t *testing.T) {
	d, _ := Read([]File{
		{"cron", []byte("* * * * * keep -e /usr/sbin/x -s x\n* * * * * keep -e /usr/sbin/x -s y -u u\n")},
		{"monitrc", []byte("check process \"a b\" matching /usr/sbin/x\ncheck process X matching /usr/sbin/y\n")},
	}, nil)
	var got []string
	for _, e := range d.Daemons {
		got = append(got, fmt.Sprint(e.Name, e.About[1:]))
	}
	const want = "x[] x-2[The same program as x.] a-b[Monit calls it a b. The same program as x.] X[]"
	if strings.Join(got, " ") != want {
		t.Errorf("%s", got)
	}
}

// All of a name, in one file or several, is one daemon, unless it is asked for more.
func TestMerge(t *testing.T) {
	d, _ := Read([]File{
		{"a", []byte("* * * * * keep -e /x -s a\n* * * * * keep -e /x -s b\n0 0 1 1 0 keep -e /x -s a\n")},
		{"b", []byte("* * * * * keep -e /x -s c\n* * * * * daemon-keeper -e /x -s d --recheck 9s --recheck=5s -qv\n")},
	}, nil)
	if len(d.Daemons) != 2 {
		t.Fatalf("%+v", d.Daemons)
	}
	if got := fmt.Sprint(d.Daemons[0].About, d.Daemons[0].Keys[1].Value); got != "[a:1, 2, 3 It ran at 0 0 1 1 0; the new line is for all daemons, and runs each minute. Also b:1.] [a b c]" {
		t.Error(got)
	}
	if got := fmt.Sprint(d.Daemons[1].About[1:], d.Daemons[1].Keys[2].Value); got != "[Not understood: -qv The same program as x.]5s" {
		t.Error(got)
	}
}
