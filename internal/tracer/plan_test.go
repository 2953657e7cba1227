package tracer

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

// What one step is told is what the other has said, whatever the program's arguments are.
func TestPlan(t *testing.T) {
	p := plan{Options: Options{Follow: true, Tag: "A B"}, Memory: -1, Offset: -8, Ignored: 1 << 63, Blocked: ^uint64(0)}
	got, program, ok := parsePlan(p.args(stageWait, []string{"/bin/x", "", "\xff", "-v"}))
	if !ok || got != p || !slices.Equal(program, []string{"/bin/x", "", "\xff", "-v"}) {
		t.Errorf("%+v, %q, %v", got, program, ok)
	}
	for _, args := range [][]string{nil, {stageWait}, {stageWait, "{}"}, {"daemon-keeper", "{}", "x"}, {stageWait, "x", "y"}, {stageWait, "{", "y"}} {
		if _, _, ok := parsePlan(args); ok {
			t.Errorf("%q is a step", args)
		}
	}
}

func TestOwnEnvironment(t *testing.T) {
	for _, tc := range []struct{ environ, want []string }{
		{[]string{"A=1", "A=2", "", "odd", "LISTEN_PID=700"}, []string{"A=1", "A=2", "", "odd", "LISTEN_PID=701"}},
		{[]string{"WATCHDOG_PID=700", "SYSTEMD_EXEC_PID=700", "LISTEN_FDS=1"}, []string{"WATCHDOG_PID=701", "SYSTEMD_EXEC_PID=701", "LISTEN_FDS=1"}},
		{[]string{"LISTEN_PID=700", "LISTEN_PIDFDID=5"}, []string{"LISTEN_PID=701"}},
		{[]string{"LISTEN_PID=7", "LISTEN_PIDFDID=5"}, []string{"LISTEN_PID=7", "LISTEN_PIDFDID=5"}},
	} {
		if got := ownEnvironment(tc.environ, 700, 701); !slices.Equal(got, tc.want) {
			t.Errorf("%q: %q", tc.environ, got)
		}
	}
}

// The patterns are found once, and only what can be the runtime's is believed.
func TestFindInherited(t *testing.T) {
	const size = 8 << 10
	table := func(memory []byte, at int, ignored uint64) {
		for number := 1; number <= mostSignal; number++ {
			if ignored&bit(number) != 0 {
				binary.NativeEndian.PutUint64(memory[at+number*word:], 1)
			}
		}
	}
	fresh := func() (memory, before []byte) {
		memory, before = make([]byte, size), make([]byte, size)
		table(memory, 1024, ignorePattern|bit(sigHup))
		table(before, 1024, bit(sigHup)|bit(13)|bit(64))
		for _, at := range []int{4, 4096} {
			binary.NativeEndian.PutUint64(memory[at:], blockPattern)
			binary.NativeEndian.PutUint64(before[at:], bit(sigTerm))
		}
		return memory, before
	}
	for name, tc := range map[string]struct {
		spoil func(memory, before []byte)
		ok    bool
	}{
		"as it is":   {func(_, _ []byte) {}, true},
		"twice":      {func(m, _ []byte) { table(m, 5000/word*word, ignorePattern) }, false},
		"no table":   {func(m, _ []byte) { binary.NativeEndian.PutUint64(m[1024+40*word:], 7) }, false},
		"a handler":  {func(_, b []byte) { binary.NativeEndian.PutUint64(b[1024+3*word:], 4711) }, false},
		"no mask":    {func(m, _ []byte) { clear(m[:16]); clear(m[4096:]) }, false},
		"two masks":  {func(_, b []byte) { b[4096] = 3 }, false},
		"a signal 0": {func(m, _ []byte) { binary.NativeEndian.PutUint64(m[1024:], 1) }, false},
		"ones all over": {func(m, _ []byte) {
			for i := 6000; i < size; i++ {
				m[i] = 1
			}
		}, true},
	} {
		memory, before := fresh()
		tc.spoil(memory, before)
		ignored, blocked, ok := findInherited(memory, before)
		if ok != tc.ok || ok && (ignored != bit(sigHup)|bit(13)|bit(64) || blocked != bit(sigTerm)) {
			t.Errorf("%s: %x, %x, %v", name, ignored, blocked, ok)
		}
	}
	memory, before := fresh()
	if _, _, ok := findInherited(memory, before[1:]); ok {
		t.Error("half a copy was believed")
	}
}

func TestBucket(t *testing.T) {
	var b bucket
	now := time.Now()
	allowed := func(times int, step time.Duration) (n int) {
		for range times {
			if b.allow(now) {
				n++
			}
			now = now.Add(step)
		}
		return n
	}
	for i, tc := range []struct {
		times int
		step  time.Duration
		want  int
	}{
		{10_000, 0, mostAtOnce}, {10_000, time.Millisecond, 4}, {1, time.Hour, 1}, {10_000, 0, mostAtOnce}, {20, refill, 19}, {20, 2 * refill, 20},
	} {
		if got := allowed(tc.times, tc.step); got != tc.want {
			t.Errorf("%d: %d of %d", i, got, tc.times)
		}
	}
}

func TestAccount(t *testing.T) {
	now := time.Now()
	term := heard{sigTerm, " from process 815 of root", now.Add(-1200 * time.Millisecond), true}
	for i, tc := range []struct {
		e    end
		last []heard
		want string
		bad  bool
	}{
		{end{}, nil, "exited with status 0", false},
		{end{status: 3}, nil, "exited with status 3", true},
		{end{status: 143}, []heard{term}, "exited with status 143, 1.2s after SIGTERM from process 815 of root", true},
		{end{}, []heard{{sigTerm, " x", now.Add(-time.Hour), true}}, "exited with status 0", false},
		{end{}, []heard{term, {sigHup, " x", now.Add(-time.Second), true}}, "exited with status 0, 1s after SIGHUP x", false},
		{end{signal: sigTerm}, []heard{term}, "was killed by SIGTERM from process 815 of root, 1.2s after it came", true},
		{end{signal: sigTerm}, nil, "was killed by SIGTERM, which did not come through this wrapper: it was sent to the program's own number, or the program has done it itself", true},
		{end{signal: sigKill}, []heard{term}, "was killed by SIGKILL, which did not come through this wrapper, as none can: somebody has sent it to the program's own number, or the kernel has run out of memory", true},
		{end{signal: 11, core: true}, nil, "was killed by SIGSEGV (core dumped), which did not come through this wrapper: it was sent to the program's own number, or the program has done it itself", true},
		{end{signal: sigInt}, []heard{{sigInt, " of the terminal", now, false}}, "was killed by SIGINT of the terminal, which both the program and this wrapper got, 0s before", true},
	} {
		last := make(map[int]heard)
		for _, h := range tc.last {
			last[h.number] = h
		}
		if got, bad := tc.e.account(last, now); got != tc.want || bad != tc.bad {
			t.Errorf("%d: %q, %v", i, got, bad)
		}
	}
}
