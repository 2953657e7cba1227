package importer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daemon-keeper/internal/config"
	"daemon-keeper/internal/golden"
)

// Each folder of testdata holds files that are imported together, the draft that they
// give, and what is told.
func TestGolden(t *testing.T) {
	folders, err := filepath.Glob("testdata/*/want.yaml")
	if err != nil || len(folders) < 6 {
		t.Fatalf("%d folders, %v", len(folders), err)
	}
	for _, want := range folders {
		folder := filepath.Dir(want)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			d, problems := Read(inputs(t, folder), nil)
			var told strings.Builder
			for _, p := range problems {
				told.WriteString(p.Error() + "\n    " + p.Hint() + "\n")
			}
			golden.File(t, want, string(d.YAML()))
			golden.File(t, filepath.Join(folder, "want.err"), told.String())
			loads(t, string(d.YAML()))
		})
	}
}

// inputs are the files of a folder but for what is wanted.
func inputs(t testing.TB, folder string) []File {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var files []File
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "want.") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{Name: e.Name(), Text: text})
	}
	return files
}

// loads reads a draft as a configuration, and one of which all that is a comment and
// looks like an entry is one.
func loads(t testing.TB, draft string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.yaml")
	for _, text := range []string{draft, switchedOn(draft)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		known := func(string) (uint32, error) { return 1000, nil }
		_, mistakes, err := config.Load(path, config.Options{LookupUser: known, LookupGroup: known})
		if err != nil || len(mistakes) > 0 {
			t.Fatalf("%v, %v, of\n%s", err, mistakes, text)
		}
	}
}

// switchedOn takes the # off the entries, as a person is to do it.
func switchedOn(draft string) string {
	var b strings.Builder
	for line := range strings.Lines(draft) {
		if strings.HasPrefix(line, "#   ") && strings.Contains(draft, "daemons:\n") && !strings.HasPrefix(line, "#   * ") && !strings.HasPrefix(line, "#   mail") {
			line = line[2:]
		}
		if line == "# daemons:\n" {
			line = line[2:]
		}
		b.WriteString(line)
	}
	return b.String()
}
