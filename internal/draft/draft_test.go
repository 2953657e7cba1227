package draft

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"daemon-keeper/internal/config"
)

func TestYAML(t *testing.T) {
	d := Draft{
		About: []string{"A first line that is long enough to be divided, for a terminal has eighty columns and no more.", "  * * * * * example that is never divided, however long it may be, because a person is to paste it somewhere", ""},
		Daemons: []Daemon{
			{Name: "a", Keys: []Key{{"executable", "/usr/sbin/a", "short"}, {"services", []string{"a", "no"}, ""}, {"respect", Raw("[]"), ""}}},
			{Name: "b", About: []string{"Why."}, Off: true, Keys: []Key{
				{"executable", "/PATH", "a comment for which there is no room behind a value, and that therefore stands above it"},
				{"services", []string{"one-service-with-a-long-name", "another-service-with-a-long-name", "a-third-service"}, ""},
			}},
		},
		Left: []string{"The rest."},
	}
	const want = `# A first line that is long enough to be divided, for a terminal has eighty
# columns and no more.
#   * * * * * example that is never divided, however long it may be, because a person is to paste it somewhere
#
daemons:
  a:
    executable: /usr/sbin/a  # short
    services: [a, "no"]
    respect: []

#   # Why.
#   b:
#     # a comment for which there is no room behind a value, and that therefore
#     # stands above it
#     executable: /PATH
#     services:
#       - one-service-with-a-long-name
#       - another-service-with-a-long-name
#       - a-third-service

# The rest.
`
	if got := string(d.YAML()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// What is offered at the top is a comment, and is in force without the first two characters.
func TestOffers(t *testing.T) {
	d := Draft{About: []string{"About."}, Offers: []Key{{"trace_signals", Raw("true"), "Why."}}, Daemons: []Daemon{{Name: "a", Keys: []Key{{"executable", "/bin/a", ""}, {"services", []string{"a"}, ""}}}}}
	const want = "# About.\n\n# Why.\n# trace_signals: true\n\ndaemons:\n  a:\n    executable: /bin/a\n    services: [a]\n"
	got := string(d.YAML())
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(got, "# trace", "trace", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, mistakes, err := config.Load(file, config.Options{}); err != nil || len(mistakes) > 0 || !c.Evidence.TraceSignals {
		t.Errorf("%+v, %v, %v", c.Evidence, mistakes, err)
	}
}

// If all entries are comments, so is the section: an empty one is a mistake.
func TestAllOff(t *testing.T) {
	got := string(Draft{Daemons: []Daemon{{Name: "a", Off: true, Keys: []Key{{"executable", "/PATH", ""}}}}}.YAML())
	if want := "# daemons:\n#   a:\n#     executable: /PATH\n"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := string(Draft{}.YAML()); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

// What is a comment is an entry once its first two characters are gone.
func TestOffIsAnEntry(t *testing.T) {
	text := string(Draft{Daemons: []Daemon{{Name: "a", Off: true, About: []string{"Why."}, Keys: []Key{{"executable", "/PATH", ""}, {"services", Raw("[]"), ""}}}}}.YAML())
	var on strings.Builder
	for line := range strings.Lines(text) {
		on.WriteString(strings.TrimPrefix(line, "# "))
	}
	if c := load(t, on.String()); len(c.Daemons) != 1 || c.Daemons[0].Executable != "/PATH" {
		t.Errorf("%+v of\n%s", c.Daemons, on.String())
	}
}

func TestName(t *testing.T) {
	taken := make(map[string]bool)
	for _, test := range [][2]string{
		{"clamd", "clamd"},
		{"clamd", "clamd-2"},
		{"php-fpm8.2", "php-fpm8.2"},
		{"a b\nc", "a-b-c"},
		{"-x", "x"},
		{"", "daemon"},
		{"***", "daemon-2"},
		{"@é", "daemon-3"},
		{strings.Repeat("y", 100), strings.Repeat("y", 58)},
	} {
		if got := Name(test[0], taken); got != test[1] {
			t.Errorf("Name(%q) = %q, want %q", test[0], got, test[1])
		}
	}
}

func load(t *testing.T, text string) config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, mistakes, err := config.Load(path, config.Options{})
	if err != nil || len(mistakes) > 0 {
		t.Fatalf("%v, %v, of\n%s", err, mistakes, text)
	}
	return c
}

// Text from outside stays in its place: it is a comment, or the value that it was.
func FuzzYAML(f *testing.F) {
	for _, s := range []string{"a", "", "yes", "a\nforbid:", "a\r\n# b", "'", `"`, "a: b", "a #b", "- x", "*a", "&a", "!!a", "{a", "]", "%", "@", "`", "\x00", "\u2028", "\u0085", "\ufeff", "\xff", "007", "1e3", "0x1", "~", "a\tb", "\\", strings.Repeat("long ", 200), strings.Repeat("l", 5000)} {
		f.Add(s, s, true)
		f.Add("x", s, false)
	}
	f.Fuzz(func(t *testing.T, name, text string, off bool) {
		d := Draft{About: []string{text, " " + text}, Left: []string{text}}
		about := text
		if len(text) > 500 { // whoever reads more refuses it
			text = text[:500]
		}
		value := strings.ToValidUTF8(text, "\uFFFD")
		path := "/" + strings.NewReplacer("\x00", "0", "*", "0").Replace(text) // no path has the one, and the other stands for a version
		taken := make(map[string]bool)
		e := Daemon{Name: Name(name, taken), About: []string{about, " " + about}, Keys: []Key{{"executable", path, about}, {"services", []string{"a"}, about}}}
		if value != "" {
			e.Keys = append(e.Keys, Key{"listen", "tcp://127.0.0.1:1", ""}, Key{"send", text, text}, Key{"expect", text, ""})
		}
		offed := e
		offed.Off, offed.Name = true, Name(name, taken)
		d.Daemons = []Daemon{e, offed}
		if off {
			d.Daemons = []Daemon{offed, e, offed}
		}
		out := string(d.YAML())
		c := load(t, out)
		if len(c.Daemons) != 1 || len(c.Forbid) > 0 || !reflect.ValueOf(c.Notify).IsZero() {
			t.Fatalf("%d daemons, %d rules of\n%s", len(c.Daemons), len(c.Forbid), out)
		}
		got := c.Daemons[0]
		if got.Executable != strings.ToValidUTF8(path, "\uFFFD") || got.Send != value || got.Expect != value || got.Name != e.Name {
			t.Errorf("%+v of\n%s", got, out)
		}
		for line := range strings.Lines(out) {
			if utf8.RuneCountInString(line) > 4000 {
				t.Errorf("a line of %d characters", utf8.RuneCountInString(line))
			}
		}
	})
}
