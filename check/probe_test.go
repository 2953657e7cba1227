package check

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/words"
)

var errBlindfold = errors.New("cannot tell: x")

// busyWith is what watch answers of processes that break the limit.
func busyWith(pids ...int) (p probed) {
	for _, pid := range pids {
		p.busy = append(p.busy, pid)
		p.faults = append(p.faults, Fault{Aspect: CPU, Text: "busy"})
	}
	return p
}

func notAnswering() probed { return probed{faults: []Fault{{Listening, Restart, "deaf"}}} }

// The last word on a daemon is drawn from the processes and from both probes.
func TestSettle(t *testing.T) {
	texts := golden.Open(t, "settle.txtar")
	for _, tc := range []struct {
		name        string
		spec        Spec
		n, clouded  int
		heard, busy probed
		state       State
		err         bool
	}{
		{"it answers and is idle", Spec{}, 1, 0, probed{}, probed{}, Up, false},
		{"it does not answer", Spec{}, 1, 0, notAnswering(), probed{}, Down, false},
		{"something else answers for it", Spec{}, 1, 0, probed{faults: []Fault{{Listening, Warn, "not ours"}}}, probed{}, Up, false},
		{"it is busy", Spec{}, 1, 0, probed{}, busyWith(1001), Up, false},
		{"it is busy, which restarts it", Spec{RestartOn: []Aspect{CPU}}, 1, 0, probed{}, busyWith(1001), Down, false},
		{"it is busy, and another aspect restarts it", Spec{RestartOn: []Aspect{Memory, Age}}, 1, 0, probed{}, busyWith(1001), Up, false},
		{"it is idle, and being busy would restart it", Spec{RestartOn: []Aspect{CPU}}, 1, 0, probed{}, probed{}, Up, false},
		{"it is busy and does not answer", Spec{}, 2, 0, notAnswering(), busyWith(1001, 1002), Down, false},

		{"whether it answers cannot be told", Spec{}, 1, 0, probed{err: errBlindfold}, probed{}, Unknown, true},
		{"how busy it is cannot be told", Spec{}, 1, 0, probed{}, probed{err: errBlindfold}, Unknown, true},
		{"it does not answer, and how busy it is cannot be told", Spec{}, 1, 0, notAnswering(), probed{err: errBlindfold}, Down, false},
		{"it is busy, and whether it answers cannot be told", Spec{RestartOn: []Aspect{CPU}}, 1, 0, probed{err: errBlindfold}, busyWith(1001), Down, false},
		{"it is busy, which only warns, and whether it answers cannot be told", Spec{}, 1, 0, probed{err: errBlindfold}, busyWith(1001), Unknown, true},

		{"too few run, and those that do answer", Spec{Count: &words.Count{Min: 3, Max: words.NoLimit}}, 2, 0, probed{}, probed{}, Down, false},
		{"too many run, and none answers", Spec{Count: &words.Count{Min: 0, Max: 0}}, 1, 0, notAnswering(), probed{}, Down, false},
		{"how many run cannot be told, and they do not answer", Spec{Count: &words.Count{Min: 1, Max: 1}}, 1, 1, notAnswering(), probed{}, Down, false},

		{"a rule, and none is busy", Spec{Rule: true}, 3, 0, probed{}, probed{}, Up, false},
		{"a rule, and one is busy", Spec{Rule: true, RestartOn: []Aspect{CPU}}, 3, 0, probed{}, busyWith(1002), Up, false},
		{"a rule, and one may be busy", Spec{Rule: true, Count: &words.Count{Min: 0, Max: 1}}, 3, 0, probed{}, busyWith(1002), Up, false},
		{"a rule, and two are busy where one may be", Spec{Rule: true, Count: &words.Count{Min: 0, Max: 1}}, 3, 0, probed{}, busyWith(1001, 1003), Up, false},
		{"a rule, and how busy they are cannot be told", Spec{Rule: true}, 3, 0, probed{}, probed{err: errBlindfold}, Unknown, true},
		{"a rule, none is busy, and one may not be looked at", Spec{Rule: true}, 3, 1, probed{}, probed{}, Unknown, true},
		{"a rule, one is busy, and one may not be looked at", Spec{Rule: true}, 3, 1, probed{}, busyWith(1001), Up, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.spec.Executable = clamd.Path
			tc.spec.CPU = &CPULimit{Over: 0.9, For: time.Second}
			first := judge(tc.spec, clamd, manyOf(tc.n, tc.clouded)...)
			if !first.Pending {
				t.Error("it does not wait for a probe")
			}
			v := settle(tc.spec, first, tc.heard, tc.busy)
			if v.State != tc.state || v.Err != nil != tc.err || v.Pending {
				t.Errorf("%v (%v), pending %v; want %v", v.State, v.Err, v.Pending, tc.state)
			}
			texts.Check(t, tc.name, strings.Join(said(v.Faults), "\n"))
			if len(first.Matches) != tc.n {
				t.Errorf("settle has changed the verdict that it was given: %v", matching(first))
			}
		})
	}
}

