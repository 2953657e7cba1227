package report

import (
	"errors"
	"testing"
	"testing/synctest"

	gsyslog "github.com/hashicorp/go-syslog"
)

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

// A connection that the library gave up too early is asked for again; without a socket nobody
// waits.
func TestSyslogConnects(t *testing.T) {
	for _, tc := range []struct {
		name   string
		socket bool
		fails  int
		asked  int
		err    bool
	}{
		{"at once", true, 0, 1, false},
		{"on a busy machine", true, 3, 4, false},
		{"to a daemon that has ended", true, 100, mostTries, true},
		{"without one", false, 100, 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				_, err := connect(func() (gsyslog.Syslogger, error) {
					if asked++; asked <= tc.fails {
						return nil, errors.New("delivery error")
					}
					return nil, nil
				}, func(path string) bool { return tc.socket && path == "/dev/log" })
				if asked != tc.asked || (err != nil) != tc.err {
					t.Errorf("asked %d times: %v", asked, err)
				}
			})
		})
	}
}
