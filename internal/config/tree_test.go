package config

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The library's own decoder makes the same of a file, aliases and merge keys included, as
// far as it keeps the texts.
func TestTreeIsThatOfTheLibrary(t *testing.T) {
	for _, file := range goodFiles(t) {
		data := readAll(t, file)
		root, told, stop := parse(data)
		if stop != nil || len(told) > 0 {
			t.Fatal(told, stop)
		}
		var want any
		if err := yaml.Unmarshal(data, &want); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		compare(t, file, root, want)
	}
}

func compare(t *testing.T, path string, n *node, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		if shapeOf(n) != mapping || len(n.Content) != 2*len(want) {
			t.Errorf("%s: %+v, want %v", path, n, want)
			return
		}
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if value, ok := want[key]; ok { // another key than a text is written otherwise
				compare(t, path+"."+key, n.Content[i+1], value)
			}
		}
	case map[any]any: // some key is not text
		if shapeOf(n) != mapping || len(n.Content) != 2*len(want) {
			t.Errorf("%s: %+v, want %v", path, n, want)
		}
	case []any:
		if shapeOf(n) != list || len(n.Content) != len(want) {
			t.Errorf("%s: %+v, want %v", path, n, want)
			return
		}
		for i, item := range n.Content {
			compare(t, path+"[]", item, want[i])
		}
	case string:
		if shapeOf(n) != scalar || n.Value != want {
			t.Errorf("%s: %+v, want %q", path, n, want)
		}
	case nil:
		if n != nil && shapeOf(n) != empty && !strings.HasSuffix(path, "yaml") {
			t.Errorf("%s: %+v, want nothing", path, n)
		}
	default:
		if shapeOf(n) != scalar {
			t.Errorf("%s: %+v, want %v", path, n, want)
		}
	}
}

// What is taken is what the library's own decoder makes of it, where that takes it.
func FuzzTree(f *testing.F) {
	addExamples(f)
	f.Add([]byte("a:\n  b: [c, d]\n  e:\n  - f: g\n    h: i\n  - 'j'\n"))
	f.Add([]byte("a: &x {b: c}\nd: {<<: *x, b: e}\nf: [*x, *x]\n"))
	f.Add([]byte("0:\n  0: 0\n00000: 0\n")) // one key to the library
	f.Fuzz(func(t *testing.T, data []byte) {
		root, told, stop := parse(data)
		if stop != nil || len(told) > 0 || root == nil || oddKeys(root) {
			return
		}
		var want any
		if err := yaml.Unmarshal(data, &want); err != nil {
			return // it reads dates and numbers, too
		}
		compare(t, "file", root, want)
		if t.Failed() {
			t.Logf("%q", data)
		}
	})
}

// oddKeys finds keys twice and keys that are not text, which the decoder refuses,
// and those that are the same number to the library's reader: 0 and 00 are two names.
func oddKeys(n *node) bool {
	seen := make(map[string]bool)
	for i, item := range n.Content {
		switch {
		case shapeOf(n) == mapping && i%2 == 0:
			key := asLibraryReads(item.Value)
			if seen[key] || shapeOf(item) != scalar || item.Value == "<<" {
				return true
			}
			seen[key] = true
		case oddKeys(item):
			return true
		}
	}
	return false
}

func asLibraryReads(key string) string {
	var value any
	if err := yaml.Unmarshal([]byte(key), &value); err != nil {
		return key
	}
	return fmt.Sprint(value)
}
