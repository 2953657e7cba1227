package report

import "testing"

// Only FreeBSD's own syslogd is spared the newline.
func TestLineEnd(t *testing.T) {
	for _, tc := range []struct {
		system string
		socket bool
		want   string
	}{{"freebsd", true, "\x00"}, {"freebsd", false, ""}, {"linux", true, ""}} {
		got := lineEnd(tc.system, func(path string) bool { return tc.socket && path == "/var/run/logpriv" })
		if got != tc.want {
			t.Errorf("%s, socket %v: %q", tc.system, tc.socket, got)
		}
	}
}
