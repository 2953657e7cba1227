package proctable

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestParseChildren(t *testing.T) {
	for text, want := range map[string][]int{
		"":                       nil,
		"7 ":                     {7},
		"7 12 4194303 ":          {7, 12, 4194303},
		"7 x 12 ":                {7},
		"0 7 ":                   nil,
		"-3":                     nil,
		"99999999999999999999 7": nil,
	} {
		if got := parseChildren([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	var many strings.Builder
	for n := range 1000 {
		many.WriteString(strconv.Itoa(n+1) + " ")
	}
	if got := parseChildren([]byte(many.String())); len(got) != maxChildren {
		t.Errorf("%d of a thousand", len(got))
	}
}

// Whatever the file holds, what is read of it are a few process ids.
func FuzzParseChildren(f *testing.F) {
	f.Add([]byte("7 12 "))
	f.Fuzz(func(t *testing.T, text []byte) {
		list := parseChildren(text)
		if len(list) > maxChildren || slices.ContainsFunc(list, func(pid int) bool { return pid < 1 }) {
			t.Errorf("%v", list)
		}
	})
}
