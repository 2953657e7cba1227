package config

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever a file holds: no panic, and a mistake says where and what. What is
// taken can be written, and means the same then.
func FuzzLoad(f *testing.F) {
	addExamples(f)
	for _, s := range []string{"a: &x\nb: c", "a: !!map\n- b", "- ? a\n: b", "a: |", "a: >-\n\n b", "a: [b: c]", "a: {b, c: }", "? - a", "a: 'b", "- - a\n - b", "a: *b : c", "&a b: c", "--- a\n...\n# c\n", "%a", "a:\n-", "{a: b}: c", "\"a\\u2028\": b", "[", "a: [\n]b"} {
		f.Add([]byte(s))
	}
	path := filepath.Join(f.TempDir(), "x.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, mistakes, err := Load(path, testOptions())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mistakes {
			if m.File != path || m.Message == "" || m.Line < 0 || m.Line > 0 && m.Column < 1 {
				t.Errorf("%#v", m)
			}
			for _, r := range m.Error() + m.Hint() {
				if r < ' ' {
					t.Errorf("control characters in %q, %q", m.Error(), m.Hint())
					break
				}
			}
		}
		if len(mistakes) > 0 && len(c.Daemons)+len(c.Forbid) > 0 {
			t.Error("a file with mistakes is kept")
		}
		if len(mistakes) == 0 {
			again(t, c)
		}
	})
}

// addExamples begins with the files of the other tests.
func addExamples(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/broken/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
}
