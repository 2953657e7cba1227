package check

import (
	"slices"
	"strings"
	"testing"
)

// However many arguments a process claims, a bounded part of them is read.
func TestArgsHaveALimit(t *testing.T) {
	many := slices.Repeat([]string{"a"}, argsMost+1)
	for _, tc := range []struct {
		name string
		args []string
		want int
		cut  bool
	}{
		{"none", nil, 0, false},
		{"some", []string{"x", "-f"}, 2, false},
		{"as many as are read", many[:argsMost], argsMost, false},
		{"one more", many, argsMost, true},
		{"too long", []string{"x", strings.Repeat("y", argsLimit)}, 1, true},
	} {
		if got, cut := clipArgs(tc.args); len(got) != tc.want || cut != tc.cut {
			t.Errorf("split, %s: %d, %v", tc.name, len(got), cut)
		}
		text := []byte(strings.Join(tc.args, "\x00"))
		isCut := len(text) > argsLimit // which is told as tooManyArgs
		if got, cut := parseArgs(text[:min(len(text), argsLimit)], isCut); len(got) < tc.want || len(got) > argsMost || cut != tc.cut {
			t.Errorf("as the kernel has them, %s: %d, %v", tc.name, len(got), cut)
		}
	}
	if !strings.Contains(tooManyArgs, "65536 bytes, or 4096") {
		t.Error(tooManyArgs)
	}
}
