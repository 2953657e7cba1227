package config

import (
	"fmt"
	"iter"
	"reflect"
	"strings"

	"daemon-keeper/internal/words"
)

// shared is what the files of one Load have in common.
type shared struct {
	sections
	users, groups *ids
	regexps       int // steps of all regular expressions together, see readRegexp
}

// decoder reads the tree of one file into structs, and collects every mistake.
type decoder struct {
	*shared
	file     string
	isMain   bool // the main file, not a drop-in
	told     top  // the keys at its top
	mistakes []Mistake
}

// maxMistakes is how many mistakes of one file are reported.
const maxMistakes = 1000

func (d *decoder) add(m *Mistake) {
	switch {
	case len(d.mistakes) < maxMistakes:
		m.File, m.Text = d.file, short(m.Text)
		d.mistakes = append(d.mistakes, *m)
	case len(d.mistakes) == maxMistakes:
		d.mistakes = append(d.mistakes, Mistake{d.file, m.Line, m.Column, "", fmt.Sprintf("cannot list more than %d mistakes: there are more", maxMistakes), "correct the first ones first"})
	}
}

// full reports whether no further mistake is kept. Then it is not worth the time to compose a
// message.
func (d *decoder) full() bool { return len(d.mistakes) > maxMistakes }

func (d *decoder) tell(n *node, hint, format string, args ...any) {
	if d.full() {
		return
	}
	d.add(wrong(hint, format, args...).at(n))
}

// keys are the keys of a mapping, with the nodes of their values.
type keys map[string]*node

// pairs yields the keys of a mapping in order, each with its value, and reports what is wrong
// with a key. where names the mapping for people.
func (d *decoder) pairs(n *node, where string) iter.Seq2[*node, *node] {
	return func(yield func(key, value *node) bool) {
		seen := make(map[string]int, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			first, twice := seen[key.Value]
			switch s := shapeOf(key); {
			case s == broken:
			case s == empty && key.Value == "":
				d.tell(key, "write KEY: VALUE", "cannot use nothing as a key in %s", where)
			case key.Value == "<<":
				d.tell(key, "write the values out; for times, use defaults", "cannot read a merge key in %s", where)
			case twice && d.full():
				return
			case twice:
				d.tell(key, "leave one of the two out", "duplicate key %s in %s: the first is in line %d", quote(key.Value), where, first)
			default:
				seen[key.Value] = key.Line
				if !yield(key, n.Content[i+1]) {
					return
				}
			}
		}
	}
}

// mapping reads a mapping into a struct. The keys that it returns include what an unknown key
// was probably meant to be, so that this one is not reported as missing as well.
func (d *decoder) mapping(n *node, where string, into reflect.Value) keys {
	s := d.of(into.Type())
	set := make(keys, len(n.Content)/2)
	for key, value := range d.pairs(n, where) {
		f := s.field(key.Value)
		if f == nil {
			if meant := d.unknown(key, where, s.keys()); meant != "" && set[meant] == nil {
				set[meant] = brokenAt(key)
			}
			continue
		}
		set[f.key] = value
		d.value(f, value, where, into.FieldByIndex(f.index))
	}
	d.complete(s, n, where, set)
	return set
}

// unknown reports an unknown key, and returns the key that was probably meant.
func (d *decoder) unknown(key *node, where string, known []string) string {
	if d.full() {
		return ""
	}
	d.tell(key, didYouMean(key.Value, known), "unknown key %s in %s", quote(key.Value), where)
	return words.Nearest(key.Value, known)
}

// complete looks for keys that are missing.
func (d *decoder) complete(s *section, n *node, where string, set keys) {
	for _, f := range s.fields {
		if f.required && set[f.key] == nil {
			d.tell(n, "write "+f.key+": "+kindOf(f.kind).syntax, "%s has no %s", where, f.key)
		}
		if v := set[f.key]; v != nil && f.needs != "" && set[f.needs] == nil {
			d.tell(v, "write "+f.needs+" too, or leave "+f.key+" out", "%s has %s but no %s", where, f.key, f.needs)
		}
	}
}

// value reads the value of a key.
func (d *decoder) value(f *field, n *node, where string, into reflect.Value) {
	switch {
	case shapeOf(n) == broken:
	case shapeOf(n) == empty:
		d.noValue(n, f.key, where)
	case f.list:
		d.list(f, n, where, into)
	case f.kind == "":
		d.nested(f, n, f.key+" of "+where, into)
	default:
		d.scalar(f, n, where, into)
	}
}

func (d *decoder) noValue(n *node, key, where string) {
	hint := "write one, or leave the key out"
	if n.Value != "" {
		hint = "write " + quote(n.Value) + " in quotes if that is the value"
	}
	d.tell(n, hint, "%s of %s has no value", key, where)
}

