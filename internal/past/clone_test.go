package past

import (
	"reflect"
	"testing"
	"time"
)

// Whatever field a Daemon gets, a clone shares no slice, map or pointer with it.
func TestClone(t *testing.T) {
	var original Daemon
	fill(t, reflect.ValueOf(&original).Elem())
	clone := original.Clone()
	if !reflect.DeepEqual(original, clone) {
		t.Errorf("the clone differs:\n%+v\n%+v", original, clone)
	}
	shared(t, "Daemon", reflect.ValueOf(original), reflect.ValueOf(clone))
	if zero := (Daemon{}).Clone(); !reflect.DeepEqual(zero, Daemon{}) {
		t.Errorf("the clone of nothing is %+v", zero)
	}
}

// opaque are values that nobody can change: a time points to its zone.
var opaque = reflect.TypeFor[time.Time]()

// fill gives every field a value, and every slice, map and pointer an element.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	if v.Type() == opaque {
		v.Set(reflect.ValueOf(time.Unix(1, 0).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key)
		fill(t, value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint64:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("fill a %s", v.Type())
	}
}

// shared fails for each reference that two values have in common.
func shared(t *testing.T, where string, a, b reflect.Value) {
	t.Helper()
	if a.Type() == opaque {
		return
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			shared(t, where+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Slice, reflect.Map, reflect.Pointer:
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", where)
			return
		}
		switch a.Kind() {
		case reflect.Slice:
			shared(t, where+"[]", a.Index(0), b.Index(0))
		case reflect.Map:
			key := a.MapKeys()[0]
			shared(t, where+"[]", a.MapIndex(key), b.MapIndex(key))
		default:
			shared(t, where, a.Elem(), b.Elem())
		}
	}
}
