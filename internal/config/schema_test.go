package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"daemon-keeper/internal/golden"
)

const schemaFile = "../../docs/daemon-keeper.schema.json"

func readAll(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The file for editors is that of the types.
func TestSchemaFile(t *testing.T) { golden.File(t, schemaFile, string(Schema())) }

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance is what an editor sees of a file.
func instance(t *testing.T, data []byte) (any, error) {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		return nil, err
	}
	text, err := json.Marshal(withTextKeys(v))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

// withTextKeys makes texts of keys that are none, such as null, as editors do.
func withTextKeys(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withTextKeys(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = withTextKeys(v[key])
		}
	case map[any]any:
		m := make(map[string]any, len(v))
		for key, value := range v {
			name := fmt.Sprint(key)
			if key == nil {
				name = "null"
			}
			m[name] = withTextKeys(value)
		}
		return m
	}
	return v
}

func TestSchemaTakesGoodFiles(t *testing.T) {
	s := compiled(t)
	for _, file := range goodFiles(t) {
		written, err := load(t, file).YAML()
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{readAll(t, file), written} {
			v, err := instance(t, data)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(v); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// What the schema cannot see: other entries, users, duplicates, and what another
// reader of YAML takes for good.
func TestSchemaRefusesBrokenFiles(t *testing.T) {
	blind := []string{
		"after", "anchor", "behind-header", "colon-below", "block-scalar", "braces", "bom", "cycle", "directive", "duplicate-key", "joined-blank", "joined-list", "long-line", "long-regexp", "nested", "needs-quotes",
		"no-value", "question-mark", "same-name", "tab-between", "tricks", "two-documents", "utf16", "control", "latin1",
	}
	s := compiled(t)
	files, _ := filepath.Glob("testdata/broken/*.yaml")
	refused := 0
	for _, file := range files {
		v, err := instance(t, readAll(t, file))
		if err == nil {
			err = s.Validate(v)
		}
		if err != nil {
			refused++
		} else if !slices.Contains(blind, strings.TrimSuffix(filepath.Base(file), ".yaml")) {
			t.Errorf("%s is taken", file)
		}
	}
	if refused < len(files)*2/3 {
		t.Errorf("%d of %d are refused", refused, len(files))
	}
}

// Each single value of these is refused by the schema as it is by Load.
func TestSchemaRefusesSingleValues(t *testing.T) {
	s := compiled(t)
	for _, line := range []string{
		"executable: clamd", "name: a/b", "parent: 0", "count: 1-2-3", "count: -1", "listen: 127.0.0.1:22", "pidfile: run/x", "pidfile: {locked: true}", "pidfile: {path: /x, locked: 1}",
		"cpu: {for: 1s}", "cpu: {over: 95}", "memory: {}", "memory: {rss: 512}", "files: 0", "files: x", "min_age: 5", "restart_on: [moon]", "restart_on: [cpu]", "services: x",
		"services: [-a]", "services: [a, a]", "after: [a b]", "recheck: 2", "send: x", "expect: x", "probe_timeout: 5s", "user: [a]", "label: ''", "colour: red", "services: []\n    restart_on: [cpu]\n    cpu: {over: 1%}",
	} {
		text := "daemons:\n  a:\n    " + line + "\n"
		if !strings.HasPrefix(line, "executable") {
			text += "    executable: /a\n"
		}
		if !strings.HasPrefix(line, "services") {
			text += "    services: [a]\n"
		}
		v, err := instance(t, []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if s.Validate(v) == nil {
			t.Errorf("%s is taken", line)
		}
		path := filepath.Join(t.TempDir(), "x.yaml")
		write(t, path, text)
		if _, mistakes, err := Load(path, testOptions()); err != nil || len(mistakes) == 0 {
			t.Errorf("Load takes %s", line)
		}
	}
}
