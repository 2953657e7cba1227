package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

func load(t *testing.T, file string) Config {
	t.Helper()
	c, mistakes, err := Load(file, testOptions())
	if err != nil || len(mistakes) > 0 {
		t.Fatalf("%v, %v", err, mistakes)
	}
	return c
}

var (
	one, five, nine = 1, 5, 9
	all             = Daemon{
		Name: "all",
		Criteria: Criteria{
			Executable: "/usr/sbin/all", Called: "all",
			User: &ID{Text: "root", Number: 0}, NotUser: &ID{Text: "builder", Number: 1001}, Group: &ID{Text: "0", Number: 0}, NotGroup: &ID{Text: "4294967295", Number: 1<<32 - 1},
			Args: regexp.MustCompile(`^--mode=(a|b)$`), Label: "system_u:system_r:all_t:s0", Parent: &one,
		},
		Count: &words.Count{Min: 2, Max: 7}, Listen: []Address{{"tcp6", "[::1]:8025"}, {"unix", "/run/all.sock"}}, Send: "HELO\r\n", Expect: "220 ", ProbeTimeout: 1500 * time.Millisecond,
		PIDFile: &PIDFile{"/run/all.pid", true}, CPU: &CPU{2.505, 20 * time.Second}, Memory: &Memory{3 << 29, 8 << 30},
		Files: &Files{Share: 0.8}, MinAge: 10 * time.Minute, RestartOn: []string{"too_many", "cpu", "memory", "files", "age", "old_image"},
		Services: []string{"all@1", "all:2"}, After: []string{"first"},
		Times: Times{
			Recheck: 11 * time.Second, StopTimeout: 12 * time.Second, StartTimeout: 13 * time.Second,
			Verify: 14 * time.Second, Settle: 15 * time.Second, Leftovers: "report", BootGrace: 0, BootLimit: 16 * time.Second, WorkLimit: 17 * time.Second,
		},
		Retry: Retry{Backoff: []time.Duration{0, 90 * time.Minute}, Acceptable: 16 * time.Second, Respect: []words.Hold{}},
	}
	first = Daemon{
		Name: "first", Criteria: Criteria{Called: "first"}, Count: &words.Count{Min: 1, Max: 1}, PIDFile: &PIDFile{"/run/first.pid", false},
		CPU: &CPU{0.01, 10 * time.Second}, Memory: &Memory{VMS: 1}, Files: &Files{Number: 1000}, Services: []string{},
		Times: Times{
			Recheck: time.Second, StopTimeout: 2 * time.Second, StartTimeout: 3 * time.Second,
			Verify: 4 * time.Second, Settle: 5 * time.Second, Leftovers: "end", BootGrace: 6 * time.Second, BootLimit: 6 * time.Minute, WorkLimit: 6 * time.Hour,
		},
		Retry: Retry{Backoff: []time.Duration{8 * time.Second, 9 * time.Second, 9 * time.Second}, Acceptable: 10 * time.Second, Respect: []words.Hold{"packages"}},
	}
	own = Daemon{
		Name: "own", Criteria: Criteria{Executable: "/srv/app/bin/server", User: &ID{Text: "root"}}, Count: &words.Count{Min: 1, Max: words.NoLimit},
		Start: []string{"/srv/app/bin/server", "--port", "8080", "--port", "8080"}, Stop: []string{"/srv/app/bin/stop", "-v", "-v"},
		As: "root:0", Directory: "/srv/app", Environment: []string{"LANG=C.UTF-8", "OPTS=-a -b", "EMPTY="},
		Times: Times{
			Recheck: time.Second, StopTimeout: 2 * time.Second, StartTimeout: 3 * time.Second,
			Verify: 4 * time.Second, Settle: 5 * time.Second, Leftovers: "end", BootGrace: 6 * time.Second, BootLimit: 6 * time.Minute, WorkLimit: 6 * time.Hour,
		},
		Retry: Retry{Backoff: []time.Duration{8 * time.Second, 9 * time.Second, 9 * time.Second}, Acceptable: 10 * time.Second, Respect: []words.Hold{"packages"}},
	}
	every = Rule{
		Name: "every",
		Criteria: Criteria{
			Executable: "/usr/bin/x", Called: "x", User: &ID{Text: "1", Number: 1}, NotUser: &ID{Text: "2", Number: 2}, Group: &ID{Text: "3", Number: 3}, NotGroup: &ID{Text: "4", Number: 4},
			Args: regexp.MustCompile("x"), Label: "x", Parent: &five,
		},
		Count: &words.Count{Min: 0, Max: 9}, CPU: &CPU{0.9, 10 * time.Second}, Memory: &Memory{RSS: 512 << 10}, Files: &Files{Number: 100},
		Exempt: []Exemption{
			{Criteria{Executable: "/usr/bin/boinc"}},
			{Criteria{
				Executable: "/y", Called: "y", User: &ID{Text: "builder", Number: 1001}, NotUser: &ID{Text: "6", Number: 6}, Group: &ID{Text: "7", Number: 7}, NotGroup: &ID{Text: "8", Number: 8},
				Args: regexp.MustCompile("y"), Label: "y", Parent: &nine,
			}},
		},
	}
)

