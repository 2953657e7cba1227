package proctable

import (
	"slices"
	"strings"
	"testing"
)

// Whose a process is, by its effective and its real user.
func TestIsOf(t *testing.T) {
	for _, tc := range []struct {
		effective, real, user uint32
		want                  bool
	}{
		{0, 0, 0, true},
		{33, 33, 33, true},
		{33, 0, 33, true},       // root's, which has taken on another user
		{33, 0, 0, false},       // and works as that one
		{0, 65534, 0, false},    // a set-user-ID program of root that somebody has started
		{0, 65534, 65534, true}, // is theirs
		{0, 13, 13, true},       // squid: root has given away its real id
		{7, 65534, 7, false},
		{7, 65534, 65534, false},
	} {
		p := Process{User: tc.effective, RealUser: tc.real}
		if got := p.IsOf(tc.user); got != tc.want {
			t.Errorf("effective %d, real %d, is it %d's: %v", tc.effective, tc.real, tc.user, got)
		}
	}
}

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
