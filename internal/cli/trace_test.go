package cli

import (
	"slices"
	"testing"
)

// All behind -- is the program's, whatever it is; before it nothing is.
func TestTrace(t *testing.T) {
	for _, args := range [][]string{{"trace", "--", "/sbin/x", "-v", "--", "--help", "\xff", ""}, {"--no-syslog", "trace", "--follow", "--", "x"}} {
		c, err := Parse(args, testDefaults)
		at := slices.Index(args, "--")
		if err != nil || c.Action != Trace || !slices.Equal(c.Program, args[at+1:]) || c.Verbose || !c.Looks() {
			t.Errorf("%q: %+v, %v", args, c, err)
		}
		if c.Follow != slices.Contains(args, "--follow") || c.NoSyslog != slices.Contains(args, "--no-syslog") {
			t.Errorf("%q: %+v", args, c)
		}
	}
	for _, args := range [][]string{{"trace"}, {"trace", "--"}, {"trace", "--", ""}, {"trace", "/sbin/x"}, {"trace", "/sbin/x", "--", "y"}, {"trace", "--tag=", "--", "x"}, {"trace", "-x", "--", "y"}} {
		if c, err := Parse(args, testDefaults); err == nil {
			t.Errorf("%q: %+v", args, c)
		}
	}
	if c, err := Parse([]string{"trace", "--help"}, testDefaults); err != nil || c.Action != PrintHelp {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := Parse([]string{"trace", "--", "--help"}, testDefaults); err != nil || c.Action != Trace {
		t.Errorf("%+v, %v", c, err)
	}
}
