package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/golden"
)

// lay writes files below a new folder and returns the path of the main file. Names
// without a slash are drop-ins.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, "keeper.d", name)
		if name == "main" {
			path = filepath.Join(dir, "keeper.yaml")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "keeper.yaml")
}

// one daemon in a file of its own.
func daemon(name string, more ...string) string {
	return fmt.Sprintf("daemons: {%s: {executable: /%s, services: [%s]%s}}\n", name, name, name, strings.Join(append([]string{""}, more...), ", "))
}

func names(c Config) string {
	var all []string
	for _, d := range c.Daemons {
		all = append(all, d.Name)
	}
	for _, r := range c.Forbid {
		all = append(all, r.Name)
	}
	return strings.Join(all, " ")
}

// read loads and returns the names that are kept and the mistakes, without the
// folder's name.
func read(t *testing.T, path string) (Config, string, string) {
	t.Helper()
	opts := testOptions()
	opts.CheckOwner = true
	c, mistakes, err := Load(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range mistakes {
		all = append(all, strings.ReplaceAll(m.Error(), filepath.Dir(path)+"/", ""))
	}
	return c, names(c), strings.Join(all, "\n")
}

func TestDropIns(t *testing.T) {
	texts := golden.Open(t, "drop_ins.txtar")
	for _, tc := range []struct {
		name  string
		files map[string]string
		kept  string
	}{
		{"in the order of names, after the main file", map[string]string{
			"main": "daemons: {z: {name: z, services: []}, a: {name: a, services: []}}", "20-b.yaml": daemon("b"), "10-d.yaml": daemon("d"), "C.yaml": daemon("c"),
		}, "z a d b c"},
		{"only comments", map[string]string{"main": "# nothing"}, ""},
		{"without a main file", map[string]string{"b.yaml": daemon("b"), "a.yaml": daemon("a")}, "a b"},
		{"hidden files, backups and others are left out", map[string]string{
			"a.yaml": daemon("a"), ".b.yaml": "x", "c.yaml~": "x", "d.yaml.bak": "x", "#e.yaml#": "x", "f.yaml.dpkg-dist": "x", "README": "x", ".#g.yaml": "x", "yaml": "x",
		}, "a"},
		{"a name that looks right is told", map[string]string{"a.yaml": daemon("a"), "b.yml": daemon("b")}, "a"},
		{"a broken one takes no other with it", map[string]string{
			"main": daemon("m"), "a.yaml": "daemons:\n  a:\n    excutable: /a\n    services: [a]\n", "b.yaml": "daemons: [", "c.yaml": daemon("c"),
		}, "m c"},
		{"a broken main file neither", map[string]string{"main": "daemon: {}", "a.yaml": daemon("a")}, "a"},
		{"the first definition holds", map[string]string{
			"main": daemon("m"), "a.yaml": daemon("a"), "b.yaml": "daemons: {b: {name: b, services: []}, a: {name: x, services: []}}", "c.yaml": "forbid: {m: {user: root}}",
		}, "m a"},
		{"a broken file's definition is one too", map[string]string{
			"a.yaml": "daemons: {x: {name: x}}", "b.yaml": "daemons: {x: {name: x, services: []}}",
		}, ""},
		{"references across files", map[string]string{"main": daemon("m", "after: [a]"), "a.yaml": daemon("a")}, "m a"},
		{"a reference to nothing", map[string]string{"main": daemon("m"), "a.yaml": daemon("a", "after: [n]")}, "m"},
		{"a reference into a refused file", map[string]string{"main": daemon("m", "after: [a]"), "a.yaml": daemon("a", "foo: x")}, "m"},
		{"a reference into who knows what", map[string]string{"main": daemon("m", "after: [a]"), "a.yaml": "daemons: ["}, "m"},
		{"a reference to itself is told even then", map[string]string{"main": daemon("m", "after: [m]"), "a.yaml": "daemons: ["}, ""},
		{"a cycle refuses the file that closes it", map[string]string{
			"main": daemon("m", "after: [b]"), "a.yaml": daemon("a", "after: [m]"), "b.yaml": daemon("b", "after: [a]"), "c.yaml": daemon("c", "after: [b]"),
		}, "m a c"},
		{"two cycles that share a daemon", map[string]string{
			"a.yaml": daemon("a", "after: [b, c]"), "b.yaml": daemon("b", "after: [a]"), "c.yaml": daemon("c", "after: [a]"),
		}, "a"},
		{"no cycle through a refused file", map[string]string{
			"a.yaml": daemon("a", "after: [b]"), "b.yaml": daemon("b", "after: [a]", "foo: x"),
		}, "a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, kept, mistakes := read(t, lay(t, tc.files))
			if kept != tc.kept {
				t.Errorf("kept %q, want %q", kept, tc.kept)
			}
			texts.Check(t, tc.name, mistakes)
			again(t, c)
		})
	}
}

