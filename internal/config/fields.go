package config

import (
	"cmp"
	"reflect"
	"strings"
)

// field is a key of a section, read from the tags of a struct:
//
//	yaml      the key
//	kind      the sort of value, see kindOf; none for a mapping
//	short     the key of that mapping that a single value stands for
//	default   the value if it is left out
//	required  it must not be left out
//	single    a list of one item may be written without brackets
//	repeats   a list may have the same text twice
//	needs     another key that must be given, too
//	doc       a line about it; for a key that is also a flag, the flag's help
type field struct {
	key, kind, short, def, needs, doc string

	required bool
	repeats  bool
	single   bool
	index    []int
	typ      reflect.Type // without the slice or the pointer to a mapping
	list     bool
}

// section is a mapping with known keys.
type section struct {
	fields []field
	byKey  map[string]int
}

func sectionOf(t reflect.Type) *section {
	s := &section{byKey: make(map[string]int)}
	for _, f := range reflect.VisibleFields(t) {
		key := f.Tag.Get("yaml")
		if key == "" {
			continue
		}
		typ := f.Type
		list := typ.Kind() == reflect.Slice
		if list || f.Tag.Get("kind") == "" {
			typ = typ.Elem()
		}
		doc := cmp.Or(f.Tag.Get("doc"), strings.Replace(f.Tag.Get("help"), " (${default})", "", 1))
		s.byKey[key] = len(s.fields)
		s.fields = append(s.fields, field{
			key: key, kind: f.Tag.Get("kind"), short: f.Tag.Get("short"), def: f.Tag.Get("default"), needs: f.Tag.Get("needs"), doc: doc,
			required: f.Tag.Get("required") != "", repeats: f.Tag.Get("repeats") != "", single: f.Tag.Get("single") != "", index: f.Index, typ: typ, list: list,
		})
	}
	return s
}

func (s *section) keys() []string {
	keys := make([]string, len(s.fields))
	for i, f := range s.fields {
		keys[i] = f.key
	}
	return keys
}

// field returns the field of a key, and nil for an unknown one.
func (s *section) field(key string) *field {
	if i, ok := s.byKey[key]; ok {
		return &s.fields[i]
	}
	return nil
}

// sections holds the section of each type. Each is made once for all files.
type sections map[reflect.Type]*section

func (s sections) of(t reflect.Type) *section {
	if s[t] != nil {
		return s[t]
	}
	made := sectionOf(t)
	if t == reflect.TypeFor[Daemon]() { // what a file sets for all has its default there
		times := s.of(reflect.TypeFor[defaults]())
		for i, f := range made.fields {
			if times.field(f.key) != nil {
				made.fields[i].def = ""
			}
		}
	}
	s[t] = made
	return made
}
