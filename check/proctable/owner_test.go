package proctable

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const netDir = "../../testdata/proc/net/"

func recordedListeners(t *testing.T) []listener {
	t.Helper()
	var all []listener
	for _, name := range []string{"tcp", "tcp6"} {
		list, err := parseListeners(strings.NewReader(recorded(t, name)), binary.LittleEndian)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	return all
}

func recorded(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(netDir + name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// The kernel's own tables say which sockets listen where.
func TestParseListeners(t *testing.T) {
	got := make(map[string]uint64)
	for _, l := range recordedListeners(t) {
		got[l.addr.String()] = l.inode
	}
	want := map[string]uint64{
		"127.0.0.1:22":           6563754,
		"0.0.0.0:25":             6563755,
		"10.1.2.3:80":            6563756,
		"[::1]:22":               6563757,
		"[::]:443":               6563758,
		"[::]:53":                6563759,
		"[::ffff:127.0.0.1]:110": 6563760,
		"[2001:db8::1:2]:8080":   6563761,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The words of an address are numbers in the machine's own order.
func TestParseHexAddr(t *testing.T) {
	for _, tc := range []struct {
		text  string
		order binary.ByteOrder
		want  string
	}{
		{"0100007F:0016", binary.LittleEndian, "127.0.0.1:22"},
		{"7F000001:0016", binary.BigEndian, "127.0.0.1:22"},
		{"00000000:FFFF", binary.LittleEndian, "0.0.0.0:65535"},
		{"B80D0120000000000000000002000100:1F90", binary.LittleEndian, "[2001:db8::1:2]:8080"},
		{"20010DB8000000000000000000010002:1F90", binary.BigEndian, "[2001:db8::1:2]:8080"},
		{"0000000000000000FFFF00000100007F:006E", binary.LittleEndian, "[::ffff:127.0.0.1]:110"},
		{"00000000000000000000000001000000:0016", binary.LittleEndian, "[::1]:22"},
		{"", binary.LittleEndian, ""},
		{"0100007F", binary.LittleEndian, ""},
		{":0016", binary.LittleEndian, ""},
		{"0100007F:", binary.LittleEndian, ""},
		{"0100007F:10016", binary.LittleEndian, ""},
		{"0100007F:-016", binary.LittleEndian, ""},
		{"0100007:0016", binary.LittleEndian, ""},
		{"0100007F00:0016", binary.LittleEndian, ""},
		{"0100007G:0016", binary.LittleEndian, ""},
		{"0100007F0100007F:0016", binary.LittleEndian, ""},
	} {
		got, err := parseHexAddr(tc.text, tc.order)
		if (err == nil) != (tc.want != "") || err == nil && got.String() != tc.want {
			t.Errorf("%q: %v, %v; want %q", tc.text, got, err, tc.want)
		}
	}
}

const (
	listenHead = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	listenRow  = "   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100\n"
)

// The listening sockets end where others begin, but for those on their way, which
// old kernels list among them. What is mangled is an error.
func TestParseListenersRows(t *testing.T) {
	half := strings.Replace(listenRow, " 0A ", " 03 ", 1)
	open := strings.Replace(listenRow, " 0A ", " 01 ", 1)
	for _, tc := range []struct {
		name, text string
		want       int // -1: an error
	}{
		{"nothing", "", 0},
		{"heading", listenHead, 0},
		{"one", listenHead + listenRow, 1},
		{"two", listenHead + listenRow + listenRow, 2},
		{"on their way", listenHead + half + listenRow + half + listenRow, 2},
		{"others last", listenHead + listenRow + open + listenRow, 1},
		{"cut off", listenHead + listenRow + listenRow[:40], -1},
		{"no address", listenHead + strings.Replace(listenRow, "0100007F", "localhost", 1), -1},
		{"no inode", listenHead + strings.Replace(listenRow, " 7 ", " x ", 1), -1},
		{"a line without end", listenHead + strings.Repeat("x", 1<<17), -1},
	} {
		got, err := parseListeners(strings.NewReader(tc.text), binary.LittleEndian)
		if (err != nil) != (tc.want < 0) || err == nil && len(got) != tc.want {
			t.Errorf("%s: %v, %v", tc.name, got, err)
		}
	}
}

// A connection is taken by the socket that is bound most closely to its address.
func TestTaking(t *testing.T) {
	all := recordedListeners(t)
	at := func(text string, inode uint64) listener { return listener{netip.MustParseAddrPort(text), inode} }
	for _, tc := range []struct {
		name string
		list []listener
		to   string
		want []uint64
	}{
		{"IPv4", all, "127.0.0.1:22", []uint64{6563754}},
		{"IPv6", all, "[::1]:22", []uint64{6563757}},
		{"any address of IPv4", all, "127.0.0.1:25", []uint64{6563755}},
		{"not of IPv6", all, "[::1]:25", nil},
		{"any address of both", all, "127.0.0.1:443", []uint64{6563758}},
		{"any address of IPv6", all, "[::1]:443", []uint64{6563758}},
		{"IPv4 in IPv6", all, "127.0.0.1:110", []uint64{6563760}},
		{"IPv4 in IPv6, asked for so", all, "[::ffff:127.0.0.1]:22", []uint64{6563754}},
		{"another port", all, "127.0.0.1:23", nil},
		{"another address", all, "10.1.2.4:80", nil},
		{"with a zone", []listener{at("[fe80::1]:22", 1)}, "[fe80::1%eth0]:22", []uint64{1}},
		{"the closest last", []listener{at("[::]:22", 1), at("0.0.0.0:22", 2), at("127.0.0.1:22", 3)}, "127.0.0.1:22", []uint64{3}},
		{"the closest first", []listener{at("127.0.0.1:22", 3), at("0.0.0.0:22", 2), at("[::]:22", 1)}, "127.0.0.1:22", []uint64{3}},
		{"IPv4 before both", []listener{at("[::]:22", 1), at("0.0.0.0:22", 2)}, "127.0.0.1:22", []uint64{2}},
		{"any IPv4 in IPv6", []listener{at("[::ffff:0.0.0.0]:22", 1)}, "127.0.0.1:22", []uint64{1}},
		{"several", []listener{at("127.0.0.1:22", 1), at("127.0.0.1:22", 2), at("0.0.0.0:22", 3)}, "127.0.0.1:22", []uint64{1, 2}},
		{"none", nil, "127.0.0.1:22", nil},
	} {
		if got := taking(tc.list, netip.MustParseAddrPort(tc.to)); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// Of the unix sockets only those count that listen and are bound to this very path.
func TestBoundTo(t *testing.T) {
	table := recorded(t, "unix")
	const head = "Num       RefCount Protocol Flags    Type St Inode Path\n"
	for _, tc := range []struct {
		name, table, path string
		want              []uint64
		isErr             bool
	}{
		{"one", table, "/tmp/rec/app.sock", []uint64{6563766}, false},
		{"with a space", table, "/tmp/rec/a b.sock", []uint64{6563767}, false},
		{"the end of another", table, "b.sock", nil, false},
		{"the beginning of another", table, "/tmp/rec/app", nil, false},
		{"datagrams", table, "/tmp/rec/dgram.sock", nil, false},
		{"only bound", table, "/tmp/rec/bound.sock", nil, false},
		{"abstract", table, "@abstract", []uint64{6563770}, false},
		{"not there", table, "/run/x", nil, false},
		{"twice", head + "0: 2 0 00010000 0001 01 1 /x\n0: 2 0 00010000 0001 01    22 /x\n", "/x", []uint64{1, 22}, false},
		{"a line like the path", head + "0: 2 0 00010000 0001 01 1 /x /x\n", "/x", nil, false},
		{"behind a path with a line end", head + "0: 2 0 00010000 0001 01 1 /y\nflags\n0: 2 0 00010000 0001 01 22 /x\n", "/x", []uint64{22}, false},
		{"cut off", head + "0: 2 0 000100", "/x", nil, false},
		{"nothing", "", "/x", nil, false},
	} {
		list, err := parseUnixListening(strings.NewReader(tc.table))
		if got := boundTo(list, tc.path); !slices.Equal(got, tc.want) || (err != nil) != tc.isErr {
			t.Errorf("%s: %v, %v; want %v", tc.name, got, err, tc.want)
		}
	}
}

// Whatever the bytes, the parsers answer, and what they accept was there.
func FuzzParseListeners(f *testing.F) {
	for _, name := range []string{"tcp", "tcp6", "unix"} {
		f.Add([]byte(recorded(f, name)), "/tmp/rec/app.sock")
	}
	f.Add([]byte(listenHead+listenRow), "")
	f.Fuzz(func(t *testing.T, text []byte, path string) {
		list, err := parseListeners(bytes.NewReader(text), binary.LittleEndian)
		if err == nil && len(list) > bytes.Count(text, []byte(stateListen)) {
			t.Errorf("%d sockets", len(list))
		}
		for _, l := range list {
			if !l.addr.IsValid() || len(taking(list, l.addr)) == 0 {
				t.Errorf("%v is taken by none of %v", l.addr, list)
			}
		}
		if list, err := parseUnixListening(bytes.NewReader(text)); err == nil && len(boundTo(list, path)) > bytes.Count(text, []byte(path)) {
			t.Errorf("%d sockets", len(list))
		}
	})
}