// Files are those that were read, be they kept or refused.
func TestFiles(t *testing.T) {
	path := lay(t, map[string]string{"main": daemon("m"), "a.yaml": "[", "b.yaml": daemon("b"), "c.yaml": daemon("c")})
	chmod(t, filepath.Join(filepath.Dir(path), "keeper.d", "b.yaml"), 0o666)
	c, _, _ := read(t, path)
	if got := strings.ReplaceAll(strings.Join(c.Files, " "), filepath.Dir(path)+"/", ""); got != "keeper.yaml keeper.d/a.yaml keeper.d/c.yaml" {
		t.Error(got)
	}
}

// Own value, the file's, the main file's, the built-in one.
func TestReachOfDefaults(t *testing.T) {
	path := lay(t, map[string]string{
		"main":   "daemons: {m: {name: m, services: []}}\ndefaults: {settle: 9s, verify: 10s, recheck: 11s}\n",
		"a.yaml": "daemons: {a: {name: a, services: [], recheck: 5s}}\ndefaults: {verify: 7s, recheck: 6s}\n",
		"b.yaml": "daemons: {b: {name: b, services: []}}\n",
	})
	c, _, mistakes := read(t, path)
	if mistakes != "" {
		t.Fatal(mistakes)
	}
	want := []string{"m 11s 10s 9s 1m0s", "a 5s 7s 9s 1m0s", "b 11s 10s 9s 1m0s"}
	for i, d := range c.Daemons {
		if got := fmt.Sprintln(d.Name, d.Recheck, d.Verify, d.Settle, d.StopTimeout); got != want[i]+"\n" {
			t.Errorf("got %q, want %q", got, want[i])
		}
	}
}

// A main file that is refused still gives its defaults, where they are sound.
func TestDefaultsOfARefusedFile(t *testing.T) {
	path := lay(t, map[string]string{
		"main":   "defaults: {settle: 9s, verify: soon}\ndaemons: {m: {}}\n",
		"a.yaml": daemon("a"),
	})
	c, kept, _ := read(t, path)
	if d := c.Daemons[0]; kept != "a" || d.Settle != 9*time.Second || d.Verify != 30*time.Second {
		t.Errorf("got %+v", d)
	}
}

func TestNothingThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keeper.yml")
	for _, prepare := range []func(){
		func() {},
		func() { mkdir(t, filepath.Join(filepath.Dir(path), "keeper.d"), 0o755) },
		func() { write(t, filepath.Join(filepath.Dir(path), "keeper.d", "README"), "x") },
	} {
		prepare()
		_, mistakes, err := Load(path, Options{CheckOwner: true})
		var none *NotFoundError
		if !errors.As(err, &none) || none.Path != path || none.Folder != strings.TrimSuffix(path, ".yml")+".d" || none.Hint() == "" || len(mistakes) > 0 {
			t.Errorf("got %v, %v", err, mistakes)
		}
	}
}

