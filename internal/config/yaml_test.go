package config

import (
	"path/filepath"
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"
)

// again loads what YAML writes, which must mean the same.
func again(t *testing.T, c Config) {
	t.Helper()
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "again.yaml")
	write(t, path, string(text))
	got, mistakes, err := Load(path, testOptions())
	if err != nil || len(mistakes) > 0 {
		t.Fatalf("%v, %v of\n%s", err, mistakes, text)
	}
	if !reflect.DeepEqual(got.Daemons, withoutDangling(c)) || !reflect.DeepEqual(got.Forbid, c.Forbid) {
		t.Errorf("got %+v\nwant %+v\nfrom\n%s", got, c, text)
	}
	if second, err := got.YAML(); err != nil || string(second) != string(text) {
		t.Errorf("got %s, %v\nwant %s", second, err, text)
	}
}

// withoutDangling does what YAML says it does with references that lead nowhere,
// and with lists that are empty.
func withoutDangling(c Config) []Daemon {
	names := make(map[string]bool)
	for _, d := range c.Daemons {
		names[d.Name] = true
	}
	var out []Daemon
	for _, d := range c.Daemons {
		var after []string
		for _, name := range d.After {
			if names[name] {
				after = append(after, name)
			}
		}
		d.After = after
		if d.Services == nil && d.Start == nil {
			d.Services = []string{}
		}
		if len(d.RestartOn) == 0 {
			d.RestartOn = nil
		}
		out = append(out, d)
	}
	return out
}

func goodFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	return files
}

// What is written means the same, to us and to any other reader of YAML.
func TestYAMLMeansTheSame(t *testing.T) {
	for _, file := range goodFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) { again(t, load(t, file)) })
	}
}

// Texts that other programs would read otherwise, or not at all, are quoted.
func TestQuoting(t *testing.T) {
	for _, s := range []string{
		"yes", "No", "null", "~", "true", "0", "0022", "1.10", "", " a", "a ", "a: b", "a #b", "# a", "- a", "-", "[a]", "{a}", "*a", "&a", "!a", "|", ">", "%a", "@a",
		"`a", "'", `"`, `\`, "a\nb", "a\tb", "\x00", "\x1b", "é", "\u2028", "\ufeff", "\U0001F600", "?", "? a", ":", "a:", "<<", "=", "...", "---", "a,b", "tcp://127.0.0.1:22",
		"unix:///x", "tcp:", "0x1F", ".inf", "\u0085", "\u00a0", "\ufffd", "1e3", "a'b\"c", "2024-01-01",
	} {
		written := Quoted(s)
		root, told, stop := parse([]byte("k: " + written + "\n"))
		if stop != nil || len(told) > 0 || root.Content[1].Value != s || shapeOf(root.Content[1]) != scalar {
			t.Errorf("%q is written %s and read %+v, %v", s, written, root, stop)
		}
		var other map[string]any
		if err := yaml.Unmarshal([]byte("k: "+written+"\n"), &other); err != nil {
			t.Errorf("%s: %v", written, err)
		} else if text, ok := other["k"].(string); ok && text != s {
			t.Errorf("%q is written %s and read %q", s, written, text)
		}
	}
}

// What differs from the defaults means the same as all of it, and stands once.
func TestDifferencesMeanTheSame(t *testing.T) {
	const rest = "    executable: /bin/sh\n    services:\n      - a\n"
	for name, want := range map[string]string{
		"one differs":   "daemons:\n  a:\n" + rest + "    settle: 9s\n  b:\n" + rest,
		"a single one":  "daemons:\n  a:\n" + rest + "    settle: 9s\n",
		"all differ":    "defaults:\n  settle: 9s\n  respect: []\ndaemons:\n  a:\n" + rest + "  b:\n" + rest + "    verify: 1s\n",
		"none differs":  "daemons:\n  a:\n" + rest + "  b:\n" + rest,
		"one is usual":  "defaults:\n  verify: 1s\ndaemons:\n  a:\n" + rest + "    backoff:\n      - 5s\n  b:\n" + rest,
		"both have own": "daemons:\n  a:\n" + rest + "    settle: 9s\n  b:\n" + rest + "    settle: 8s\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.yaml")
			write(t, path, want)
			c, mistakes, err := Load(path, testOptions())
			if err != nil || len(mistakes) > 0 {
				t.Fatal(err, mistakes)
			}
			if text, err := c.Differences(); err != nil || string(text) != want {
				t.Errorf("%v:\n%s\nwant\n%s", err, text, want)
			}
			// Each daemon has what all have, and it still stands once.
			all, err := c.YAML()
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, string(all))
			again, _, err := Load(path, testOptions())
			if err != nil || !reflect.DeepEqual(again.Daemons, c.Daemons) {
				t.Errorf("%v: got %+v\nwant %+v", err, again, c)
			}
			if text, err := again.Differences(); err != nil || string(text) != want {
				t.Errorf("of all of it: %v:\n%s\nwant\n%s", err, text, want)
			}
		})
	}
}
