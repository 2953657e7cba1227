// Package golden compares what tests get with files, and writes the files anew if the tests
// are run with -update. Only tests import it.
package golden

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Updating reports whether the tests are run with -update.
func Updating() bool { return *update }

// File compares a text with the content of a file.
func File(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		write(t, path, []byte(got))
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("go test -update writes it anew:\n%s", diff.Diff(path, want, "got", []byte(got)))
	}
}

// Cases are the texts of a test, each under the name of its case: a txtar archive.
type Cases struct {
	path string

	mu   sync.Mutex
	want map[string]string
	got  map[string]string
}

// Open reads the texts of a test from testdata. At the end of the test it reports texts in the
// file that belong to no case, or writes the file anew.
func Open(t testing.TB, name string) *Cases {
	t.Helper()
	c := &Cases{path: filepath.Join("testdata", name), want: make(map[string]string), got: make(map[string]string)}
	archive, err := txtar.ParseFile(c.path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if err == nil {
		for _, f := range archive.Files {
			c.want[f.Name] = string(f.Data)
		}
	}
	t.Cleanup(func() { c.end(t) })
	return c
}

// Check compares the text of a case with the file. A name or a text with several lines is
// fine; a missing newline at the end of the text does not matter.
func (c *Cases) Check(t testing.TB, name, got string) {
	t.Helper()
	name = title(name)
	if got = strings.TrimRight(got, "\n"); got != "" {
		got += "\n"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, twice := c.got[name]; twice {
		t.Errorf("%s: two cases have the name %s", c.path, name)
	}
	c.got[name] = got
	if want, ok := c.want[name]; !*update && (!ok || got != want) {
		t.Errorf("%s, %s; got:\n%s\nwant (go test -update writes it anew):\n%s", c.path, name, got, want)
	}
}

// end writes the file, with the cases in the order of their names.
func (c *Cases) end(t testing.TB) {
	isPart := strings.Contains(flag.Lookup("test.run").Value.String(), "/") || t.Skipped() // some cases were not run
	if *update && !t.Failed() {
		if isPart {
			maps.Copy(c.want, c.got)
		} else {
			c.want = c.got
		}
		archive := new(txtar.Archive)
		for _, name := range slices.Sorted(maps.Keys(c.want)) {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(c.want[name])})
		}
		write(t, c.path, txtar.Format(archive))
		return
	}
	for name := range c.want {
		if _, ok := c.got[name]; !ok && !isPart && !t.Failed() {
			t.Errorf("%s has a text of %s, which is not a case of the test", c.path, name)
		}
	}
}

// title makes a name fit for a line of its own.
func title(name string) string {
	if strconv.Quote(name) != `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)+`"` || strings.TrimSpace(name) != name || name == "" {
		return strconv.Quote(name)
	}
	return name
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
