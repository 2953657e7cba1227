package realtest

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fakeTree builds a tree of one file, and counts how often it did.
const fakeTree = `set -eu
mkdir "$1"
echo "$2" "$3" >"$1/file"
echo built >>"${1%/*/*}/count"
`

func TestBuildTree(t *testing.T) {
	Need(t)

	t.Run("two at once build one", func(t *testing.T) {
		cache := t.TempDir()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				tree, err := buildTree(cache, fakeTree, "", []string{"a"}, t.Logf)
				if text, _ := os.ReadFile(filepath.Join(tree, "file")); err != nil || string(text) != " a\n" {
					t.Errorf("%q, %v", text, err)
				}
			})
		}
		wg.Wait()
		if left, _ := filepath.Glob(filepath.Join(cache, "*.building")); left != nil {
			t.Errorf("left %q", left)
		}
		if count, _ := os.ReadFile(filepath.Join(cache, "count")); string(count) != "built\n" {
			t.Errorf("built: %q", count)
		}
	})

	t.Run("a build that failed is not a tree", func(t *testing.T) {
		cache := t.TempDir()
		script := fakeTree + "[ -e " + cache + "/again ] || { echo oh no; exit 1; }\n"
		_, err := buildTree(cache, script, "", []string{"a"}, t.Logf)
		if err == nil || !strings.Contains(err.Error(), "oh no") {
			t.Fatalf("the error is %v", err)
		}
		if err := os.WriteFile(filepath.Join(cache, "again"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		tree, err := buildTree(cache, script, "", []string{"a"}, t.Logf)
		if err != nil || !present(tree) {
			t.Errorf("the second build: %q, %v", tree, err)
		}
	})

	t.Run("a tree that others are made from", func(t *testing.T) {
		cache := t.TempDir()
		a, errA := buildTree(cache, fakeTree, "/base/a", []string{"x"}, t.Logf)
		b, errB := buildTree(cache, fakeTree, "/base/b", []string{"x"}, t.Logf)
		if text, err := os.ReadFile(filepath.Join(b, "file")); errA != nil || errB != nil || err != nil || a == b || string(text) != "/base/b x\n" {
			t.Errorf("%q, %v, %q, %v, %q, %v", a, errA, b, errB, text, err)
		}
	})

	t.Run("other packages are another tree", func(t *testing.T) {
		cache := t.TempDir()
		a, errA := buildTree(cache, fakeTree, "", []string{"a"}, t.Logf)
		b, errB := buildTree(cache, fakeTree, "", []string{"b"}, t.Logf)
		if errA != nil || errB != nil || a == b {
			t.Errorf("%q, %v, %q, %v", a, errA, b, errB)
		}
	})
}
