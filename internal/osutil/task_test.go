package osutil

import (
	"reflect"
	"testing"
	"time"
)

func TestParseTask(t *testing.T) {
	const rest = " S 812 800 790 34817 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1000 2\n"
	for line, want := range map[string]Task{
		"815 (sh)" + rest:               {"sh", 'S', 812, 800, 790, 34817, 123450 * time.Millisecond},
		"815 (a) S 1 1 1 ) b(c)" + rest: {"a) S 1 1 1 ) b(c", 'S', 812, 800, 790, 34817, 123450 * time.Millisecond},
		"815 (new\nline)" + rest:        {"new\nline", 'S', 812, 800, 790, 34817, 123450 * time.Millisecond},
		"815 ()" + rest:                 {"", 'S', 812, 800, 790, 34817, 123450 * time.Millisecond},
		"815 (sh) S 812 800":            {},
		"815 sh" + rest:                 {},
		"815 )sh(" + rest:               {},
		"815 (sh) S x 800 790 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1000 2":                      {},
		"815 (sh) S 812 800 790 34817 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 99999999999999999999 1000 2": {},
		"815 (sh) S 99999999999999999999 800 790 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1000 2":   {},
		"815 (sh) running 812 800 790 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1000 2":              {},
		"": {},
	} {
		got, ok := ParseTask([]byte(line))
		if !reflect.DeepEqual(got, want) || ok != (want != Task{}) {
			t.Errorf("%q: %+v, %v", line, got, ok)
		}
	}
}

func FuzzParseTask(f *testing.F) {
	f.Add([]byte("815 (sh) S 812 800 790 34817 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1000 2\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if task, ok := ParseTask(line); ok && task.Start < 0 {
			t.Errorf("%+v", task)
		}
	})
}
