package check

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// manyOf are n processes of clamd from PID 1001 on, and behind them some that
// may be it, from PID 2001 on.
func manyOf(n, clouded int) (processes []proctable.Process) {
	for i := range n {
		processes = append(processes, plain(func(p *proctable.Process) { p.PID = 1001 + i }))
	}
	for i := range clouded {
		p := denied("clamd")
		p.PID = 2001 + i
		processes = append(processes, p)
	}
	return processes
}

func said(faults []Fault) (texts []string) {
	for _, f := range faults {
		texts = append(texts, fmt.Sprintf("%v/%d: %s", f.Aspect, f.Severity, f.Text))
	}
	return texts
}

func wantSaidOf(t *testing.T, v Verdict, want ...string) {
	t.Helper()
	if got := said(v.Faults); !reflect.DeepEqual(got, want) {
		t.Errorf("it says\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// What a count makes of so many processes, and of so many more that may be the
// daemon: those cloud the verdict only where they decide.
func TestCount(t *testing.T) {
	atLeast := func(n int) *words.Count { return &words.Count{Min: n, Max: words.NoLimit} }
	for _, tc := range []struct {
		name       string
		count      *words.Count
		n, clouded int
		state      State
		wrong      Aspect // "" if nothing is
		severity   Severity
	}{
		{"no count, one runs", nil, 1, 0, Up, "", 0},
		{"no count, many run", nil, 9, 0, Up, "", 0},
		{"no count, none runs", nil, 0, 0, Down, TooFew, Restart},
		{"no count, none runs, one may be it", nil, 0, 1, Unknown, "", 0},
		{"no count, one runs, others may be it", nil, 1, 5, Up, "", 0},

		{"1-, one runs", atLeast(1), 1, 0, Up, "", 0},
		{"2-, two run", atLeast(2), 2, 0, Up, "", 0},
		{"2-, one runs", atLeast(2), 1, 0, Down, TooFew, Restart},
		{"2-, one runs, one may be it", atLeast(2), 1, 1, Unknown, "", 0},
		{"0-, none runs", atLeast(0), 0, 0, Up, "", 0},
		{"0-, none runs, one may be it", atLeast(0), 0, 1, Up, "", 0},

		{"2-3, none runs", &words.Count{Min: 2, Max: 3}, 0, 0, Down, TooFew, Restart},
		{"2-3, one runs", &words.Count{Min: 2, Max: 3}, 1, 0, Down, TooFew, Restart},
		{"2-3, one runs, one may be it", &words.Count{Min: 2, Max: 3}, 1, 1, Unknown, "", 0},
		{"2-3, two run", &words.Count{Min: 2, Max: 3}, 2, 0, Up, "", 0},
		{"2-3, two run, one may be it: well either way", &words.Count{Min: 2, Max: 3}, 2, 1, Up, "", 0},
		{"2-3, two run, two may be it", &words.Count{Min: 2, Max: 3}, 2, 2, Unknown, "", 0},
		{"2-3, three run", &words.Count{Min: 2, Max: 3}, 3, 0, Up, "", 0},
		{"2-3, three run, one may be it", &words.Count{Min: 2, Max: 3}, 3, 1, Unknown, "", 0},
		{"2-3, four run", &words.Count{Min: 2, Max: 3}, 4, 0, Up, TooMany, Alarm},
		{"2-3, four run, one may be it: too many for sure", &words.Count{Min: 2, Max: 3}, 4, 1, Up, TooMany, Alarm},

		{"1, none runs", &words.Count{Min: 1, Max: 1}, 0, 0, Down, TooFew, Restart},
		{"1, one runs", &words.Count{Min: 1, Max: 1}, 1, 0, Up, "", 0},
		{"1, one runs, one may be it", &words.Count{Min: 1, Max: 1}, 1, 1, Unknown, "", 0},
		{"1, two run", &words.Count{Min: 1, Max: 1}, 2, 0, Up, TooMany, Alarm},
		{"2, two run", &words.Count{Min: 2, Max: 2}, 2, 0, Up, "", 0},

		{"0-1, none runs", &words.Count{Min: 0, Max: 1}, 0, 0, Up, "", 0},
		{"0-1, none runs, one may be it", &words.Count{Min: 0, Max: 1}, 0, 1, Up, "", 0},
		{"0-1, none runs, two may be it", &words.Count{Min: 0, Max: 1}, 0, 2, Unknown, "", 0},
		{"0-1, one runs", &words.Count{Min: 0, Max: 1}, 1, 0, Up, "", 0},
		{"0-1, two run", &words.Count{Min: 0, Max: 1}, 2, 0, Up, TooMany, Alarm},

		{"0, none runs", &words.Count{Min: 0, Max: 0}, 0, 0, Up, "", 0},
		{"0, none runs, one may be it", &words.Count{Min: 0, Max: 0}, 0, 1, Unknown, "", 0},
		{"0, one runs", &words.Count{Min: 0, Max: 0}, 1, 0, Up, TooMany, Alarm},
		{"0, one runs, one may be it", &words.Count{Min: 0, Max: 0}, 1, 1, Up, TooMany, Alarm},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec := Spec{Executable: clamd.Path, Count: tc.count}
			v := judge(spec, clamd, manyOf(tc.n, tc.clouded)...)
			wantCount(t, v, tc.n, tc.state, tc.wrong, tc.severity)
			spec.RestartOn = []Aspect{TooMany}
			state, severity := tc.state, tc.severity
			if tc.wrong == TooMany {
				state, severity = Down, Restart
			}
			wantCount(t, judge(spec, clamd, manyOf(tc.n, tc.clouded)...), tc.n, state, tc.wrong, severity)
		})
	}
}

func wantCount(t *testing.T, v Verdict, n int, state State, wrong Aspect, severity Severity) {
	t.Helper()
	if v.State != state || len(v.Matches) != n {
		t.Errorf("it is %v with %d processes (%v), want %v with %d", v.State, len(v.Matches), v.Err, state, n)
	}
	if clouded := errors.As(v.Err, new(*CloudedError)); clouded != (state == Unknown) {
		t.Errorf("error %v", v.Err)
	}
	switch {
	case wrong == "" && len(v.Faults) > 0:
		t.Errorf("faults %q, want none", said(v.Faults))
	case wrong != "" && (len(v.Faults) != 1 || v.Faults[0].Aspect != wrong || v.Faults[0].Severity != severity):
		t.Errorf("faults %q, want one of %s/%d", said(v.Faults), wrong, severity)
	}
}

// What a person reads at 3 am of the number of processes.
func TestCountWords(t *testing.T) {
	for _, tc := range []struct {
		name  string
		count *words.Count
		n     int
		want  string
	}{
		{"none", nil, 0, "not running"},
		{"none of two", &words.Count{Min: 2, Max: words.NoLimit}, 0, "not running"},
		{"one of two", &words.Count{Min: 2, Max: words.NoLimit}, 1, "1 process, and at least 2 should be (pid 1001 /usr/local/sbin/clamd of user 0)"},
		{"two of three", &words.Count{Min: 3, Max: 3}, 2, "2 processes, and at least 3 should be (pid 1001 /usr/local/sbin/clamd of user 0, pid 1002 /usr/local/sbin/clamd of user 0)"},
		{"one where none may be", &words.Count{Min: 0, Max: 0}, 1, "1 process, and none may be (pid 1001 /usr/local/sbin/clamd of user 0)"},
		{"two where one may be", &words.Count{Min: 1, Max: 1}, 2, "2 processes, and at most 1 may be (pid 1001 /usr/local/sbin/clamd of user 0, pid 1002 /usr/local/sbin/clamd of user 0)"},
		{"five where one may be", &words.Count{Min: 1, Max: 1}, 5, "5 processes, and at most 1 may be (pid 1001 /usr/local/sbin/clamd of user 0, pid 1002 /usr/local/sbin/clamd of user 0, pid 1003 /usr/local/sbin/clamd of user 0, and 2 more)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judge(Spec{Executable: clamd.Path, Count: tc.count}, clamd, manyOf(tc.n, 0)...)
			if len(v.Faults) != 1 || v.Faults[0].Text != tc.want {
				t.Errorf("it says %q, want %q", said(v.Faults), tc.want)
			}
		})
	}
}

