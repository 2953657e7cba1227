package proctable

import (
	"errors"
	"strings"
	"testing"
)

// A table that shows too little is blind, however it came about.
func TestSighted(t *testing.T) {
	for _, tc := range []struct {
		name      string
		pids      []int
		needsInit bool
		why       string // "" if it can be believed
	}{
		{"complete", []int{1, 2, 50}, true, ""},
		{"in any order", []int{50, 9, 1}, true, ""},
		{"just the two", []int{1, 50}, true, ""},
		{"jail without process 1", []int{40, 50}, false, ""},
		{"jail with process 1", []int{1, 50}, false, ""},
		{"no own process", []int{1, 2, 51}, true, "our own process 50 is not in it"},
		{"no own process in a jail", []int{2, 51}, false, "our own process 50 is not in it"},
		{"hidepid: no process 1", []int{2, 50}, true, "process 1 is not in it"},
		{"hidepid: only ourselves", []int{50}, true, "1 rows"},
		{"only ourselves in a jail", []int{50}, false, "1 rows"},
		{"empty", []int{}, true, "0 rows"},
		{"nil", nil, false, "0 rows"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := sighted(tc.pids, 50, tc.needsInit)
			var blind *BlindError
			switch {
			case tc.why == "" && err != nil:
				t.Error(err)
			case tc.why != "" && (!errors.As(err, &blind) || !strings.Contains(blind.Why, tc.why)):
				t.Errorf("error %v, want a BlindError with %q", err, tc.why)
			}
		})
	}
	if err := (&BlindError{Why: "it has 0 rows"}); err.Error() != "cannot trust the process table: it has 0 rows" {
		t.Errorf("%q", err)
	}
}
