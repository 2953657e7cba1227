package report

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// head is the beginning of each object that is printed for programs.
type head struct {
	Version int       `json:"version"` // increases when a field changes its meaning or is removed
	Command string    `json:"command"`
	Time    time.Time `json:"time"`
}

// object prints a struct for programs, in one write: a reader never sees half an object
// unless the disk is full. The fields have the names of their json tags; fields without a tag
// are left out, and so are empty ones with omitempty. All text is made printable; a time is
// written by RFC 3339 in UTC, a duration in seconds, and a nil list as an empty list.
func object(w io.Writer, v any) {
	var b, out bytes.Buffer
	encode(&b, reflect.ValueOf(v))
	_ = json.Indent(&out, b.Bytes(), "", "  ") // the input is valid JSON
	out.WriteByte('\n')
	_, _ = w.Write(out.Bytes())
}

func encode(b *bytes.Buffer, v reflect.Value) {
	switch x := v.Interface().(type) {
	case time.Time:
		leaf(b, instant(x))
		return
	case time.Duration:
		leaf(b, inSeconds(x))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		b.WriteByte('{')
		fields(b, v)
		b.WriteByte('}')
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			encode(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.String:
		leaf(b, words.Printable(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			encode(b, v.Elem())
			return
		}
		fallthrough
	default:
		leaf(b, v.Interface())
	}
}

// fields prints the fields of a struct; those of an embedded struct are in their place.
func fields(b *bytes.Buffer, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, option, tagged := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fields(b, v.Field(i))
			continue
		case name == "" || name == "-" || tagged && option == "omitempty" && isEmpty(v.Field(i)):
			continue
		}
		if last := b.Bytes()[b.Len()-1]; last != '{' {
			b.WriteByte(',')
		}
		leaf(b, name)
		b.WriteByte(':')
		encode(b, v.Field(i))
	}
}

// isEmpty reports whether nothing would be printed for a value: a time that is zero in any
// zone, a duration of less than a millisecond.
func isEmpty(v reflect.Value) bool {
	switch x := v.Interface().(type) {
	case time.Time:
		return x.IsZero()
	case time.Duration:
		return inSeconds(x) == 0
	}
	return v.IsZero()
}

// leaf prints a value that can always be encoded: text, a number, true, false or null. HTML
// is not escaped, because people read the output, too, and it is not part of a web page.
func leaf(b *bytes.Buffer, v any) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	b.Truncate(b.Len() - 1) // the newline
}
