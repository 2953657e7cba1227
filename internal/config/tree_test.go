package config

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// goccy's own reader makes the same of a file, as far as it keeps the texts.
func TestTreeIsThatOfTheParser(t *testing.T) {
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
		if n.shape != mapping || len(n.pairs) != len(want) {
			t.Errorf("%s: %+v, want %v", path, n, want)
			return
		}
		for _, p := range n.pairs {
			if value, ok := want[p.key.text]; ok { // another key than a text is written otherwise
				compare(t, path+"."+p.key.text, p.value, value)
			}
		}
	case []any:
		if n.shape != list || len(n.items) != len(want) {
			t.Errorf("%s: %+v, want %v", path, n, want)
			return
		}
		for i, item := range n.items {
			compare(t, path+"[]", item, want[i])
		}
	case string:
		if n.shape != scalar || n.text != want {
			t.Errorf("%s: %+v, want %q", path, n, want)
		}
	case nil:
		if n != nil && n.shape != empty && !strings.HasSuffix(path, "yaml") {
			t.Errorf("%s: %+v, want nothing", path, n)
		}
	default:
		if n.shape != scalar {
			t.Errorf("%s: %+v, want %v", path, n, want)
		}
	}
}

// What is taken is what goccy's own reader makes of it, and nothing it refuses.
func FuzzTree(f *testing.F) {
	addExamples(f)
	f.Add([]byte("a:\n  b: [c, d]\n  e:\n  - f: g\n    h: i\n  - 'j'\n"))
	f.Add([]byte("0:\n  0: 0\n00000: 0\n")) // one key to goccy
	f.Fuzz(func(t *testing.T, data []byte) {
		root, told, stop := parse(data)
		if stop != nil || len(told) > 0 || root == nil || oddKeys(root) {
			return
		}
		data, _ = clean(data) // it loses tabs and counts a carriage return as text
		if bytes.Contains(data, []byte("-\n")) {
			return // "a:\n-\nb:\n" it reads as {a: [{b: null}]}
		}
		var want any
		if err := yaml.Unmarshal(data, &want); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		compare(t, "file", root, want)
		if t.Failed() {
			t.Logf("%q", data)
		}
	})
}

// oddKeys finds keys twice and keys that are no text, which the decoder refuses,
// and those that are the same number to goccy's reader: 0 and 00 are two names.
func oddKeys(n *node) bool {
	seen := make(map[string]bool)
	for _, p := range n.pairs {
		key := asGoccyReads(p.key.text)
		if seen[key] || p.key.shape != scalar || p.key.text == "<<" || oddKeys(p.value) {
			return true
		}
		seen[key] = true
	}
	for _, item := range n.items {
		if oddKeys(item) {
			return true
		}
	}
	return false
}

func asGoccyReads(key string) string {
	var value any
	if err := yaml.Unmarshal([]byte(key), &value); err != nil {
		return key
	}
	return fmt.Sprint(value)
}
