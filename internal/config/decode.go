package config

import (
	"fmt"
	"reflect"
	"strings"

	"daemon-keeper/internal/words"
)

// shared is what the files of one Load have in common.
type shared struct {
	sections
	users, groups *ids
	regexps       int // what all regular expressions together take, see readRegexp
}

// decoder reads one file's tree into structs, and notes every mistake.
type decoder struct {
	*shared
	file     string
	isMain   bool // and no drop-in
	told     top  // what stands at its top
	mistakes []Mistake
}

// maxMistakes of one file are told: whoever has more has another problem.
const maxMistakes = 1000

func (d *decoder) add(at position, text string, p *problem) {
	switch {
	case len(d.mistakes) < maxMistakes:
		d.mistakes = append(d.mistakes, Mistake{d.file, at.line, at.column, short(text), p.message, p.hint})
	case len(d.mistakes) == maxMistakes:
		d.mistakes = append(d.mistakes, Mistake{d.file, at.line, at.column, "", fmt.Sprintf("cannot list more than %d mistakes: there are more", maxMistakes), "correct the first ones first"})
	}
}

// full reports whether there is no room for another mistake. Then finding words for
// it would only take time.
func (d *decoder) full() bool { return len(d.mistakes) > maxMistakes }

func (d *decoder) tell(n *node, hint, format string, args ...any) {
	if d.full() {
		return
	}
	d.add(n.position, n.text, wrong(hint, format, args...))
}

// keys are those that a mapping has, with their values' nodes.
type keys map[string]*node

// pairs goes through a mapping, tells what is wrong with its keys, and returns
// the rest in order. where names the mapping for people.
func (d *decoder) pairs(n *node, where string) []pair {
	seen := make(map[string]position, len(n.pairs))
	out := n.pairs[:0:0]
	for _, p := range n.pairs {
		switch {
		case p.key.shape == broken:
			continue
		case p.key.shape == empty && p.key.text == "":
			d.tell(p.key, "write KEY: VALUE", "cannot use nothing as a key in %s", where)
			continue
		case p.key.text == "<<":
			d.tell(p.key, "write the values out; for times, use defaults", "cannot read a merge key in %s", where)
			continue
		}
		if first, twice := seen[p.key.text]; twice {
			if d.full() {
				return nil
			}
			d.tell(p.key, "leave one of the two out", "duplicate key %s in %s: the first is in line %d", quote(p.key.text), where, first.line)
			continue
		}
		seen[p.key.text] = p.key.position
		out = append(out, p)
	}
	return out
}

// mapping reads a mapping into a struct. The keys that it returns include what
// an unknown one was probably meant for, so that it is not called missing as well.
func (d *decoder) mapping(n *node, where string, into reflect.Value) keys {
	s := d.of(into.Type())
	set := make(keys, len(n.pairs))
	for _, p := range d.pairs(n, where) {
		f := s.field(p.key.text)
		if f == nil {
			if meant := d.unknown(p.key, where, s.keys()); meant != "" && set[meant] == nil {
				set[meant] = &node{position: p.key.position, shape: broken}
			}
			continue
		}
		set[f.key] = p.value
		d.value(f, p.value, where, into.FieldByIndex(f.index))
	}
	d.complete(s, n, where, set)
	return set
}