// Regression: "cannot tell whether clamd is running" was said of one that was, and
// only its number could not be told.
func TestCloudedCountWords(t *testing.T) {
	v := judge(Spec{Executable: clamd.Path, Count: &words.Count{Min: 1, Max: 2}}, clamd, manyOf(2, 1)...)
	const want = "cannot tell how many there are of /usr/local/sbin/clamd: 2 for sure; process 2001 may be another: may not be looked at"
	if v.Err == nil || v.Err.Error() != want {
		t.Errorf("it says %v, want %s", v.Err, want)
	}
}

// A process without a path is named as the kernel names it.
func TestProcessWords(t *testing.T) {
	for want, p := range map[string]proctable.Process{
		"pid 7 /usr/sbin/sshd of user 0": {PID: 7, Name: "sshd", Exe: "/usr/sbin/sshd"},
		"pid 7 sshd of user 110":         {PID: 7, Name: "sshd", User: clamav},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The defaults: a daemon runs at least once, what a rule is about never.
func TestCountDefaults(t *testing.T) {
	for _, tc := range []struct {
		name string
		spec Spec
		want words.Count
	}{
		{"a daemon", Spec{}, words.Count{Min: 1, Max: words.NoLimit}},
		{"a rule", Spec{Rule: true}, words.Count{Min: 0, Max: 0}},
		{"a daemon with a count", Spec{Count: &words.Count{Min: 0, Max: 2}}, words.Count{Min: 0, Max: 2}},
		{"a rule with a count", Spec{Rule: true, Count: &words.Count{Min: 1, Max: words.NoLimit}}, words.Count{Min: 1, Max: words.NoLimit}},
	} {
		if got := tc.spec.Bounds(); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	if (words.Count{Min: 1, Max: words.NoLimit}).Exceeds(1 << 30) {
		t.Error("something exceeds words.NoLimit")
	}
}

// Two that count and one that may are too few for four, whatever that one is.
func TestTooFewForSure(t *testing.T) {
	spec := Spec{Executable: clamd.Path, Count: &words.Count{Min: 4, Max: words.NoLimit}}
	running := []proctable.Process{using(7, nil), using(8, nil), denied("clamd")}
	if v := judge(spec, clamd, running...); v.State != Down || v.Err != nil {
		t.Errorf("at most three: %v (%v)", v.State, v.Err)
	}
	spec.Count.Min = 3
	if v := judge(spec, clamd, running...); v.State != Unknown {
		t.Errorf("perhaps three: %v, %q", v.State, said(v.Faults))
	}
}
