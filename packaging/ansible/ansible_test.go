package ansible

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"daemon-keeper/internal/config"
)

// option is one of meta/argument_specs.yml.
type option struct {
	Description string
	Type        string
	Elements    string
	Choices     []string
	Required    bool
	Default     any
	Options     ordered
}

// ordered are the options of a mapping, in the order of the file.
type ordered []namedOption

type namedOption struct {
	name string
	option
}

func (o *ordered) UnmarshalYAML(mapping *yaml.Node) error {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		named := namedOption{name: mapping.Content[i].Value}
		if err := mapping.Content[i+1].Decode(&named.option); err != nil {
			return err
		}
		*o = append(*o, named)
	}
	return nil
}

// options are those of a role, or of one of its options, in their order.
func options(from ordered) (names []string, byName map[string]option) {
	byName = make(map[string]option)
	for _, o := range from {
		names, byName[o.name] = append(names, o.name), o.option
	}
	return names, byName
}

// variables are those that the role takes.
func variables(t *testing.T) (names []string, byName map[string]option) {
	t.Helper()
	var specs struct {
		Specs struct {
			Main struct{ Options ordered }
		} `yaml:"argument_specs"`
	}
	readYAML(t, "roles/daemon_keeper/meta/argument_specs.yml", &specs)
	return options(specs.Specs.Main.Options)
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// The keys that the role describes are the program's own, with its own words, and in
// its order.
func TestKeys(t *testing.T) {
	_, roles := variables(t)
	daemons, forbid := roles["daemon_keeper_daemons"].Options, roles["daemon_keeper_forbid"].Options
	_, inDaemon := options(daemons)
	for section, described := range map[string]ordered{
		"daemon":   daemons[1:], // the first says what it is called
		"forbid":   forbid[1:],
		"defaults": roles["daemon_keeper_defaults"].Options,
		"cpu":      inDaemon["cpu"].Options,
		"memory":   inDaemon["memory"].Options,
	} {
		names, byName := options(described)
		var keys []string
		for _, k := range config.Keys() {
			if k.Section != section {
				continue
			}
			keys = append(keys, k.Key)
			o := byName[k.Key]
			if o.Description != k.Doc {
				t.Errorf("%s of %s: %q, not %q", k.Key, section, o.Description, k.Doc)
			}
			if isList := strings.HasPrefix(k.Syntax, "list"); isList != (o.Type == "list") {
				t.Errorf("%s of %s is %q, and for Ansible %q", k.Key, section, k.Syntax, o.Type)
			}
		}
		if !slices.Equal(names, keys) {
			t.Errorf("%s has %q, not %q", section, names, keys)
		}
	}
	for _, k := range config.Keys() {
		if k.Section == "file" && roles["daemon_keeper_"+k.Key].Description != k.Doc {
			t.Errorf("daemon_keeper_%s: %q, not %q", k.Key, roles["daemon_keeper_"+k.Key].Description, k.Doc)
		}
	}
}

// The defaults are what the specs say that they are.
func TestDefaults(t *testing.T) {
	names, byName := variables(t)
	var defaults map[string]any
	readYAML(t, "roles/daemon_keeper/defaults/main.yml", &defaults)
	for _, name := range names {
		if got, ok := defaults[name]; !ok || fmt.Sprint(got) != fmt.Sprint(byName[name].Default) || reflect.TypeOf(got) != reflect.TypeOf(byName[name].Default) {
			t.Errorf("%s is %v, and described as %v", name, got, byName[name].Default)
		}
	}
	if len(defaults) != len(names) {
		t.Errorf("there are %d defaults for %d variables", len(defaults), len(names))
	}
}

// The README's table is made of the specs.
func TestVariables(t *testing.T) {
	var want strings.Builder
	want.WriteString("| variable | type | default | meaning |\n| --- | --- | --- | --- |\n")
	names, byName := variables(t)
	for _, name := range names {
		o := byName[name]
		typ, value := o.Type, fmt.Sprint(o.Default)
		switch {
		case o.Type == "list":
			typ = map[string]string{"str": "list of texts", "dict": "list of mappings"}[o.Elements]
		case o.Type == "dict":
			typ, value = "mapping", "{}"
		case len(o.Choices) > 0:
			typ = strings.Join(o.Choices, " or ")
		case o.Type == "bool":
			typ = "true or false"
		case o.Type == "str":
			typ = "text"
		}
		if value != "" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", name, typ, value, o.Description)
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- variables: held against the argument specs and the defaults by a test -->\n")
	table, _, found := strings.Cut(rest, "<!-- end of variables -->\n")
	if !found || table != want.String() {
		t.Errorf("the README's table should be:\n%s", want.String())
	}
}
