package check

import (
	"net/netip"
	"testing"

	"daemon-keeper/check/proctable"
)

func TestSocketTakes(t *testing.T) {
	tcp := func(addr string) proctable.Socket {
		return proctable.Socket{Network: "tcp", Addr: netip.MustParseAddrPort(addr)}
	}
	for _, tc := range []struct {
		socket proctable.Socket
		listen Listen
		want   bool
	}{
		{tcp("0.0.0.0:80"), Listen{Network: "tcp", Address: "127.0.0.1:80"}, true},
		{tcp("0.0.0.0:80"), Listen{Network: "tcp", Address: "localhost:80"}, true},
		{tcp("127.0.0.1:80"), Listen{Network: "tcp", Address: "127.0.0.1:81"}, false},
		{tcp("127.0.0.2:80"), Listen{Network: "tcp", Address: "127.0.0.1:80"}, false},
		{proctable.Socket{Network: "tcp6", Addr: netip.MustParseAddrPort("[::]:80")}, Listen{Network: "tcp", Address: "127.0.0.1:80"}, true},
		{proctable.Socket{Network: "unix", Path: "/run/a"}, Listen{Network: "unix", Address: "/run/a"}, true},
		{proctable.Socket{Network: "unix", Path: "/run/a"}, Listen{Network: "unix", Address: "/run/b"}, false},
		{proctable.Socket{Network: "unix", Path: "127.0.0.1:80"}, Listen{Network: "tcp", Address: "127.0.0.1:80"}, false},
		{tcp("127.0.0.1:80"), Listen{Network: "unix", Address: "127.0.0.1:80"}, false},
	} {
		if got := tc.listen.TakenBy(tc.socket); got != tc.want {
			t.Errorf("%v takes %v: %v", tc.socket, tc.listen, got)
		}
	}
}
