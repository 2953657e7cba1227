package config

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// YAML writes the configuration with every value spelled out, as a file of the same meaning.
// References to daemons that it does not contain are left out.
func (c Config) YAML() ([]byte, error) { return c.write(&writer{sections: make(sections)}) }

// Differences is YAML without values that are the default. A value that all daemons share is
// written once, below defaults.
func (c Config) Differences() ([]byte, error) {
	w := &writer{sections: make(sections), brief: true}
	w.times = w.common(c.Daemons)
	return c.write(w)
}

// common returns the usual defaults, but with the values that all daemons share in place of
// them.
func (w *writer) common(daemons []Daemon) defaults {
	times := w.usual(reflect.TypeFor[defaults]()).Interface().(defaults)
	if len(daemons) < 2 {
		return times
	}
	into, daemon := reflect.ValueOf(&times).Elem(), w.of(reflect.TypeFor[Daemon]())
	for _, f := range w.of(into.Type()).fields {
		of := func(d Daemon) reflect.Value { return reflect.ValueOf(d).FieldByIndex(daemon.field(f.key).index) }
		first := of(daemons[0])
		differs := func(d Daemon) bool { return !reflect.DeepEqual(of(d).Interface(), first.Interface()) }
		said := !first.IsZero() || f.spelled() // without a probe there is no limit for it
		if said && !slices.ContainsFunc(daemons[1:], differs) {
			into.FieldByIndex(f.index).Set(first)
		}
	}
	return times
}

func (c Config) write(w *writer) ([]byte, error) {
	daemons := make(map[string]bool, len(c.Daemons))
	for _, d := range c.Daemons {
		daemons[d.Name] = true
	}
	if !reflect.ValueOf(c.Notify).IsZero() {
		w.mapping(0, reflect.ValueOf(c.Notify))
	}
	if !reflect.ValueOf(c.Evidence).IsZero() {
		w.mapping(0, reflect.ValueOf(c.Evidence))
	}
	if w.brief && !reflect.DeepEqual(w.times, w.usual(reflect.TypeFor[defaults]()).Interface()) {
		w.line(0, defaultsKey+":")
		w.mapping(1, reflect.ValueOf(w.times))
	}
	if len(c.Daemons) > 0 {
		w.line(0, daemonsKey+":")
	}
	for _, d := range c.Daemons {
		d.After = slices.DeleteFunc(slices.Clone(d.After), func(name string) bool { return !daemons[name] })
		w.line(1, Quoted(d.Name)+":")
		w.mapping(2, reflect.ValueOf(d))
	}
	if len(c.Forbid) > 0 {
		w.line(0, forbidKey+":")
	}
	for _, r := range c.Forbid {
		w.line(1, Quoted(r.Name)+":")
		w.mapping(2, reflect.ValueOf(r))
	}
	return w.buf.Bytes(), nil
}

type writer struct {
	sections
	brief bool     // what has its default is left out
	times defaults // of the file; daemons have these values unless they set their own
	buf   bytes.Buffer
}

func (w *writer) line(level int, text string) {
	w.buf.WriteString(strings.Repeat("  ", level))
	w.buf.WriteString(text)
	w.buf.WriteByte('\n')
}

func (w *writer) mapping(level int, v reflect.Value) {
	usual := w.usual(v.Type())
	for _, f := range w.of(v.Type()).fields {
		value := v.FieldByIndex(f.index)
		if w.brief && reflect.DeepEqual(value.Interface(), usual.FieldByIndex(f.index).Interface()) {
			continue
		}
		if d, ok := v.Interface().(Daemon); ok && f.key == "services" && len(d.Start) > 0 { // start implies its services
			continue
		}
		w.field(level, &f, value)
	}
}

// usual returns the defaults of a type, which are needed only if values are left out.
func (w *writer) usual(t reflect.Type) reflect.Value {
	into := reflect.New(t).Elem()
	if !w.brief {
		return into
	}
	d := &decoder{shared: &shared{sections: w.sections}}
	d.defaults(w.of(t), into)
	if t == reflect.TypeFor[Daemon]() {
		into.Addr().Interface().(*Daemon).take(w.times)
	}
	return into
}

func (w *writer) field(level int, f *field, v reflect.Value) {
	switch {
	case (f.key == "services" || f.key == "respect") && v.Len() == 0: // an empty list has a meaning
		w.line(level, f.key+": []")
	case v.IsZero() && !f.spelled(), f.list && v.Len() == 0:
	case f.single && v.Len() == 1:
		w.line(level, f.key+": "+Quoted(text(v.Index(0).Interface())))
	case f.list && f.kind != "":
		w.line(level, f.key+":")
		for i := range v.Len() {
			w.line(level+1, "- "+Quoted(text(v.Index(i).Interface())))
		}
	case f.list:
		w.line(level, f.key+":")
		for i := range v.Len() {
			w.item(level+1, v.Index(i))
		}
	case f.kind == "":
		w.line(level, f.key+":")
		w.mapping(level+1, v.Elem())
	default:
		w.line(level, f.key+": "+Quoted(text(v.Interface())))
	}
}

// spelled reports whether a zero value is written: false is, and a time of 0, unless 0 means
// that the time is not checked.
func (f *field) spelled() bool {
	return (f.kind == "time" && f.key != "min_age") || f.kind == "bool"
}

// item writes a mapping as an item of a list.
func (w *writer) item(level int, v reflect.Value) {
	start := w.buf.Len()
	w.mapping(level+1, v)
	dash := start + 2*level
	if dash < w.buf.Len() {
		w.buf.Bytes()[dash] = '-'
	}
}

// Quoted puts a text in quotes unless it would be read as the same text without them, by us and
// by programs that take yes for true.
func Quoted(s string) string {
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		if s != "true" && s != "false" {
			return strconv.Quote(s)
		}
	}
	first := strings.Trim(s, wordFirst+"./@+%-") == "" && s != "" && strings.Contains(wordFirst+"/", s[:1])
	if address := strings.ReplaceAll(s, "://", ""); first || strings.HasPrefix(s, "unix://") && strings.Trim(address, wordFirst+"./@+-") == "" ||
		strings.HasPrefix(s, "tcp") && strings.Trim(address, wordFirst+".:") == "" && !strings.HasSuffix(s, ":") && strings.Contains(s, "://") {
		return s
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return strconv.Quote(s)
}