// Every key arrives where it belongs.
func TestEveryKeyArrives(t *testing.T) {
	c := load(t, "testdata/good/every-key.yaml")
	same(t, "daemon", c.Daemons[0], all)
	same(t, "daemon", c.Daemons[1], first)
	same(t, "rule", c.Forbid[0], every)
	if got := c.Daemons[2]; !slices.Equal(got.Listen, []Address{{"unix", "/run/l.sock"}}) || got.ProbeTimeout != 7*time.Second || *got.Count != (words.Count{Min: 1, Max: words.NoLimit}) {
		t.Errorf("got %+v, want the default probe_timeout and count", got)
	}
	if got := c.Daemons[3]; *got.Count != (words.Count{Min: 0, Max: 0}) || got.Services != nil {
		t.Errorf("got %+v", got)
	}
	if want := (Notify{[]string{"/usr/local/bin/tell", "--pager", "--pager"}, "root@example.org", 4 * time.Hour, "https://status.example.org/daemons.html"}); !reflect.DeepEqual(c.Notify, want) {
		t.Errorf("got %+v", c.Notify)
	}
	if c.Evidence != (Evidence{true, 1500 * time.Millisecond}) {
		t.Errorf("got %+v", c.Evidence)
	}
	same(t, "daemon", c.Daemons[4], own)
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Keys() { // whoever adds a key must add it to the file
		if !strings.Contains(string(text), k.Key+":") {
			t.Errorf("no %s", k.Key)
		}
	}
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range g.NumField() {
		if !reflect.DeepEqual(g.Field(i).Interface(), w.Field(i).Interface()) {
			t.Errorf("%s: %s is %+v, want %+v", what, g.Type().Field(i).Name, g.Field(i).Interface(), w.Field(i).Interface())
		}
	}
}

// What YAML has several ways for is read in each of them, and what looks like a
// number stays as it was written.
func TestStyles(t *testing.T) {
	c := load(t, "testdata/good/styles.yaml")
	a, b, d := c.Daemons[0], c.Daemons[1], c.Daemons[2]
	for _, tc := range []struct{ got, want string }{
		{a.Executable, "/usr/sbin/ab\t"},
		{a.Called, "it's"},
		{a.Label, "0022"},
		{a.Send, "1.10"},
		{a.Expect, "yes"},
		{a.Listen[0].String(), "tcp://[::1]:1"},
		{strings.Join(a.Services, " "), "a b"},
		{a.Count.String(), "1"},
		{strings.Join(b.Services, " "), "c d"},
		{strings.Join(b.After, " "), "a"},
		{d.Executable, "/c#d"},
		{strings.Join(d.Services, " "), "e f"},
		{d.Args.String(), `a\[b]{2}, "c" 'd' & *e | > f`},
		{c.Daemons[3].Name + c.Daemons[3].Called + c.Daemons[3].Label, "nullnull~"},
		{c.Daemons[4].Name + c.Daemons[4].Called + c.Daemons[4].Services[0], "0x1F0x1F1_000"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

// The issue's own example.
func TestExample(t *testing.T) {
	c := load(t, "testdata/good/issue.yaml")
	var names []string
	for _, d := range c.Daemons {
		names = append(names, d.Name+" "+d.Count.String())
		if d.StartTimeout != 3*time.Minute || d.StopTimeout != time.Minute || d.Verify != 30*time.Second || d.Settle != 2*time.Second || d.Leftovers != "report" || d.BootGrace != 2*time.Minute || d.BootLimit != 10*time.Minute || d.WorkLimit != time.Hour || d.Recheck != 2*time.Second {
			t.Errorf("times %+v", d)
		}
	}
	for _, r := range c.Forbid {
		names = append(names, r.Name+" "+r.Count.String())
	}
	if got, want := strings.Join(names, ", "), "clamd 1-, postfix 1-2, sshd 1-, java-app 1-, gid0-not-uid0 0, one-init 0-1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if c.Daemons[2].ProbeTimeout != 5*time.Second || c.Daemons[0].ProbeTimeout != 0 {
		t.Error("probe_timeout is not that of the defaults, or there without listen")
	}
}

// The table of keys says something of each, and knows all.
func TestKeys(t *testing.T) {
	sections := make(map[string]int)
	for _, k := range Keys() {
		sections[k.Section]++
		if k.Key == "" || k.Syntax == "" || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%+v", k)
		}
	}
	want := map[string]int{"file": 6, "defaults": 13, "daemon": 39, "forbid": 14, "exempt": 9, "pidfile": 2, "cpu": 2, "memory": 2}
	if !reflect.DeepEqual(sections, want) {
		t.Errorf("got %v, want %v", sections, want)
	}
}

// A kind that a tag names is there, with words for people and for editors.
func TestKinds(t *testing.T) {
	for _, s := range keyedSections() {
		for _, f := range sectionOf(s.typ).fields {
			if f.kind == "" {
				continue
			}
			k := kindOf(f.kind)
			if k.read == nil || k.syntax == "" || k.pattern == "" && k.words == nil {
				t.Errorf("%s of %s: there is no kind %q", f.key, s.name, f.kind)
			}
			if _, err := regexp.Compile(k.pattern); err != nil {
				t.Error(err)
			}
		}
	}
}
