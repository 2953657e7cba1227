package tracer

import (
	"encoding/binary"
	"strings"
	"testing"

	"daemon-keeper/check/proctable"
)

func siginfo(number, code int32, pid, uid uint32, value uint64) []byte {
	b := make([]byte, sizeReceived)
	binary.NativeEndian.PutUint32(b, uint32(number))
	binary.NativeEndian.PutUint32(b[8:], uint32(code))
	binary.NativeEndian.PutUint32(b[12:], pid)
	binary.NativeEndian.PutUint32(b[16:], uid)
	binary.NativeEndian.PutUint64(b[48:], value)
	return b
}

// A code that a handler has hidden is the one that the kernel has given.
func TestParseReceived(t *testing.T) {
	const base = -1 << 30
	for _, tc := range []struct {
		code, want int32
	}{
		{base, codeUser},
		{base + 0xfa, codeThread},
		{base + codeKernel, codeKernel},
		{base + 1, 1},
		{codeQueue, codeQueue},
		{codeThread, codeThread},
		{base - 1, base - 1},
		{base + 0x100, base + 0x100},
	} {
		got, ok := parseReceived(siginfo(15, tc.code, 815, 1000, 7), base)
		if want := (received{15, int(tc.want), 815, 1000, 7}); !ok || got != want {
			t.Errorf("%d: %+v, %v, want %+v", tc.code, got, ok, want)
		}
	}
	if _, ok := parseReceived(make([]byte, sizeReceived-1), base); ok {
		t.Error("half a signal was read")
	}
}

// What is passed on, and what the program has already.
func TestJudge(t *testing.T) {
	const self = 700
	for name, tc := range map[string]struct {
		r          received
		s          situation
		pass, tell bool
	}{
		"kill":                              {received{15, codeUser, 815, 0, 0}, situation{}, true, true},
		"kill, in the same group":           {received{15, codeUser, 815, 0, 0}, situation{grouped: true}, true, true},
		"tgkill":                            {received{15, codeThread, 815, 0, 0}, situation{}, true, true},
		"sigqueue":                          {received{40, codeQueue, 815, 0, 0}, situation{}, true, true},
		"a child of ours has changed":       {received{17, 1, 815, 0, 0}, situation{}, false, false},
		"somebody sends CHLD":               {received{17, codeUser, 815, 0, 0}, situation{}, true, true},
		"Go's own":                          {received{23, codeThread, self, 0, 0}, situation{}, false, false},
		"Ctrl-C":                            {received{2, codeKernel, 0, 0, 0}, situation{grouped: true}, false, true},
		"Ctrl-C, the program has its group": {received{2, codeKernel, 0, 0, 0}, situation{}, true, true},
		"a hangup":                          {received{1, codeKernel, 0, 0, 0}, situation{grouped: true}, false, true},
		"a hangup, told to the leader":      {received{1, codeKernel, 0, 0, 0}, situation{grouped: true, leader: true}, true, true},
		"Ctrl-C to the leader":              {received{2, codeKernel, 0, 0, 0}, situation{grouped: true, leader: true}, false, true},
		"the kernel's, of no terminal":      {received{24, codeKernel, 0, 0, 0}, situation{grouped: true}, true, true},
		"fg":                                {received{18, codeUser, 815, 0, 0}, situation{resumed: true}, false, true},
		"fg, the program stands still":      {received{18, codeUser, 815, 0, 0}, situation{resumed: true, stopped: true}, true, true},
		"CONT":                              {received{18, codeUser, 815, 0, 0}, situation{}, true, true},
		"from outside of the namespace":     {received{15, codeUser, 0, 0, 0}, situation{}, true, true},
	} {
		tc.s.self = self
		if v := tc.r.judge(tc.s); v.pass != tc.pass || v.tell != tc.tell || (v.note != "") != (v.tell && !v.pass) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestSenderText(t *testing.T) {
	user := func(uint32) string { return "root" }
	seen := func(name, program, unit string, args []string, ancestors ...ancestor) *sender {
		return &sender{proctable.Living{Stat: proctable.Stat{Name: name}, Program: program, Args: args, Unit: unit}, ancestors}
	}
	full := seen("kill", "/usr/bin/kill", "cron.service", []string{"kill", "-TERM", "29791"}, ancestor{"sh", 812}, ancestor{"logrotate", 701})
	for name, tc := range map[string]struct {
		r    received
		s    *sender
		want string
	}{
		"all":     {received{15, codeUser, 815, 0, 0}, full, " from process 815 (kill) of root: /usr/bin/kill -TERM 29791, of cron.service, started by logrotate(701) -> sh(812)"},
		"gone":    {received{15, codeUser, 815, 0, 0}, nil, " from process 815 of root, of which nothing else is known: it has ended"},
		"zombie":  {received{15, codeUser, 815, 0, 0}, seen("kill", "", "", nil), " from process 815 (kill) of root"},
		"claimed": {received{15, codeQueue, 815, 0, 0}, seen("x", "", "", nil), " from process 815 (x) of root, as it says itself"},
		"nobody":  {received{15, codeQueue, 0, 0, 0}, nil, " from a process that does not say which it is"},
		"outside": {received{15, codeUser, 0, 0, 0}, nil, " from outside of this PID namespace: from the host, if this is a container"},
		"kernel":  {received{2, codeKernel, 0, 0, 0}, nil, ""},
		"timer":   {received{14, codeTimer, 0, 0, 0}, nil, ""},
		"hostile": {
			received{15, codeUser, 815, 0, 0},
			seen("a\n)\x1b[31m", "/tmp/\x1b]0;x\a", "x\n.service", []string{"", "\nINFO all is well", "\xff"}, ancestor{"b\r", 1000}),
			` from process 815 (a\x0a)\x1b[31m) of root: /tmp/\x1b]0;x\x07 \x0aINFO all is well \xff, of x\x0a.service, started by b\x0d(1000)`,
		},
	} {
		if got := tc.r.text(tc.s, user); got != tc.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, tc.want)
		}
	}
	long := strings.Repeat("x", 4096)
	if got := seen(long[:15], "/"+long, long, []string{"", long}, ancestor{"a", 2}, ancestor{"b", 3}).text(); len(got) > 500 || !strings.HasSuffix(got, "started by b(3) -> a(2)") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}
