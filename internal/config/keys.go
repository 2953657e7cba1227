package config

import "reflect"

// Key is a row of the table of keys.
type Key struct {
	Section string // file, defaults, daemon, forbid, exempt, pidfile, cpu or memory
	Key     string
	Syntax  string
	Default string // "" if there is none
	Doc     string // a sentence or two
}

// keyed is a part of the configuration that has keys of its own.
type keyed struct {
	name string
	typ  reflect.Type
}

func keyedSections() []keyed {
	return []keyed{
		{"file", reflect.TypeFor[top]()},
		{"defaults", reflect.TypeFor[defaults]()},
		{"daemon", reflect.TypeFor[Daemon]()},
		{"forbid", reflect.TypeFor[Rule]()},
		{"exempt", reflect.TypeFor[Exemption]()},
		{"pidfile", reflect.TypeFor[PIDFile]()},
		{"cpu", reflect.TypeFor[CPU]()},
		{"memory", reflect.TypeFor[Memory]()},
	}
}

// Keys returns all keys of all sections, in the order of the types.
func Keys() []Key {
	var keys []Key
	cache := make(sections)
	times := cache.of(reflect.TypeFor[defaults]())
	for _, s := range keyedSections() {
		for _, f := range cache.of(s.typ).fields {
			k := Key{s.name, f.key, f.syntax(cache), f.def, f.doc}
			if t := times.field(f.key); t != nil {
				k.Default = t.def
				if s.typ != reflect.TypeFor[defaults]() {
					k.Default = "that of defaults"
				}
			}
			keys = append(keys, k)
		}
	}
	return keys
}

// syntax describes how the value is written.
func (f *field) syntax(cache sections) string {
	switch {
	case f.single:
		return kindOf(f.kind).syntax + ", or a list of them"
	case f.kind != "":
		return kindOf(f.kind).syntax
	case f.list:
		return "list of /PATH or mappings"
	case f.short != "":
		return kindOf(cache.of(f.typ).field(f.short).kind).syntax + " or a mapping"
	}
	return "mapping"
}
