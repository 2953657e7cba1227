package proctable

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParseUnixListening(t *testing.T) {
	const head = "Num       RefCount Protocol Flags    Type St Inode Path\n"
	for _, tc := range []struct {
		name, table string
		want        []unixListener
		isErr       bool
	}{
		{"recorded", recorded(t, "unix"), []unixListener{{6563766, "/tmp/rec/app.sock"}, {6563767, "/tmp/rec/a b.sock"}, {6563770, "@abstract"}}, false},
		{"blanks at both ends of the path", head + "0: 2 0 00010000 0001 01    22  /x \n", []unixListener{{22, " /x "}}, false},
		{"without an address", head + "0: 2 0 00010000 0001 01 22\n", nil, false},
		{"a line end in a path", head + "0: 2 0 00010000 0001 01 1 /x\ny z\n0: 2 0 00010000 0001 01 2 /run/d\n", []unixListener{{1, "/x"}, {2, "/run/d"}}, false},
		{"a path like a row", head + "0: 2 0 00010000 0001 01 1 /x\n0: 2 0 flags 0001 01 3 /y\n0: 2 0 00010000 0001 01 inode /z\n", []unixListener{{1, "/x"}}, false},
		{"another table", "Num Flags Path\n0: 00010000 /x\n", nil, true},
		{"nothing", "", nil, false},
	} {
		got, err := parseUnixListening(strings.NewReader(tc.table))
		if !slices.Equal(got, tc.want) || (err != nil) != tc.isErr {
			t.Errorf("%s: %v, %v; want %v", tc.name, got, err, tc.want)
		}
	}
}

func TestSocketsOf(t *testing.T) {
	tcp := []listener{{netip.MustParseAddrPort("0.0.0.0:80"), 1}, {netip.MustParseAddrPort("127.0.0.1:22"), 2}, {netip.MustParseAddrPort("0.0.0.0:80"), 6}}
	tcp6 := []listener{{netip.MustParseAddrPort("[::]:80"), 3}}
	local := []unixListener{{4, "/run/b"}, {5, "/run/a"}}
	held := map[uint64]bool{1: true, 3: true, 4: true, 5: true, 6: true, 7: true}
	if got, want := fmt.Sprint(socketsOf(held, tcp, tcp6, local)), "[tcp 0.0.0.0:80 tcp6 [::]:80 unix /run/a unix /run/b]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var many []unixListener
	for i := range uint64(1000) {
		many, held[i] = append(many, unixListener{i, fmt.Sprint(i)}), true
	}
	if got := len(socketsOf(held, nil, nil, many)); got != mostSockets {
		t.Errorf("%d of them", got)
	}
}

func TestParseSocketLink(t *testing.T) {
	for link, want := range map[string]uint64{"socket:[6563766]": 6563766, "socket:[]": 0, "socket:[1": 0, "pipe:[1]": 0, "/dev/null": 0, "": 0, "socket:[-1]": 0} {
		if got, ok := parseSocketLink(link); got != want || ok != (want != 0) {
			t.Errorf("%q: %d, %v", link, got, ok)
		}
	}
}

func FuzzParseSockets(f *testing.F) {
	for _, name := range []string{"tcp", "tcp6", "unix"} {
		f.Add([]byte(recorded(f, name)), "socket:[7]")
	}
	f.Fuzz(func(t *testing.T, text []byte, link string) {
		list, err := parseUnixListening(bytes.NewReader(text))
		if err == nil && len(list) > bytes.Count(text, []byte("\n"))+1 {
			t.Errorf("%d sockets", len(list))
		}
		held := make(map[uint64]bool)
		if inode, ok := parseSocketLink(link); ok {
			held[inode] = true
		}
		tcp, _ := parseListeners(bytes.NewReader(text), binary.LittleEndian)
		for _, s := range socketsOf(held, tcp, tcp, list) {
			_ = s.String()
		}
	})
}

// Where init proposes to ask.
func TestReachable(t *testing.T) {
	socket := func(network, addr string) Socket {
		return Socket{Network: network, Addr: netip.MustParseAddrPort(addr)}
	}
	for _, tc := range []struct {
		list []Socket
		want string
	}{
		{nil, ""},
		{[]Socket{{Network: "unix", Path: "/run/x"}}, ""},
		{[]Socket{socket("tcp", "0.0.0.0:2222"), socket("tcp6", "[::]:2222")}, "tcp://127.0.0.1:2222"},
		{[]Socket{socket("tcp6", "[::]:22")}, "tcp6://[::1]:22"},
		{[]Socket{socket("tcp", "10.1.2.3:22")}, "tcp://10.1.2.3:22"},
		{[]Socket{socket("tcp", "10.1.2.3:22"), socket("tcp", "127.0.0.1:23")}, "tcp://127.0.0.1:23"},
		{[]Socket{socket("tcp6", "[2001:db8::1]:22"), socket("tcp", "10.1.2.3:22")}, "tcp://10.1.2.3:22"},
	} {
		if got := Reachable(tc.list); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.list, got, tc.want)
		}
	}
}
