package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// object is a JSON object. Its keys are written in alphabetical order, so the schema is the
// same each time.
type object = map[string]any

// Schema is the JSON Schema (draft 2020-12) of a file, for editors. It accepts more than Load
// does: it does not know other files, users or duplicates.
func Schema() []byte {
	s := schema{make(sections)}
	defs := make(object)
	for _, k := range keyedSections() {
		defs[k.name] = s.section(k.typ)
	}
	top := defs["file"].(object)["properties"].(object)
	delete(defs, "file")
	top["on_incident"].(object)["prefixItems"] = []any{object{"type": "string", "pattern": "^/"}}
	top[defaultsKey] = object{"$ref": "#/$defs/defaults", "description": "Times for the daemons of this file; in the main file, for those of the drop-ins too."}
	top[daemonsKey] = s.named("#/$defs/daemon", "The daemons to keep, by name.")
	top[forbidKey] = s.named("#/$defs/forbid", "What should not run, by name; it is reported and never restarted.")
	s.daemon(defs["daemon"].(object))
	s.rule(defs["forbid"].(object))
	defs["exempt"].(object)["minProperties"] = 1
	defs["memory"].(object)["minProperties"] = 1
	root := object{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "daemon-keeper.yaml",
		"type":                 []string{"object", "null"}, // an empty file is fine
		"additionalProperties": false,
		"properties":           top,
		"$defs":                defs,
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		panic(err) // strings and maps of them
	}
	return buf.Bytes()
}

type schema struct {
	sections
}

// named is the schema of a mapping whose keys are names.
func (s schema) named(ref, doc string) object {
	return object{
		"type": "object", "description": doc,
		"propertyNames":        object{"pattern": namePattern, "maxLength": maxName},
		"additionalProperties": object{"$ref": ref},
	}
}

func (s schema) section(t reflect.Type) object {
	properties, needs := make(object), make(map[string][]string)
	var required []string
	for _, f := range s.of(t).fields {
		p := s.property(&f)
		p["description"] = f.doc
		switch {
		case f.def != "" && f.list:
			p["default"] = strings.Split(f.def, ", ")
		case f.def != "":
			p["default"] = f.def
		}
		properties[f.key] = p
		if f.required {
			required = append(required, f.key)
		}
		if f.needs != "" {
			needs[f.key] = []string{f.needs}
		}
	}
	o := object{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		o["required"] = required
	}
	if len(needs) > 0 {
		o["dependentRequired"] = needs
	}
	return o
}

func (s schema) property(f *field) object {
	var item object
	switch {
	case f.kind != "":
		item = value(kindOf(f.kind))
	case f.short != "":
		item = object{"anyOf": []any{value(kindOf(s.of(f.typ).field(f.short).kind)), object{"$ref": "#/$defs/" + f.key}}}
	default:
		item = object{"$ref": "#/$defs/" + f.key}
	}
	if !f.list {
		return item
	}
	list := object{"type": "array", "items": item}
	switch {
	case f.repeats:
		list["minItems"] = 1
	case f.kind != "":
		list["uniqueItems"] = true
	}
	if f.single {
		list["minItems"] = 1
		return object{"anyOf": []any{item, list}}
	}
	return list
}

// value is the schema of a single value. What YAML reads as a number is a number for an editor,
// too; the pattern does not apply to it.
func value(k kind) object {
	switch {
	case k.words != nil && k.words[0] == "true":
		return object{"type": "boolean"}
	case k.words != nil:
		return object{"enum": k.words}
	case k.least != nil:
		return object{"type": []string{"string", "integer"}, "pattern": k.pattern, "minimum": *k.least}
	case k.zero:
		return object{"anyOf": []any{object{"type": "string", "pattern": k.pattern}, object{"const": 0}}}
	case k.anything:
		return object{"type": []string{"string", "number", "boolean"}, "pattern": k.pattern}
	}
	return object{"type": "string", "pattern": k.pattern}
}

// daemon adds what one key requires of another.
func (s schema) daemon(o object) {
	o["anyOf"] = []any{required("executable"), required("name"), required("start")}
	mayBeNone := object{
		"required":   []string{"count"},
		"properties": object{"count": object{"anyOf": []any{object{"const": 0}, object{"type": "string", "pattern": "^0(-|$)"}}}},
		"not":        required("restart_on"),
	}
	o["allOf"] = []any{
		object{"anyOf": []any{required("services"), required("start"), mayBeNone}},
		object{"not": object{"required": []string{"services", "start"}}},
		object{"if": required("restart_on"), "then": object{"properties": object{"services": object{"minItems": 1}}}},
	}
	for _, reason := range reasons() {
		o["allOf"] = append(o["allOf"].([]any), object{
			"if": object{
				"required":   []string{"restart_on"},
				"properties": object{"restart_on": object{"contains": object{"const": reason}}},
			},
			"then": required(keyOfReason(reason)),
		})
	}
}

// rule requires a key that says which processes are meant.
func (s schema) rule(o object) {
	var any []any
	for _, key := range meaningKeys(s.of(reflect.TypeFor[Rule]())) {
		any = append(any, required(key))
	}
	o["anyOf"] = any
}

func required(key string) object { return object{"required": []string{key}} }
