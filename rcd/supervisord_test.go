package rcd

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

const supervisordSample = `; Debian's
[unix_http_server]
file=/run/supervisor.sock
[supervisord]
logfile=/log/supervisord.log ; main
[include]
files = conf.d/*.conf
[program:good]
command=/usr/bin/good
[program:many]
command: /usr/bin/many
numprocs = 2
process_name=%(program_name)s_%(process_num)02d
[group:web]
programs=a, b
[fcgi-program:a]
[program:b]
`

// supervisordMachine has the sample, and what is asked of supervisorctl.
func supervisordMachine(t *testing.T, included string, answers map[string]string) (*Manager, *fakeRunner) {
	t.Helper()
	root := tree(t, "etc/supervisor/conf.d/", "usr/bin/supervisorctl*", "log/")
	put(t, root, "etc/supervisor/supervisord.conf", supervisordSample, 0o644)
	put(t, root, "etc/supervisor/conf.d/x.conf", included, 0o644)
	log, err := os.ReadFile(filepath.Join("..", "testdata", "rcd", "supervisord", "log.txt"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, root, "log/supervisord.log", string(log), 0o644)
	d, found := Host{OS: "linux", Root: root}.supervisord(basic{})
	if !found {
		t.Fatal("supervisord is not found")
	}
	fake := &fakeRunner{t: t, answers: map[string]result{}}
	for service, answer := range answers {
		fake.answers["/usr/bin/supervisorctl -c /etc/supervisor/supervisord.conf status "+service] = recorded(t, "supervisord/"+answer)
	}
	return on(d, fake), fake
}

// Names are read from the configuration and what it includes; supervisord is asked only for
// names that the files cannot tell.
func TestSupervisordFind(t *testing.T) {
	m, fake := supervisordMachine(t, "[program:more]\n[eventlistener:ear]\nprocess_name=x\n", nil)
	names, err := m.Names(t.Context())
	want := []string{"ear:x", "good", "many:many_00", "many:many_01", "more", "web:a", "web:b"}
	if !slices.Equal(names, want) || err != nil {
		t.Errorf("%v, %v, want %v", names, err, want)
	}
	var none *NotFoundError
	for _, name := range []string{"a", "many", "web", "nosuch"} {
		if err := m.Find(t.Context(), name); !errors.As(err, &none) || none.List == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(fake.queries) > 0 {
		t.Errorf("it has asked %v", fake.queries)
	}
	for name, asks := range map[string]int{"odd": 1, "odd:x": 1, "nosuch": 0, "nosuch:x": 0, "good": 0} {
		m, fake = supervisordMachine(t, "[program:odd]\nprocess_name=%(ENV_HOST)s\n", nil)
		fake.answers["/usr/bin/supervisorctl -c /etc/supervisor/supervisord.conf status "+name] = result{status: 4, output: name + ": ERROR (no such process)\n"}
		if err := m.Find(t.Context(), name); errors.As(err, &none) != (name != "good") || len(fake.queries) != asks {
			t.Errorf("%s, beside names that the files cannot tell: %v, asked %v", name, err, fake.queries)
		}
	}
}

// A value may go on in the next lines, and an include may be one that only supervisord can find.
func TestSupervisordInclude(t *testing.T) {
	for _, tt := range []struct {
		include string
		find    map[string]int // a name: how often supervisord is asked
	}{
		{"files = /a/*.conf\n  /b/*.conf", map[string]int{"one": 0, "two": 0, "nosuch": 0}},
		{"files =\n\t/a/*.conf ; the first\n\n; no more\n\t/b/*.conf", map[string]int{"one": 0, "two": 0}},
		{"files = /a/*.conf %(ENV_MORE)s/*.conf", map[string]int{"one": 0, "two": 1}},
	} {
		root := tree(t, "a/", "b/")
		put(t, root, "etc/supervisord.conf", "[include]\n"+tt.include+"\n[group:g]\nprograms=x,\n  y\n", 0o644)
		put(t, root, "a/a.conf", "[program:one]\nenvironment=A=\"1\",\n  B=\"2\"\n", 0o644)
		put(t, root, "b/b.conf", "  [program:two]\n[program:y]\n", 0o644)
		for name, asks := range tt.find {
			fake := &fakeRunner{t: t, answers: map[string]result{"supervisorctl -c /etc/supervisord.conf status " + name: {output: name + " RUNNING pid 7, uptime 0:00:03\n"}}}
			err := on(supervisord{root: root, tool: "supervisorctl", conf: "/etc/supervisord.conf"}, fake).Find(t.Context(), name)
			if (err == nil) != (name != "nosuch") || len(fake.queries) != asks {
				t.Errorf("%q: %s: %v, asked %q", tt.include, name, err, fake.queries)
			}
		}
	}
}

// What supervisord says of a program, in our words.
func TestSupervisordCondition(t *testing.T) {
	for _, tc := range []struct {
		answer, service string
		want            Condition
		work            string
		wish            WishKind
		obstacle        string
	}{
		{"running", "good", Condition{State: Running, Main: 3995}, "", "", ""},
		{"grouped", "web:a", Condition{State: Running, Main: 4000}, "", "", ""},
		{"starting", "starting", Condition{State: Running}, "start", "", ""},
		{"backoff", "fatal", Condition{State: Stopped}, "restart", "", ""},
		{"fatal", "fatal", Condition{State: Stopped, Failed: true}, "", "", ""},
		{"missing", "missing", Condition{State: Stopped, Failed: true}, "", "", ""},
		{"exited", "once", Condition{State: Stopped}, "", "", ""},
		{"stopped", "good", Condition{State: Stopped}, "", WishStopped, ""},
		{"not-started", "stopped", Condition{State: Stopped}, "", WishDisabled, ""},
		{"nosuch", "nosuch", Condition{}, "", "", "not read by supervisord yet"},
		{"no-answer", "good", Condition{}, "", "", "without its supervisor: supervisord does not answer"},
	} {
		t.Run(tc.answer, func(t *testing.T) {
			m, _ := supervisordMachine(t, "", map[string]string{tc.service: tc.answer})
			c, err := m.Condition(t.Context(), tc.service)
			work := ""
			if c.Work != nil {
				work, c.Work = c.Work.What, nil
			}
			if c != tc.want || work != tc.work || (err != nil) != (tc.obstacle != "") {
				t.Errorf("%+v, work %q, %v; want %+v, %q", c, work, err, tc.want, tc.work)
			}
			w, err := m.Wish(t.Context(), tc.service, Past{})
			if w == nil {
				w = new(Wish)
			}
			if w.Kind != tc.wish || (err != nil) != (tc.obstacle != "") {
				t.Errorf("the wish is %+v, %v, want %q", w, err, tc.wish)
			}
			o, err := m.Obstacle(t.Context(), tc.service)
			if o == nil {
				o = new(Obstacle)
			}
			if o.Word != tc.obstacle || err != nil || o.Word != "" && o.Hint() == "" {
				t.Errorf("the obstacle is %+v, %v, want %q", o, err, tc.obstacle)
			}
		})
	}
}

// A stop of ours is nobody's wish; nor is one of which we cannot know whose it is.
func TestSupervisordOwnStop(t *testing.T) {
	m, _ := supervisordMachine(t, "", map[string]string{"good": "stopped"})
	at, _ := stoppedIn("2026-11-29 10:18:23,695 WARN stopped: good (terminated by SIGTERM)\n", "good", time.Local) // as the recorded log has it
	for name, past := range map[string]Past{
		"ours":                  {From: at.Add(-time.Second), To: at.Add(time.Second)},
		"nothing is remembered": {Forgets: true},
	} {
		if w, err := m.Wish(t.Context(), "good", past); w != nil || err != nil {
			t.Errorf("%s: %+v, %v", name, w, err)
		}
	}
	w, err := m.Wish(t.Context(), "good", Past{From: at.Add(-20 * time.Second), To: at.Add(-19 * time.Second)})
	if err != nil || w == nil || !w.At.Equal(at) {
		t.Errorf("some seconds after ours: %+v, %v", w, err)
	}
}

// The year is that in which the day was last.
func TestSupervisordStoppedAt(t *testing.T) {
	now := time.Date(2027, 1, 2, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"Feb 29 10:14 AM": "2024-02-29T10:14:00Z", "Jan 02 11:59 AM": "2027-01-02T11:59:00Z", "Dec 31 11:59 PM": "2026-12-31T23:59:00Z", "Not started": ""} {
		at, ok := supervisedProgram{text: text}.stoppedAt(now)
		if got := at.Format(time.RFC3339); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// How a program has ended stands in supervisord's log, the last time last.
func TestSupervisordDeath(t *testing.T) {
	for service, tc := range map[string]struct {
		answer, text string
		cause        words.Cause
		pid          int
	}{
		"fatal":   {"fatal", "its process has exited with status 3", words.Exited, 4179},
		"once":    {"exited", "its process has exited with status 0", words.Exited, 3998},
		"missing": {"missing", "supervisord could not start it: can't find command '/nonexistent/x'", words.NeverBegan, 0},
		"good":    {"stopped", "", CauseUnknown, 0},
	} {
		m, _ := supervisordMachine(t, "", map[string]string{service: tc.answer})
		d, err := m.Death(t.Context(), service)
		if err != nil || d.Cause != tc.cause || d.Text != tc.text || d.PID != tc.pid {
			t.Errorf("%s: %+v, %v", service, d, err)
		}
	}
	log := "2026-11-29 10:18:16,871 INFO spawned: 'b' with pid 4001\n2026-11-29 10:18:24,634 WARN exited: b (terminated by SIGSEGV (core dumped); not expected)\n"
	want := Death{Cause: words.DumpedCore, Text: "its process was killed by SIGSEGV and dumped core", Signal: 11, PID: 4001, Ago: 366 * time.Millisecond}
	if d := exitedBy(log, "b", time.Date(2026, 11, 29, 10, 18, 25, 0, time.UTC)); d != want {
		t.Errorf("%+v, want %+v", d, want)
	}
	if d := endOf("exit status 255"); d.Signal != 0 || d.Cause != words.Exited {
		t.Errorf("PHP's usual end: %+v", d)
	}
	if d := exitedBy(log, "bb", time.Now()); d.Cause != CauseUnknown {
		t.Errorf("another's: %+v", d)
	}
}

// All programs are listed; those that do not run are not daemons to keep.
func TestSupervisordList(t *testing.T) {
	m, fake := supervisordMachine(t, "", nil)
	fake.answers["/usr/bin/supervisorctl -c /etc/supervisor/supervisord.conf status"] = recorded(t, "supervisord/all")
	list, err := m.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for _, l := range list {
		if (l.Omit == "") != (l.Main > 0) {
			t.Errorf("%+v", l)
		}
		if l.Main > 0 {
			got[l.Name] = l.Main
		}
	}
	if want := map[string]int{"good": 3995, "many:many_00": 3996, "many:many_01": 3997, "web:a": 4000, "web:b": 4001}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	fake.answers["/usr/bin/supervisorctl -c /etc/supervisor/supervisord.conf status"] = recorded(t, "supervisord/no-answer")
	list, err = m.List(t.Context())
	if len(list) != 5 || err != nil || slices.ContainsFunc(list, func(l Listed) bool { return l.Omit != "supervisord does not answer" }) {
		t.Errorf("without an answer: %+v, %v", list, err)
	}
}

func FuzzSupervisord(f *testing.F) {
	f.Add(supervisordSample)
	for _, name := range []string{"all", "log", "no-answer"} {
		f.Add(recordedText(f, "supervisord/"+name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		supervisordConfOf(parseINI(text))
		for _, line := range []string{"a", "web:b", ""} {
			parseSupervisorctl(text, line)
			exitedBy(text, line, time.Now())
		}
	})
}

func recordedText(f *testing.F, name string) string {
	data, err := os.ReadFile(filepath.Join("..", "testdata", "rcd", name+".txt"))
	if err != nil {
		f.Fatal(err)
	}
	return string(data)
}
