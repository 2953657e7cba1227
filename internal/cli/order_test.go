package cli

import (
	"strings"
	"testing"
)

type flags struct {
	Names      []string `arg:"" optional:""`
	Config     []string `short:"c"`
	Service    []string `short:"s"`
	Executable []string `short:"e"`
	Quiet      bool     `short:"q"`
	Verbose    bool     `short:"v"`
}

// Flags may stand before the command; their values are not commands.
func TestFlagsBeforeTheCommand(t *testing.T) {
	for _, tc := range []struct {
		args  string
		first string // what they are in the end
		meant string
	}{
		{"", "", ""},
		{"status", "status", ""},
		{"-c /x status", "status -c /x", ""},
		{"-c/x status", "status -c/x", ""},
		{"--config=/x status", "status --config=/x", ""},
		{"--config /x -v status a", "status --config /x -v a", ""},
		{"-qc /x check", "check -qc /x", ""},
		{"-c status", "-c status", ""},
		{"-c status check", "check -c status", ""},
		{"-s status -e /x", "-s status -e /x", ""},
		{"-- status", "-- status", ""},
		{"-v nginx status", "-v nginx status", ""},
		{"run status", "run status", ""},
		{"statsu", "statsu", "status"},
		{"-v hsitory", "-v hsitory", "history"},
		{"nginx", "nginx", ""},
		{"run statsu", "run statsu", ""},
		{"-", "-", ""},
		{"-c", "-c", ""},
	} {
		parser, err := New(new(struct {
			Run     flags    `cmd:"" default:"withargs"`
			Check   flags    `cmd:""`
			Status  flags    `cmd:""`
			History struct{} `cmd:""`
		}), nil)
		if err != nil {
			t.Fatal(err)
		}
		args := commandFirst(strings.Fields(tc.args), parser.model())
		if got := strings.Join(args, " "); got != tc.first {
			t.Errorf("%q becomes %q, want %q", tc.args, got, tc.first)
		}
		if got := mistyped(args, parser.model()); got != tc.meant {
			t.Errorf("%q: meant is %q, want %q", tc.args, got, tc.meant)
		}
	}
}