// Of two things that cannot be told, both are said.
func TestSettleJoinsErrors(t *testing.T) {
	spec := Spec{Executable: clamd.Path, CPU: &CPULimit{}}
	v := settle(spec, judge(spec, clamd, plain(nil)), probed{err: errors.New("cannot a")}, probed{err: errors.New("cannot b")})
	if v.State != Unknown || !strings.Contains(v.Err.Error(), "cannot a") || !strings.Contains(v.Err.Error(), "cannot b") {
		t.Errorf("%v (%v)", v.State, v.Err)
	}
}

// Of a rule with a CPU limit only the busy processes count, and it is kept as
// long as none is; what it had matched before stays in no list.
func TestSettleKeepsTheBusy(t *testing.T) {
	spec := Spec{Rule: true, CPU: &CPULimit{Over: 0.9, For: time.Second}}
	before := judgeAny(spec, anyProcesses()...)
	for _, busy := range [][]int{nil, {102}, {101, 103}} {
		v := settle(spec, before, probed{}, busyWith(busy...))
		if v.State != Up || !slices.Equal(matching(v), busy) || len(v.Faults) != len(busy)+min(len(busy), 1) {
			t.Errorf("busy are %v: %v, about %v, %q", busy, v.State, matching(v), said(v.Faults))
		}
	}
	if len(before.Matches) != 4 {
		t.Errorf("it was about %v", matching(before))
	}
}

// A probe is asked for only where there is something to ask.
func TestPending(t *testing.T) {
	asks := Spec{Listen: []Listen{{Network: "unix", Address: "/x"}}}
	for _, tc := range []struct {
		name string
		spec Spec
		n    int
		want bool
	}{
		{"nothing to ask", Spec{}, 1, false},
		{"it listens", asks, 1, true},
		{"it listens, but does not run", asks, 0, false},
		{"it has a CPU limit", Spec{CPU: &CPULimit{}}, 1, true},
		{"it has a CPU limit, but does not run", Spec{CPU: &CPULimit{}}, 0, false},
		{"other limits are known at once", Spec{Memory: MemoryLimit{RSS: 1}, Files: FilesLimit{Number: 1}, MinAge: 1}, 1, false},
	} {
		tc.spec.Executable = clamd.Path
		if v := judge(tc.spec, clamd, manyOf(tc.n, 0)...); v.Pending != tc.want {
			t.Errorf("%s: pending %v", tc.name, v.Pending)
		}
	}
	v := Verdict{State: Up, Matches: []Match{{Process: proctable.Process{PID: 1}}}, others: []Fault{{Text: "x"}}}
	if got := NewObserver(proctable.UsualThreads).Probe(t.Context(), asks, v, false); got.State != Up || len(got.Matches) != 1 || len(got.Faults) > 0 {
		t.Errorf("a verdict that is not pending is changed: %+v", got)
	}
}

