package pidfiles

import (
	"strings"
	"testing"
)

// What real pidfiles hold, and what others have put there.
func TestParse(t *testing.T) {
	number := func(n int64) Content { return Content{Number: n, Sort: Number, Numbers: 1} }
	for _, tc := range []struct {
		name, text string
		more       bool
		want       Content
	}{
		{"a number", "731", false, number(731)},
		{"a line", "731\n", false, number(731)},
		{"uucp's", "       731\n", false, number(731)},
		{"with a line end of Windows", "731\r\n", false, number(731)},
		{"with zeros before it", "00731\n", false, number(731)},
		{"the whole buffer", "731\x00\x00\x00", false, Content{Number: 731, Sort: Number, Numbers: 1, Binary: true}},
		{"PostgreSQL's", "731\n/var/lib/postgresql/15/main\n1795846215\n5432\n/run/postgresql\n\n  5432001         0\nready   \n", false, number(731)},
		{"with a name", "731 hostname\n", false, Content{Number: 731, Sort: Number, Numbers: 1, More: true}},
		{"two", "731\n732\n", false, Content{Number: 731, Sort: Number, Numbers: 2, More: true}},
		{"two on a line", "731 732", false, Content{Number: 731, Sort: Number, Numbers: 2, More: true}},
		{"zero", "0\n", false, number(0)},
		{"all", "-1\n", false, number(-1)},
		{"a group", "-731", false, number(-731)},
		{"nothing", "", false, Content{Sort: Empty}},
		{"blanks", " \n\n", false, Content{Sort: Empty}},
		{"zero bytes", "\x00\x00", false, Content{Sort: Garbage, Binary: true}},
		{"a word", "nginx\n", false, Content{Sort: Garbage}},
		{"a secret", "root:$6$salt$hash:19000:0:99999:7:::\n", false, Content{Sort: Garbage}},
		{"a sign alone", "-", false, Content{Sort: Garbage}},
		{"a plus", "+731", false, Content{Sort: Garbage}},
		{"hexadecimal", "0x2db", false, Content{Sort: Garbage}},
		{"a fraction", "7.31", false, Content{Sort: Garbage}},
		{"other digits", "٧٣١", false, Content{Sort: Garbage, Binary: true}},
		{"too large", "99999999999999999999\n", false, Content{Sort: Huge, Numbers: 1}},
		{"an escape sequence", "731\x1b[2J\n", false, Content{Sort: Garbage, Binary: true}},
		{"an escape sequence behind it", "731\n\x1b[2J\n", false, Content{Number: 731, Sort: Number, Numbers: 1, More: true, Binary: true}},
		{"long", "731\n" + strings.Repeat(" ", 500), true, Content{Number: 731, Sort: Number, Numbers: 1, Long: true}},
		{"long and blank", strings.Repeat(" ", 500), true, Content{Sort: Garbage, Long: true}},
	} {
		if got := parse([]byte(tc.text), tc.more); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

// Whatever a file holds, a number is told only if it begins with one.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"731\n", "", "-1", "0", "731\n/var/lib/x\n1\n", "7 8", "x", "\x00", "99999999999999999999"} {
		f.Add([]byte(text), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, more bool) {
		c := parse(text, more)
		isDigit := func(r rune) bool { return r >= '0' && r <= '9' }
		if c.Sort == Number && (c.Numbers < 1 || !strings.ContainsFunc(string(text), isDigit)) {
			t.Errorf("%+v of %q", c, text)
		}
		if c.Sort != Number && c.Number != 0 || c.Sort == Empty && (c.Binary || c.Long || len(strings.TrimSpace(string(text))) > 0) {
			t.Errorf("%+v of %q", c, text)
		}
	})
}

func TestNames(t *testing.T) {
	for _, tc := range []struct {
		folder, base string
		is, may      bool
		program      string
	}{
		{"run", "nginx.pid", true, true, "nginx"},
		{"run", "NGINX.PID", true, true, "nginx"},
		{"dbus", "pid", true, true, "dbus"},
		{"run", "pid", true, true, ""},
		{"run", "dhcpcd-eth0.pid", true, true, "dhcpcd-eth0"},
		{"run", "rpc.statd.pid", true, true, "rpc.statd"},
		{"x", "master_pid", true, true, "master"},
		{"x", "app.pidfile", true, true, "app"},
		{"run", "mypid", false, true, "my"},
		{"run", "stupid", false, true, "stu"},
		{"run", "utmp", false, false, "utmp"},
		{"run", "nginx.pid.lock", false, false, "nginx.pid.lock"},
		{"run", "pids", false, false, "pids"},
		{"run", ".pid", true, true, ""},
	} {
		if is, may := isNamedLikeOne(tc.base), mayBeOne(tc.base); is != tc.is || may != tc.may && !is {
			t.Errorf("%s: %v, %v", tc.base, is, may)
		}
		if got := programIn(tc.folder, tc.base); got != tc.program {
			t.Errorf("%s/%s: %q, want %q", tc.folder, tc.base, got, tc.program)
		}
	}
}