// scalar reads a single value.
func (d *decoder) scalar(f *field, n *node, where string, into reflect.Value) {
	if shapeOf(n) != scalar {
		hint := "write " + f.key + ": " + kindOf(f.kind).syntax
		if f.list {
			hint = "write each item as one value"
		}
		if shapeOf(n) == list {
			hint += "; a text that begins with [ must stand in 'quotes'"
		}
		d.tell(n, hint, "%s of %s must be one value, not %s", f.key, where, shapeOf(n))
		return
	}
	v, p := d.read(f, n.Value)
	if p == nil {
		into.Set(reflect.ValueOf(v))
		return
	}
	if strings.HasPrefix(p.message, "cannot ") {
		d.tell(n, p.hint, "%s for %s of %s", p.message, f.key, where)
		return
	}
	as := "as"
	if f.list {
		as = "in"
	}
	d.tell(n, p.hint, "cannot use %s %s %s of %s: %s", quote(n.Value), as, f.key, where, p.message)
}

// maxValue is how long a value may be, in bytes: it must fit into one line even if every
// character is escaped.
const maxValue = 1000

func (d *decoder) read(f *field, text string) (any, *problem) {
	if len(text) > maxValue {
		return nil, wrong("write a shorter one", "it has %d bytes, more than %d", len(text), maxValue)
	}
	return kindOf(f.kind).read(d, text)
}

// nested reads the mapping of a key, or the single value that may stand for it.
func (d *decoder) nested(f *field, n *node, where string, into reflect.Value) {
	v := reflect.New(f.typ)
	d.structure(f, n, where, v.Elem())
	into.Set(v)
}

func (d *decoder) structure(f *field, n *node, where string, into reflect.Value) {
	s := d.of(f.typ)
	d.defaults(s, into)
	switch {
	case shapeOf(n) == scalar && f.short != "":
		d.scalar(s.field(f.short), n, where, into.FieldByIndex(s.field(f.short).index))
	case shapeOf(n) == mapping:
		d.mapping(n, where, into)
		if len(n.Content) == 0 {
			d.tell(n, "use one of: "+strings.Join(s.keys(), ", "), "%s has no keys", where)
		}
	default:
		d.tell(n, "write "+f.key+": "+syntaxOf(s, f), "%s must be %s, not %s", where, wantedShape(f), shapeOf(n))
	}
}

func wantedShape(f *field) string {
	if f.short != "" {
		return "one value or a mapping"
	}
	return "a mapping"
}

func syntaxOf(s *section, f *field) string {
	if f.short != "" {
		return kindOf(s.field(f.short).kind).syntax
	}
	var parts []string
	for _, f := range s.fields {
		parts = append(parts, f.key+": "+kindOf(f.kind).syntax)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// defaults sets the defaults that the tags give.
func (d *decoder) defaults(s *section, into reflect.Value) {
	for _, f := range s.fields {
		if f.def == "" {
			continue
		}
		target := into.FieldByIndex(f.index)
		if !f.list {
			target.Set(d.byDefault(&f, f.def))
			continue
		}
		items := strings.Split(f.def, ", ")
		target.Set(reflect.MakeSlice(target.Type(), len(items), len(items)))
		for i, item := range items {
			target.Index(i).Set(d.byDefault(&f, item))
		}
	}
}

func (d *decoder) byDefault(f *field, text string) reflect.Value {
	v, p := kindOf(f.kind).read(d, text)
	if p != nil {
		panic("cannot use default of " + f.key + ": " + p.message)
	}
	return reflect.ValueOf(v)
}

// maxItems is how many items a list may have.
const maxItems = 1000

// list reads a list; the same text twice is a mistake.
func (d *decoder) list(f *field, n *node, where string, into reflect.Value) {
	if shapeOf(n) == scalar && f.single {
		one, out := *f, reflect.MakeSlice(into.Type(), 1, 1)
		one.list = false
		d.scalar(&one, n, where, out.Index(0))
		into.Set(out)
		return
	}
	if shapeOf(n) != list {
		hint := "write each item in a line of its own, behind a dash"
		switch {
		case shapeOf(n) == scalar && f.repeats: // a command and its arguments
			hint = "write " + f.key + ": [" + short(strings.Join(strings.Fields(n.Value), ", ")) + "]"
		case shapeOf(n) == scalar:
			hint = "write " + f.key + ": [" + short(n.Value) + "]"
		case f.kind == "variable":
			hint = "write " + f.key + ": [NAME=VALUE]"
		}
		d.tell(n, hint, "%s of %s must be a list, not %s", f.key, where, shapeOf(n))
		return
	}
	if len(n.Content) == 0 && (f.repeats || f.single) { // nothing to wait for, to run or to ask
		d.tell(n, "write at least one item, or leave the key out", "%s of %s has no items", f.key, where)
		return
	}
	if len(n.Content) > maxItems {
		d.tell(n, "leave some out", "%s of %s has %d items, more than %d", f.key, where, len(n.Content), maxItems)
		return
	}
	out := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content))
	seen := make(map[string]bool, len(n.Content))
	for i, item := range n.Content {
		switch {
		case shapeOf(item) == broken:
		case shapeOf(item) == empty:
			d.noValue(item, "an item of "+f.key, where)
		case f.kind == "":
			d.structure(f, item, f.key+" of "+where, out.Index(i))
		case shapeOf(item) == scalar && seen[item.Value] && !f.repeats:
			d.tell(item, "leave one of the two out", "%s of %s has %s twice", f.key, where, quote(item.Value))
		default:
			seen[item.Value] = true
			d.scalar(f, item, where, out.Index(i))
		}
	}
	into.Set(out)
}