// After a restart the CPU is not watched: what a daemon does with it in its
// first seconds says nothing. The probe ends at once.
func TestProbeAfterRestart(t *testing.T) {
	spec := Spec{Executable: clamd.Path, CPU: &CPULimit{Over: 0, For: time.Hour}, RestartOn: []Aspect{CPU}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ours := plain(func(p *proctable.Process) { p.PID = os.Getpid() }) // one that lives
	if v := NewObserver(proctable.UsualThreads).Probe(ctx, spec, judge(spec, clamd, ours), true); v.State != Up || v.Pending || v.Err != nil {
		t.Errorf("%v (%v)", v.State, v.Err)
	}
}

// What a process has used counts from one sample to the other, by the time between
// its own two, if it is the same process in both.
func TestOverLimit(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(second, cpu float64, start uint64) map[int]moment {
		d := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
		return map[int]moment{7: {proctable.Times{CPU: d(cpu), Start: start}, noon.Add(d(second))}}
	}
	for _, tc := range []struct {
		name     string
		from, to map[int]moment
		want     bool
	}{
		{"more than the limit", at(0, 5, 1), at(2, 6.1, 1), true},
		{"just the limit", at(0, 5, 1), at(2, 6, 1), false},
		{"as much in twice the time", at(0, 5, 1), at(4, 6.1, 1), false},
		{"less, though it has used much before", at(0, 500, 1), at(2, 500.5, 1), false},
		{"nothing", at(0, 5, 1), at(2, 5, 1), false},
		{"another process of that number", at(0, 5, 1), at(2, 9, 2), false},
		{"another process of that number, which has used less", at(0, 5, 1), at(2, 1, 2), false},
		{"it has ended", at(0, 5, 1), nil, false},
		{"it had ended before", nil, at(2, 9, 1), false},
	} {
		got := overLimit([]Match{{Process: proctable.Process{PID: 7}}}, tc.from, tc.to, 0.5, 0)
		if len(got) == 1 != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
		if got := overLimit([]Match{{Process: proctable.Process{PID: 7}}}, tc.from, tc.to, 0.5, 2*time.Second); len(got) == 1 != (tc.from != nil && tc.to != nil && tc.to[7].Start == tc.from[7].Start) {
			t.Errorf("%s, with slack: %v", tc.name, got)
		}
	}
}

// Regression: reading the times of thousands takes as long as half of the first
// moments. That was counted as time in which the last of them was idle, and one
// that kept a CPU busy passed for innocent.
func TestWatchOfThousands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, matches := watched(make(map[int][]time.Duration))
		busy := f.add(fakeRow{})
		idle := f.add(fakeRow{samples: []proctable.Times{{Start: 1}, {Start: 1}}})
		began := time.Now()
		f.sampling = func(pid, _ int) {
			if pid == idle {
				time.Sleep(150 * time.Millisecond) // for the thousands
				return
			}
			r := f.rows[pid]
			r.samples = append(r.samples, proctable.Times{CPU: time.Since(began), Start: 1})
			f.rows[pid] = r
		}
		for _, pid := range []int{idle, busy} {
			matches = append(matches, Match{Process: proctable.Process{PID: pid}})
		}
		p := watch(t.Context(), f, CPULimit{Over: 0.9, For: 300 * time.Millisecond}, matches)
		if p.err != nil || !slices.Equal(p.busy, []int{busy}) {
			t.Errorf("%+v, want process %d", p, busy)
		}
	})
}

// watched is a table of processes by the CPU that they have used at each sample.
func watched(used map[int][]time.Duration) (f *fakeTable, matches []Match) {
	f = newFakeTable()
	for range used {
		pid := 98 + len(f.list)
		r := fakeRow{exe: clamd.Path}
		for _, cpu := range used[pid] {
			r.samples = append(r.samples, proctable.Times{CPU: cpu, Start: 1})
		}
		f.add(r)
		matches = append(matches, Match{Process: proctable.Process{PID: pid}})
	}
	return f, matches
}