// unknown tells of a key that is none, and returns what was probably meant.
func (d *decoder) unknown(key *node, where string, known []string) string {
	if d.full() {
		return ""
	}
	d.tell(key, didYouMean(key.text, known), "unknown key %s in %s", quote(key.text), where)
	return words.Nearest(key.text, known)
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

// value reads what is behind a key.
func (d *decoder) value(f *field, n *node, where string, into reflect.Value) {
	switch {
	case n.shape == broken:
	case n.shape == empty:
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
	if n.text != "" {
		hint = "write " + quote(n.text) + " in quotes if that is the value"
	}
	d.tell(n, hint, "%s of %s has no value", key, where)
}

// scalar reads a single value.
func (d *decoder) scalar(f *field, n *node, where string, into reflect.Value) {
	if n.shape != scalar {
		hint := "write " + f.key + ": " + kindOf(f.kind).syntax
		if f.list {
			hint = "write each item as one value"
		}
		if n.shape == list {
			hint += "; a text that begins with [ must stand in 'quotes'"
		}
		d.tell(n, hint, "%s of %s must be one value, not %s", f.key, where, n.shape)
		return
	}
	v, p := d.read(f, n.text)
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
	d.tell(n, p.hint, "cannot use %s %s %s of %s: %s", quote(n.text), as, f.key, where, p.message)
}

// maxValue is what still fits into one line when it is written with escapes.
const maxValue = 1000

func (d *decoder) read(f *field, text string) (any, *problem) {
	if len(text) > maxValue {
		return nil, wrong("write a shorter one", "it has %d bytes, more than %d", len(text), maxValue)
	}
	return kindOf(f.kind).read(d, text)
}

// nested reads a mapping behind a key, or the value that stands for it.
func (d *decoder) nested(f *field, n *node, where string, into reflect.Value) {
	v := reflect.New(f.typ)
	d.structure(f, n, where, v.Elem())
	into.Set(v)
}

func (d *decoder) structure(f *field, n *node, where string, into reflect.Value) {
	s := d.of(f.typ)
	d.defaults(s, into)
	switch {
	case n.shape == scalar && f.short != "":
		d.scalar(s.field(f.short), n, where, into.FieldByIndex(s.field(f.short).index))
	case n.shape == mapping:
		d.mapping(n, where, into)
		if len(n.pairs) == 0 {
			d.tell(n, "use one of: "+strings.Join(s.keys(), ", "), "%s has no keys", where)
		}
	default:
		d.tell(n, "write "+f.key+": "+syntaxOf(s, f), "%s must be %s, not %s", where, shapeOf(f), n.shape)
	}
}

func shapeOf(f *field) string {
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

// defaults puts in what the tags say.
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

// maxItems of a list are more than anybody needs.
const maxItems = 1000

// list reads a list; the same text twice is a mistake.
func (d *decoder) list(f *field, n *node, where string, into reflect.Value) {
	if n.shape == scalar && f.single {
		one, out := *f, reflect.MakeSlice(into.Type(), 1, 1)
		one.list = false
		d.scalar(&one, n, where, out.Index(0))
		into.Set(out)
		return
	}
	if n.shape != list {
		hint := "write each item in a line of its own, behind a dash"
		switch {
		case n.shape == scalar && f.repeats: // a command and its arguments
			hint = "write " + f.key + ": [" + short(strings.Join(strings.Fields(n.text), ", ")) + "]"
		case n.shape == scalar:
			hint = "write " + f.key + ": [" + short(n.text) + "]"
		case f.kind == "variable":
			hint = "write " + f.key + ": [NAME=VALUE]"
		}
		d.tell(n, hint, "%s of %s must be a list, not %s", f.key, where, n.shape)
		return
	}
	if len(n.items) == 0 && (f.repeats || f.single) { // nothing to wait for, to run or to ask
		d.tell(n, "write at least one item, or leave the key out", "%s of %s has no items", f.key, where)
		return
	}
	if len(n.items) > maxItems {
		d.tell(n, "leave some out", "%s of %s has %d items, more than %d", f.key, where, len(n.items), maxItems)
		return
	}
	out := reflect.MakeSlice(into.Type(), len(n.items), len(n.items))
	seen := make(map[string]bool, len(n.items))
	for i, item := range n.items {
		switch {
		case item.shape == broken:
		case item.shape == empty:
			d.noValue(item, "an item of "+f.key, where)
		case f.kind == "":
			d.structure(f, item, f.key+" of "+where, out.Index(i))
		case item.shape == scalar && seen[item.text] && !f.repeats:
			d.tell(item, "leave one of the two out", "%s of %s has %s twice", f.key, where, quote(item.text))
		default:
			seen[item.text] = true
			d.scalar(f, item, where, out.Index(i))
		}
	}
	into.Set(out)
}
