package completion_test

import (
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/app"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/completion"
)

// fake answers what it is asked, and notes that it was.
type fake struct {
	asked  []string
	hidden bool // who is paused may not be read
}

func (f *fake) Names(config string, rules bool) []string {
	f.asked = append(f.asked, "names "+config)
	if rules {
		return []string{"clamd", "web@1", "no-telnetd", "$(x)", "a b", "-n"}
	}
	return []string{"clamd", "web@1", "a;b"}
}

func (f *fake) Paused(folder string) ([]string, bool) {
	f.asked = append(f.asked, "paused "+folder)
	return []string{"web@1", "/sbin/x"}, !f.hidden
}

func (f *fake) Services() []string {
	f.asked = append(f.asked, "services")
	return []string{"cron", "plant@one"}
}

func (f *fake) Entries(folder string) []completion.Entry {
	f.asked = append(f.asked, "entries "+folder)
	return []completion.Entry{{"a dir", true, true}, {"x.yaml", false, false}, {"notes", false, false}, {"toy", false, true}, {"new\nline", false, false}}
}

func outline(t *testing.T) cli.Outline {
	t.Helper()
	o, err := app.Outline()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestComplete(t *testing.T) {
	for _, tc := range []struct {
		line  string // words with | between them
		want  string // the answer, in one line, without the helps
		asked string
	}{
		{"dk", ":none 0", ""},
		{"dk|status|x|--no-such=", ":none 0", ""},
		{"dk|schema|-", "-h --help --color --version :none 0", ""},
		{"dk|schema|", ":none 0", ""},
		{"dk|check|", "clamd web@1 no-telnetd :none 0", "names "},
		{"dk|check|clamd|", "web@1 no-telnetd :none 0", "names "},
		{"dk|check|/", ":programs 0", ""},
		{"dk|pause|-c|~/x|", "clamd web@1 :none 0", "names ~/x"},
		{"dk|pause|-c/x|", "clamd web@1 :none 0", "names /x"},
		{"dk|-nc|/x|run", "clamd web@1 no-telnetd :none 0", "names /x"},
		{"dk|pause|--all|", ":none 0", ""},
		{"dk|-s|x|", ":none 0", ""},
		{"dk|resume|", "web@1 /sbin/x :none 0", "paused "},
		{"dk|resume|--state-dir=/s|web@1|", "/sbin/x :none 0", "paused /s"},
		{"dk|-s|", "cron plant@one :none 0", "services"},
		{"dk|--service=c", "cron plant@one :none 10", "services"},
		{"dk|check|-on", "text json nagios mon svstat :none 2", ""},
		{"dk|check|--state|", "clamd web@1 no-telnetd :none 0", "names "},
		{"dk|history|-o|", "text json :none 0", ""},
		{"dk|why|", "clamd web@1 :none 0", "names "},
		{"dk|why|--at|5m|clamd|", "web@1 :none 0", "names "},
		{"dk|why|-o|", "text json :none 0", ""},
		{"dk|--config=", ":files 9 .yaml", ""},
		{"dk|check|--prometheus|", ":files 0 .prom", ""},
		{"dk|--run-dir|x", ":folders 0", ""},
		{"dk|-e|x", ":none 0", ""},
		{"dk|-e|'/x", ":programs 0", ""},
		{"dk|-u|", ":users 0", ""},
		{"dk|import|a|", ":files 0", ""},
		{"dk|check|--|--", "clamd web@1 no-telnetd :none 0", "names "},
		{"dk|--recheck|", ":none 0", ""},
	} {
		f := &fake{}
		var got []string
		for row := range strings.Lines(completion.Complete(outline(t), strings.Split(tc.line, "|"), f).Text()) {
			word, _, _ := strings.Cut(strings.TrimSpace(row), "\t")
			got = append(got, word)
		}
		if text := strings.Join(got, " "); text != tc.want || strings.Join(f.asked, ",") != tc.asked {
			t.Errorf("%s: %s\nasked %q", tc.line, text, f.asked)
		}
	}
}

// A flag is offered once, but for the one that may be repeated.
func TestFlagsOnce(t *testing.T) {
	words := func(line string) []string {
		var list []string
		for _, c := range completion.Complete(outline(t), strings.Fields(line), &fake{}).Candidates {
			list = append(list, c.Word)
		}
		return list
	}
	got := words("dk -qv --config=x -e /x -s a --")
	for flag, want := range map[string]bool{"--quiet": false, "-v": false, "-c": false, "--executable": false, "--service": true, "--output": true, "--since": false} {
		if slices.Contains(got, flag) != want {
			t.Errorf("%s: %v", flag, !want)
		}
	}
}

// Who may not read which daemons are paused is offered all.
func TestPausedUnknown(t *testing.T) {
	f := &fake{hidden: true}
	a := completion.Complete(outline(t), []string{"dk", "resume", ""}, f)
	if len(a.Candidates) != 2 || a.Candidates[0].Word != "clamd" {
		t.Errorf("%v", a)
	}
}

const breaks = " \t\n\"'@><=;|&(:"

func TestBash(t *testing.T) {
	for _, tc := range []struct{ line, breaks, want string }{
		{"dk hist", breaks, "history\n:none\n"},
		{"dk check cl", breaks, "clamd\n:none\n"},
		{"dk check web@", breaks, "@1\n:none\n"}, // readline replaces the @, too
		{"dk check web@", " ", "web@1\n:none\n"},
		{"dk --output=j", breaks, "json\n:none\n"},
		{"dk --output=j", " ", "--output=json\n:none\n"},
		{"dk check -qon", breaks, "-qonagios\n:none\n"},
		{"dk -c ", breaks, "a dir\nx.yaml\n:files\n"},
		{"dk -c '/s v/x", breaks, "/s v/x.yaml\n:files\n"},
		{`dk --config=/s\ v/x`, breaks, "/s v/x.yaml\n:files\n"},
		{`dk --config=/s/a`, " ", "--config=/s/a dir/\n:files nospace\n"},
		{"dk -e ", breaks, "/a dir\n/toy\n:files\n"},
		{"dk -e ~/t", breaks, "~/toy\n:files\n"},
		{"dk --run-dir /s/", breaks, "/s/a dir\n:files\n"},
		{"dk init >no", breaks, "notes\n:files\n"},
		{"dk validate 2> no", breaks, "notes\n:files\n"},
		{"dk status >x >>y cl", breaks, "clamd\n:none\n"},
		{"dk -u ro", breaks, ":users ro \n"},
		{"dk --user=ro", " ", ":users ro --user=\n"},
		{"dk --user=ro", breaks, ":users ro \n"},
		{"dk", breaks, ":none\n"},
		{"", breaks, ":none\n"},
	} {
		if got := completion.Bash(outline(t), tc.line, tc.breaks, &fake{}); got != tc.want {
			t.Errorf("%s: %q, not %q", tc.line, got, tc.want)
		}
	}
}

// Whatever is typed, there is an answer, and its last line says what it is.
func FuzzBash(f *testing.F) {
	for _, line := range []string{"dk -c '", `dk "a\`, "dk >", "dk -qo", "dk --=", "dk -- --x", "dk -\xff"} {
		f.Add(line, breaks)
	}
	o, err := app.Outline()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line, breaks string) {
		got := completion.Bash(o, line, breaks, &fake{})
		last := strings.LastIndexByte(strings.TrimSuffix(got, "\n"), '\n') + 1
		if !strings.HasPrefix(got[last:], ":") || !strings.HasSuffix(got, "\n") {
			t.Errorf("%q", got)
		}
	})
}