// All are sampled twice, and only those that were busy from the first on a third
// time; who was busy only at first, or later, is not reported.
func TestWatch(t *testing.T) {
	t.Parallel()
	const s, ms = time.Hour, time.Millisecond // however late the samples are, it was busy
	f, matches := watched(map[int][]time.Duration{
		100: {9 * s, 10 * s, 11 * s}, // all the time
		101: {0, 30 * ms, 30 * ms},   // at first
		102: {9 * s, 9 * s, 99 * s},  // not at first
		103: {9 * s, 10 * s},         // ends
		104: {9 * s},                 // ends early
		105: {},                      // has ended
	})
	limit := CPULimit{Over: 0.9, For: 40 * ms}
	began := time.Now()
	p := watch(t.Context(), f, limit, matches)
	if p.err != nil || !slices.Equal(p.busy, []int{100}) || len(p.faults) != 1 {
		t.Errorf("%v, faults %q, error %v", p.busy, said(p.faults), p.err)
	}
	if took := time.Since(began); took < limit.For {
		t.Errorf("it has watched for %v only", took)
	}
	for pid, want := range map[int]int{100: 3, 102: 2, 103: 3, 104: 2, 105: 2} { // a slow machine clears 101 sooner
		if f.sampled[pid] != want {
			t.Errorf("process %d was sampled %d times, want %d", pid, f.sampled[pid], want)
		}
	}
	if len(p.faults) == 1 && !strings.HasPrefix(p.faults[0].Text, "process 100 has used ") {
		t.Errorf("it says %q", p.faults[0].Text)
	}
}

// Where nobody is busy at first, the watch ends after the first moments.
func TestWatchEndsEarly(t *testing.T) {
	t.Parallel()
	f, matches := watched(map[int][]time.Duration{100: {0, 0, time.Hour}, 101: {time.Hour, time.Hour, 2 * time.Hour}})
	p := watch(t.Context(), f, CPULimit{Over: 0.5, For: time.Hour}, matches)
	if p.err != nil || len(p.busy)+len(p.faults) > 0 || f.sampled[100] != 2 || f.sampled[101] != 2 {
		t.Errorf("%+v after %v samples", p, f.sampled)
	}
}

// What a busy process is said to have used.
func TestWatchWords(t *testing.T) {
	f, matches := watched(map[int][]time.Duration{100: {0, time.Hour, 2 * time.Hour}})
	p := watch(t.Context(), f, CPULimit{Over: 0.875, For: time.Millisecond}, matches)
	if len(p.faults) != 1 {
		t.Fatalf("%+v", p)
	}
	text := p.faults[0].Text
	if p.faults[0].Aspect != CPU || !strings.HasPrefix(text, "process 100 has used ") || !strings.HasSuffix(text, ", more than 87.5%") || !strings.Contains(text, "% of a CPU for ") {
		t.Errorf("it says %q", text)
	}
}

// What cannot be sampled is an error, at whichever sample, and never idleness.
func TestWatchFails(t *testing.T) {
	for at := range 3 {
		f, matches := watched(map[int][]time.Duration{100: {0, time.Hour, 2 * time.Hour}, 101: {0, time.Hour, 2 * time.Hour}})
		f.sampling = func(pid, nth int) {
			if r := f.rows[pid]; pid == 101 && nth == at {
				r.sampleErr = errBlindfold
				f.rows[pid] = r
			}
		}
		p := watch(t.Context(), f, CPULimit{Over: 0.5, For: time.Millisecond}, matches)
		if !errors.Is(p.err, errBlindfold) || len(p.busy)+len(p.faults) > 0 {
			t.Errorf("at sample %d: %+v", at, p)
		}
	}
}

// A watch ends with its context, at once and with the reason.
func TestWatchIsInterrupted(t *testing.T) {
	t.Parallel()
	why := errors.New("out of patience")
	for name, at := range map[string]int{"in the first moments": 0, "later": 1} {
		ctx, cancel := context.WithCancelCause(t.Context())
		f, matches := watched(map[int][]time.Duration{100: {0, time.Hour, 2 * time.Hour}})
		f.sampling = func(_, nth int) {
			if nth == at {
				cancel(why)
			}
		}
		p := watch(ctx, f, CPULimit{Over: 0.5, For: time.Hour}, matches)
		if !errors.Is(p.err, why) || len(p.busy)+len(p.faults) > 0 || !strings.HasPrefix(p.err.Error(), "cannot tell how busy it is: ") {
			t.Errorf("%s: %+v", name, p)
		}
		cancel(nil)
	}
}