func TestFolderOf(t *testing.T) {
	for path, want := range map[string]string{"/etc/x.yaml": "/etc/x.d", "/etc/x.yml": "/etc/x.d", "/etc/x.conf": "/etc/x.conf.d", "/etc/x": "/etc/x.d", "x.y.yaml": "x.y.d"} {
		if got := folderOf(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// What is not a regular file is refused at once, and nobody is waited for.
func TestNoRegularFile(t *testing.T) {
	path := lay(t, map[string]string{"z.yaml": daemon("z")})
	folder := filepath.Join(filepath.Dir(path), "keeper.d")
	if err := syscall.Mkfifo(filepath.Join(folder, "a.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	mkdir(t, filepath.Join(folder, "b.yaml"), 0o755)
	for name, target := range map[string]string{"c.yaml": "nowhere", "d.yaml": "d.yaml", "e.yaml": "/dev/zero"} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, check := range []bool{true, false} {
		c, mistakes, err := Load(path, Options{CheckOwner: check})
		if err != nil || names(c) != "z" || len(mistakes) != 6 {
			t.Errorf("check %v: kept %q, %v, %v", check, names(c), mistakes, err)
		}
		for _, m := range mistakes {
			if m.Line != 0 || !strings.Contains(m.Message, "cannot ") {
				t.Error(m)
			}
		}
	}
}

func TestFolderThatCannotBeRead(t *testing.T) {
	path := lay(t, map[string]string{"main": daemon("m")})
	folder := filepath.Join(filepath.Dir(path), "keeper.d")
	write(t, folder, "x")
	if _, kept, mistakes := read(t, path); kept != "m" || mistakes != "keeper.d: cannot trust "+folder+": it is not a folder" && !strings.Contains(mistakes, "not a folder") {
		t.Errorf("kept %q, %s", kept, mistakes)
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", folder); err != nil {
		t.Fatal(err)
	}
	if _, kept, mistakes := read(t, path); kept != "m" || !strings.Contains(mistakes, "link to nothing") {
		t.Errorf("kept %q, %s", kept, mistakes)
	}
}

// A main file that is a link to nothing is told as that, to root, too.
func TestLinkToNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keeper.yaml")
	if err := os.Symlink("nowhere", path); err != nil {
		t.Fatal(err)
	}
	for _, check := range []bool{false, true} {
		_, mistakes, err := Load(path, Options{CheckOwner: check})
		if text := fmt.Sprint(mistakes, err); !strings.Contains(text, "link to nothing") {
			t.Errorf("check %v: %s", check, text)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Run("bytes", func(t *testing.T) {
		path := lay(t, map[string]string{"main": daemon("m") + strings.Repeat("# 4567890123456\n", maxBytes/16), "a.yaml": daemon("a")})
		if _, kept, mistakes := read(t, path); kept != "a" || mistakes != "keeper.yaml: cannot read more than 1 MiB" {
			t.Errorf("kept %q, %s", kept, mistakes)
		}
	})
	t.Run("as many bytes as may be", func(t *testing.T) {
		text := daemon("m")
		text += strings.Repeat("# 4567890123456\n", (maxBytes-len(text))/16)
		text += strings.Repeat("\n", maxBytes-len(text))
		if _, kept, mistakes := read(t, lay(t, map[string]string{"main": text})); kept != "m" {
			t.Error(mistakes)
		}
	})
	t.Run("daemons", func(t *testing.T) {
		var b strings.Builder
		b.WriteString("daemons:\n")
		for i := range maxEntries {
			fmt.Fprintf(&b, "  d%d: {name: d%d, services: [x]}\n", i, i)
		}
		path := lay(t, map[string]string{"main": b.String()})
		c, _, mistakes := read(t, path)
		if len(c.Daemons) != maxEntries {
			t.Fatalf("kept %d: %s", len(c.Daemons), mistakes)
		}
		write(t, filepath.Join(filepath.Dir(path), "keeper.d", "a.yaml"), daemon("a"))
		c, _, mistakes = read(t, path)
		if len(c.Daemons) != maxEntries || mistakes != "keeper.d/a.yaml: cannot keep more than 10000 daemons and rules: this file would make it 10001" {
			t.Errorf("kept %d: %s", len(c.Daemons), mistakes)
		}
	})
	t.Run("drop-ins", func(t *testing.T) {
		path := lay(t, map[string]string{"main": daemon("m")})
		for i := range maxFiles + 1 {
			write(t, filepath.Join(filepath.Dir(path), "keeper.d", fmt.Sprintf("%d.yaml", i)), "")
		}
		if _, kept, mistakes := read(t, path); kept != "m" || mistakes != "keeper.d: cannot read more than 10000 drop-ins" {
			t.Errorf("kept %q, %s", kept, mistakes)
		}
	})
	t.Run("items", func(t *testing.T) {
		for n, want := range map[int]string{maxItems: "", maxItems + 1: "keeper.yaml:1:48: services of daemon x has 1001 items, more than 1000"} {
			var b strings.Builder
			b.WriteString("daemons: {x: {executable: /x, count: 1-, services: [")
			for i := range n {
				fmt.Fprintf(&b, "s%d,\n", i)
			}
			b.WriteString("]}}")
			if _, _, mistakes := read(t, lay(t, map[string]string{"main": b.String()})); !strings.Contains(mistakes, strings.TrimPrefix(want, "keeper.yaml:1:48: ")) || (mistakes == "") != (want == "") {
				t.Errorf("%d: %s", n, mistakes)
			}
		}
	})
	t.Run("aliases", func(t *testing.T) {
		path := lay(t, map[string]string{"main": aliases()})
		if _, _, mistakes := read(t, path); !strings.Contains(mistakes, "cannot read more than 200000 values") && !strings.Contains(mistakes, "cannot read more than 16 levels") {
			t.Error(mistakes)
		}
	})
	t.Run("mistakes", func(t *testing.T) {
		path := lay(t, map[string]string{"main": "daemons: {x: {name: x, services: []}}\n" + strings.Repeat("daemons: {}\n", 2000)})
		_, mistakes, err := Load(path, Options{})
		if err != nil || len(mistakes) != maxMistakes+1 {
			t.Errorf("%d, %v", len(mistakes), err)
		}
	})
}

func TestSelect(t *testing.T) {
	c := load(t, "testdata/good/issue.yaml")
	for wanted, want := range map[string]string{
		"":                      "clamd postfix sshd java-app gid0-not-uid0 one-init",
		"sshd":                  "sshd",
		"one-init sshd clamd":   "clamd sshd one-init",
		"sshd sshd":             "sshd",
		"shhd":                  `cannot find "shhd" in the configuration: no daemon and no rule has that name, did you mean "sshd"?`,
		"sshd nothing-of-these": `cannot find "nothing-of-these" in the configuration: no daemon and no rule has that name, list the names with: daemon-keeper validate`,
	} {
		selected, err := c.Select(strings.Fields(wanted))
		got := names(selected)
		var unknown *UnknownNameError
		if errors.As(err, &unknown) {
			got = err.Error() + ", " + unknown.Hint()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", wanted, got, want)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// Files that hold only comments are what a package has laid down; one without
// anything may have lost its content.
func TestBlank(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  bool
	}{
		{"comments", map[string]string{"main": "# daemons:\n#   x: {}\n"}, true},
		{"comments in a drop-in, too", map[string]string{"main": "# nothing yet\n", "a.yaml": "\n  # nor here\n"}, true},
		{"a document without content", map[string]string{"main": "---\n# nothing yet\n"}, true},
		{"no byte", map[string]string{"main": ""}, false},
		{"a drop-in without a byte", map[string]string{"main": "# nothing yet\n", "a.yaml": ""}, false},
		{"no daemon", map[string]string{"main": "daemons: {} # yet\n"}, false},
		{"defaults", map[string]string{"main": "# mine\ndefaults: {recheck: 1s}\n"}, false},
		{"a daemon", map[string]string{"main": "# mine\n" + daemon("a")}, false},
		{"a mistake", map[string]string{"main": "# mine\ndaemons: [\n"}, false},
	} {
		if got, _, _ := read(t, lay(t, c.files)); got.Blank != c.want {
			t.Errorf("%s: %v", c.name, got.Blank)
		}
	}
}

// A part may name daemons of other files, and define nothing; what is wrong with it by
// itself is still wrong.
func TestPart(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
	}{
		{"after a daemon of another file", daemon("a", "after: [b]"), ""},
		{"defaults only", "defaults: {recheck: 1s}\n", ""},
		{"nothing", "# nothing\n", ""},
		{"after itself", daemon("a", "after: [a]"), "cannot come after itself"},
		{"a circle", "daemons: {a: {executable: /a, services: [a], after: [b]}, b: {executable: /b, services: [b], after: [a]}}\n", "after"},
		{"an unknown key", "defaults: {rechec: 1s}\n", "unknown key"},
	} {
		opts := testOptions()
		opts.Part = true
		_, mistakes, err := Load(lay(t, map[string]string{"main": c.text}), opts)
		if err != nil || (len(mistakes) == 0) != (c.want == "") || len(mistakes) > 0 && !strings.Contains(mistakes[0].Error(), c.want) {
			t.Errorf("%s: %v, %v", c.name, mistakes, err)
		}
	}
}
