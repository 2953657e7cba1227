package report

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each field of the types is in its schema, and the other way round.
func TestSchemasHaveTheFields(t *testing.T) {
	for file, typ := range map[string]reflect.Type{
		reportSchema:   reflect.TypeFor[jsonReport](),
		historySchema:  reflect.TypeFor[jsonHistory](),
		inspectSchema:  reflect.TypeFor[jsonInspect](),
		pidFilesSchema: reflect.TypeFor[jsonPIDFiles](),
		whySchema:      reflect.TypeFor[jsonWhy](),
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var root node
		if err := json.Unmarshal(data, &root); err != nil {
			t.Fatal(err)
		}
		if root.child("properties").child("version")["const"] != 1.0 {
			t.Errorf("%s is of another version", file)
		}
		c := comparer{t, root, make(map[string]bool)}
		c.compare(file, typ, root)
		for name := range root.child("$defs") {
			if !c.seen[name] {
				t.Errorf("%s: nothing is a %s", file, name)
			}
		}
		if file != pidFilesSchema {
			continue
		}
		for i, v := range root.child("$defs").child("pidfile").child("properties").child("severity")["enum"].([]any) {
			if severities()[i] != v {
				t.Errorf("the schema has the severity %v", v)
			}
		}
	}
}

// comparer holds types against the objects of a schema.
type comparer struct {
	t    *testing.T
	root node
	seen map[string]bool
}

func (c comparer) compare(path string, typ reflect.Type, n node) {
	for _, key := range []string{"anyOf", "oneOf"} { // null is the other one
		list, _ := n[key].([]any)
		for _, one := range list {
			if one := one.(map[string]any); one["$ref"] != nil {
				n = one
			}
		}
	}
	if ref, ok := n["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		c.seen[name] = true
		n = c.root.child("$defs").child(name)
	}
	switch typ.Kind() {
	case reflect.Slice:
		c.compare(path, typ.Elem(), n.child("items"))
		return
	case reflect.Pointer:
		c.compare(path, typ.Elem(), n)
		return
	case reflect.Struct:
		if typ.String() == "time.Time" {
			return
		}
	default:
		return
	}
	if n["additionalProperties"] != false || n["description"] == nil {
		c.t.Errorf("%s: other fields are taken, or it is not described", path)
	}
	fields, must := c.fields(path, typ, n)
	var known, required []string
	for name := range n.child("properties") {
		known = append(known, name)
	}
	for _, name := range n["required"].([]any) {
		required = append(required, name.(string))
	}
	same(c.t, path+": fields", known, fields)
	same(c.t, path+": required", required, must)
}

// fields are the names of all, and of those that are always there.
func (c comparer) fields(path string, typ reflect.Type, n node) (all, must []string) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			more, sure := c.fields(path, f.Type, n)
			all, must = slices.Concat(all, more), slices.Concat(must, sure)
			continue
		case name == "":
			continue
		}
		all = append(all, name)
		if option == "" {
			must = append(must, name)
		}
		sub := n.child("properties").child(name)
		if text, _ := sub["description"].(string); !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, ").") {
			c.t.Errorf("%s.%s: described as %q", path, name, text)
		}
		c.compare(path+"."+name, f.Type, sub)
	}
	return all, must
}

// What would be printed as nothing is left out: a time of no day in any zone, and less than
// half a millisecond.
func TestEmptyFieldsAreLeftOut(t *testing.T) {
	var out strings.Builder
	object(&out, struct {
		Took time.Duration `json:"seconds,omitempty"`
		At   time.Time     `json:"at,omitempty"`
		List []string      `json:"list"`
	}{300 * time.Microsecond, time.Time{}.Local(), nil})
	if got := out.String(); got != "{\n  \"list\": []\n}\n" {
		t.Errorf("got %s", got)
	}
}
