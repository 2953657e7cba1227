package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

func testDecoder() *decoder {
	return &decoder{shared: &shared{sections: make(sections), users: newUsers(known), groups: newGroups(known)}}
}

// What a text means, and what is written for it again; "" in again is the text itself.
func TestValues(t *testing.T) {
	for _, tc := range []struct {
		kind, text string
		want       any
		again      string
	}{
		{"count", "0", &words.Count{Min: 0, Max: 0}, ""},
		{"count", "0-0", &words.Count{Min: 0, Max: 0}, "0"},
		{"count", "1", &words.Count{Min: 1, Max: 1}, ""},
		{"count", "1-2", &words.Count{Min: 1, Max: 2}, ""},
		{"count", "1-", &words.Count{Min: 1, Max: words.NoLimit}, ""},
		{"count", "0-", &words.Count{Min: 0, Max: words.NoLimit}, ""},
		{"count", "2147483647", &words.Count{Min: 1<<31 - 1, Max: 1<<31 - 1}, ""},
		{"time", "0", time.Duration(0), "0s"},
		{"time", "0s", time.Duration(0), ""},
		{"time", "500ms", 500 * time.Millisecond, ""},
		{"time", "90s", 90 * time.Second, "1m30s"},
		{"time", "2m0s", 2 * time.Minute, "2m"},
		{"time", "1h30m", 90 * time.Minute, ""},
		{"time", "10m", 10 * time.Minute, ""},
		{"time", "20h", 20 * time.Hour, ""},
		{"time", "24h", 24 * time.Hour, ""},
		{"time", "1.5s", 1500 * time.Millisecond, ""},
		{"timeout", "1ms", time.Millisecond, ""},
		{"patience", "100ms", 100 * time.Millisecond, ""},
		{"patience", "1m", time.Minute, ""},
		{"window", "1s", time.Second, ""},
		{"window", "50s", 50 * time.Second, ""},
		{"cpu", "95%", 0.95, ""},
		{"cpu", "57%", 0.57, ""},
		{"cpu", "0.001%", 0.00001, ""},
		{"cpu", "33.333%", 0.33332999999999996, ""}, // as near as dividing by 100 comes
		{"cpu", "100000%", 1000.0, ""},
		{"size", "1B", uint64(1), ""},
		{"size", "1K", uint64(1024), "1KiB"},
		{"size", "1KB", uint64(1024), "1KiB"},
		{"size", "1KiB", uint64(1024), ""},
		{"size", "512M", uint64(512 << 20), "512MiB"},
		{"size", "2 GiB", uint64(2 << 30), "2GiB"},
		{"size", "1.5G", uint64(3 << 29), "1536MiB"},
		{"size", "1025B", uint64(1025), ""},
		{"size", "1024T", uint64(1 << 50), "1024TiB"},
		{"files", "1000", &Files{Number: 1000}, ""},
		{"files", "80%", &Files{Share: 0.8}, ""},
		{"files", "100%", &Files{Share: 1}, ""},
		{"user", "clamav", &ID{Text: "clamav", Number: 64}, ""},
		{"user", "0", &ID{Text: "0", Number: 0}, ""},
		{"group", "4294967295", &ID{Text: "4294967295", Number: 1<<32 - 1}, ""},
		{"address", "tcp://127.0.0.1:22", Address{"tcp", "127.0.0.1:22"}, ""},
		{"address", "tcp://localhost:65535", Address{"tcp", "localhost:65535"}, ""},
		{"address", "tcp6://localhost:1", Address{"tcp6", "localhost:1"}, ""},
		{"address", "tcp6://[::1]:22", Address{"tcp6", "[::1]:22"}, ""},
		{"address", "tcp6://[fe80::1%eth0]:22", Address{"tcp6", "[fe80::1%eth0]:22"}, ""},
		{"address", "unix:///run/x.sock", Address{"unix", "/run/x.sock"}, ""},
		{"address", "unix:///" + strings.Repeat("x", maxSocket-1), Address{"unix", "/" + strings.Repeat("x", maxSocket-1)}, ""},
		{"path", "/a b", "/a b", ""},
		{"program", "/a/b-*/c", "/a/b-*/c", ""},
		{"filename", "a b", "a b", ""},
		{"bool", "true", true, ""},
		{"bool", "false", false, ""},
		{"service", "clamav-clamd@1.x:y", "clamav-clamd@1.x:y", ""},
		{"service", strings.Repeat("a", 240), strings.Repeat("a", 240), ""},
		{"name", "a.b@c+d-e", "a.b@c+d-e", ""},
		{"name", strings.Repeat("a", 64), strings.Repeat("a", 64), ""},
	} {
		got, p := kindOf(tc.kind).read(testDecoder(), tc.text)
		if p != nil {
			t.Errorf("%s %q: %v", tc.kind, tc.text, p)
			continue
		}
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s %q is %v, want %v", tc.kind, tc.text, got, tc.want)
		}
		if tc.again == "" {
			tc.again = tc.text
		}
		if again := text(got); again != tc.again {
			t.Errorf("%s %q is written %q, want %q", tc.kind, tc.text, again, tc.again)
		}
	}
}

func TestValuesThatAreRefused(t *testing.T) {
	for kind, texts := range map[string][]string{
		"count":    {"", "-", "-1", "1-2-", "2-1", "01", "1-02", "+1", "1.0", "0x1", "1_0", "２", " 1", "1 - 2", "99999999999999999999", "0-2147483648", "1--2"},
		"time":     {"", "1", "00", "-1s", "+1s", "-0s", "24h1ns", "999999999h", "1 s", "2d", "s", "1e3s"},
		"timeout":  {"0", "0s", "999us"},
		"patience": {"0", "0s", "99ms", "61s", "2"},
		"window":   {"0", "999ms", "50001ms"},
		"cpu":      {"", "95", "%", "-1%", "0%", "0.0001%", "100001%", "1e2%", "0x1p2%", "inf%", "95 %", ".5%"},
		"size":     {"", "0B", "0", "512", "1X", "1KK", "1kB", "1BiB", "1BB", "-1K", "1.K", ".5K", "1.2345K", "1  K", "1e3K", "0.1B", "8388608T", "99999999999T", "B", "K", "1.2.3K", "0x1K", "infK"},
		"files":    {"", "0", "0%", "101%", "-1", "80 %", "01", "x"},
		"user":     {"", "4294967296", "007", "99999999999999999999"},
		"address":  {"", "tcp", "tcp://", "tcp://:1", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://127.0.0.1:0", "tcp://127.0.0.1:065", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:ssh", "tcp://::1:22", "tcp://[127.0.0.1]:22", "tcp://[::1:22", "tcp6://127.0.0.1:22", "tcp4://127.0.0.1:22", "TCP://127.0.0.1:1", "unix://", "unix://x", "unix:///a\x00b", "unix:///" + strings.Repeat("x", maxSocket), "udp://127.0.0.1:1", "tcp://host:1", "http://127.0.0.1:80", "tcp://[]:1", "tcp://127.1:1"},
		"path":     {"", "a", "./a", "~/a", "/a\x00"},
		"program":  {"", "a", "/a/b*", "/a/*/b*", "/*/*/a", "*/a", "/a\x00"},
		"filename": {"", "a/b", "/", "a\x00"},
		"text":     {""},
		"regexp":   {"", "(", "*a", "a{1001}", `(?<x`, strings.Repeat("(x{100}){100}", 3), `\8`},
		"pid":      {"", "0", "-1", "01", "1.0", "x", "2147483648"},
		"bool":     {"", "yes", "True", "1"},
		"service":  {"", "-a", ".a", "a b", "a/b", "é", "a\n", strings.Repeat("a", 241), ":a"},
		"name":     {"", "-a", ".a", "a b", "a/b", "a:b", "é", "a\x00", strings.Repeat("a", 65), "+a"},
		"reason":   {"", "cpus", "count"},
	} {
		for _, text := range texts {
			got, p := kindOf(kind).read(testDecoder(), text)
			if p == nil {
				t.Errorf("%s %q is %v", kind, text, got)
			} else if p.message == "" || p.hint == "" && kind != "reason" {
				t.Errorf("%s %q: %q, hint %q", kind, text, p.message, p.hint)
			}
		}
	}
}

// A name is looked up once, and why it could not be is said.
func TestLookups(t *testing.T) {
	calls := 0
	users := newUsers(func(name string) (uint32, error) { calls++; return known(name) })
	for range 3 {
		if id, p := users.read("clamav"); p != nil || id.Number != 64 {
			t.Error(id, p)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
	for name, why := range map[string]string{"clamv": `cannot find user "clamv"`, "slow": `cannot find user "slow" (the server does not answer)`} {
		if id, p := users.read(name); p != nil || id.Err.Error() != why {
			t.Errorf("%s: %+v, %v", name, id, p)
		}
		if _, p := users.readPresent(name); p == nil || p.message != why {
			t.Errorf("%s: %v", name, p)
		}
	}
	if id, p := newUsers(nil).read("root"); p != nil || id.Number != 0 {
		t.Error(id, p)
	}
	if id, p := newUsers(nil).read("no-such-user"); p != nil || id.Err.Error() != `cannot find user "no-such-user"` {
		t.Error(id, p)
	}
	if id, p := newGroups(nil).read("no-such-group"); p != nil || id.Err.Error() != `cannot find group "no-such-group"` {
		t.Error(id, p)
	}
}

// What is shown of a file cannot move a terminal's cursor or fill a screen.
func TestTextIsCutShort(t *testing.T) {
	if got := short("a\x1b[31m\nb\u202e"); got != "a\uFFFD[31m\uFFFDb\uFFFD" {
		t.Errorf("%q", got)
	}
	if got := short(strings.Repeat("é", 61)); got != strings.Repeat("é", 57)+"..." {
		t.Errorf("%q", got)
	}
	if got := short(strings.Repeat("é", 60)); got != strings.Repeat("é", 60) {
		t.Errorf("%q", got)
	}
}

// The system's file is read once, and only who is not in it is asked for.
func TestListedFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(path, []byte("a:x:1:\nb:x:2:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var asked []string
	look := listedFirst(path, func(name string) (uint32, error) { asked = append(asked, name); return 9, nil })
	for i, name := range []string{"b", "a", "elsewhere"} {
		if i == 1 {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		if id, err := look(name); err != nil || id != []uint32{2, 1, 9}[i] {
			t.Errorf("%s: %d, %v", name, id, err)
		}
	}
	if !slices.Equal(asked, []string{"elsewhere"}) {
		t.Errorf("asked for %q", asked)
	}
}
