package check

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/words"
)

const mib = 1 << 20

// using is a process of clamd that uses so much.
func using(pid int, change func(*proctable.Process)) proctable.Process {
	return plain(func(p *proctable.Process) {
		p.PID, p.RSS, p.VMS = pid, 100*mib, 400*mib
		p.Usage = proctable.Usage{Files: 90, FilesLimit: 1024, Age: time.Hour}
		if change != nil {
			change(p)
		}
	})
}

// What a daemon's single processes may use: what is over a limit is said, and
// what is at it is not.
func TestLimits(t *testing.T) {
	texts := golden.Open(t, "limits.txtar")
	for _, tc := range []struct {
		name string
		spec Spec
		p    proctable.Process
	}{
		{"no limit", Spec{}, using(7, nil)},
		{"memory at the limit", Spec{Memory: MemoryLimit{RSS: 100 * mib, VMS: 400 * mib}}, using(7, nil)},
		{"memory over the limit", Spec{Memory: MemoryLimit{RSS: 64 * mib}}, using(7, nil)},
		{"address space over the limit", Spec{Memory: MemoryLimit{VMS: mib + mib/2}}, using(7, nil)},
		{"both over the limit: one is enough to be said", Spec{Memory: MemoryLimit{RSS: 1, VMS: 1}}, using(7, nil)},
		{"one page over the limit", Spec{Memory: MemoryLimit{RSS: 100*mib - 4096}}, using(7, nil)},
		{"a kernel that tells no memory", Spec{Memory: MemoryLimit{RSS: 1, VMS: 1}}, using(7, func(p *proctable.Process) { p.RSS, p.VMS = 0, 0 })},

		{"files at the limit", Spec{Files: FilesLimit{Number: 90}}, using(7, nil)},
		{"files over the limit", Spec{Files: FilesLimit{Number: 89}}, using(7, nil)},
		{"files at the share", Spec{Files: FilesLimit{Share: 0.9}}, using(7, func(p *proctable.Process) { p.Usage.FilesLimit = 100 })},
		{"files over the share", Spec{Files: FilesLimit{Share: 0.9}}, using(7, func(p *proctable.Process) { p.Usage.Files, p.Usage.FilesLimit = 91, 100 })},
		{"a share of a limit that it has lowered below what it has open", Spec{Files: FilesLimit{Share: 0.875}}, using(7, func(p *proctable.Process) { p.Usage.FilesLimit = 10 })},
		{"a share of no limit", Spec{Files: FilesLimit{Share: 0.1}}, using(7, func(p *proctable.Process) { p.Usage.FilesLimit = 0 })},
		{"files that cannot be counted", Spec{Files: FilesLimit{Number: 1}, RestartOn: []Aspect{Files}}, using(7, func(p *proctable.Process) { p.Usage = proctable.Usage{FilesErr: fs.ErrPermission} })},
		{"files that nobody asks for cannot be counted", Spec{Memory: MemoryLimit{RSS: 1 << 40}}, using(7, func(p *proctable.Process) { p.Usage = proctable.Usage{FilesErr: fs.ErrPermission} })},

		{"as old as it must be", Spec{MinAge: time.Hour}, using(7, nil)},
		{"younger than it must be", Spec{MinAge: 10 * time.Minute}, using(7, func(p *proctable.Process) { p.Usage.Age = 3141 * time.Millisecond })},
		{"a minute too young", Spec{MinAge: 10 * time.Minute}, using(7, func(p *proctable.Process) { p.Usage.Age = 9*time.Minute + 400*time.Millisecond })},

		{"all at once", Spec{Memory: MemoryLimit{RSS: 1}, Files: FilesLimit{Number: 1}, MinAge: 2 * time.Hour}, using(7, nil)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.spec.Executable = clamd.Path
			v := judge(tc.spec, clamd, tc.p)
			if v.State != Up || len(v.Matches) != 1 || v.Err != nil {
				t.Errorf("a limit that only warns makes it %v (%v)", v.State, v.Err)
			}
			texts.Check(t, tc.name, strings.Join(said(v.Faults), "\n"))
		})
	}
}

// Only what restart_on lists makes a daemon down; the rest of what is wrong is
// said beside it.
func TestRestartOn(t *testing.T) {
	broken := Spec{Executable: clamd.Path, Memory: MemoryLimit{RSS: 1}, Files: FilesLimit{Number: 1}, MinAge: 2 * time.Hour, Count: &words.Count{Min: 0, Max: 0}}
	all := []Aspect{TooMany, Memory, Files, Age}
	severities := func(v Verdict) map[Aspect]Severity {
		m := map[Aspect]Severity{}
		for _, f := range v.Faults {
			m[f.Aspect] = f.Severity
		}
		return m
	}
	v := judge(broken, clamd, using(7, nil))
	if got := severities(v); v.State != Up || len(got) != 4 || got[TooMany] != Alarm || got[Memory]+got[Files]+got[Age] != Warn {
		t.Errorf("restart_on nothing: %v, %v", v.State, got)
	}
	for _, a := range all {
		broken.RestartOn = []Aspect{CPU, a, Listening}
		v := judge(broken, clamd, using(7, nil))
		if v.State != Down || v.Err != nil || len(v.Faults) != 4 {
			t.Errorf("restart_on %s: %v (%v), %q", a, v.State, v.Err, said(v.Faults))
		}
		for aspect, severity := range severities(v) {
			if (severity == Restart) != (aspect == a) {
				t.Errorf("restart_on %s: %s has severity %d", a, aspect, severity)
			}
		}
	}
	// What would make it down does not if the limit is kept.
	broken.RestartOn, broken.Count = all, nil
	broken.Memory, broken.Files, broken.MinAge = MemoryLimit{RSS: 1 << 40}, FilesLimit{Number: 1000}, time.Minute
	if v := judge(broken, clamd, using(7, nil)); v.State != Up || len(v.Faults) > 0 {
		t.Errorf("all limits are kept: %v, %q", v.State, said(v.Faults))
	}
}

// A daemon is as old as its oldest process: workers come and go.
func TestMinAgeOfTheOldest(t *testing.T) {
	aged := func(pid int, age time.Duration) proctable.Process {
		return using(pid, func(p *proctable.Process) { p.Usage.Age = age })
	}
	spec := Spec{Executable: clamd.Path, MinAge: time.Minute}
	for _, tc := range []struct {
		name      string
		processes []proctable.Process
		want      []string
	}{
		{"the first is old", []proctable.Process{aged(1, time.Hour), aged(2, time.Second)}, nil},
		{"the last is old", []proctable.Process{aged(1, time.Second), aged(2, 2*time.Second), aged(3, time.Minute)}, nil},
		{"none is old", []proctable.Process{aged(1, time.Second), aged(2, 20*time.Second), aged(3, 2*time.Second)}, []string{"age/0: process 2 was started 20s ago, less than 1m"}},
		{"an old one of another file", []proctable.Process{aged(1, time.Second), {PID: 2, Name: "clamd", Exe: clamd.Path, File: proctable.FileID{Dev: 1, Ino: 500}, Usage: proctable.Usage{Age: time.Hour}}}, []string{"age/0: process 1 was started 1s ago, less than 1m"}},
	} {
		t.Run(tc.name, func(t *testing.T) { wantSaidOf(t, judge(spec, clamd, tc.processes...), tc.want...) })
	}
	if v := judge(spec, clamd); v.State != Down || !slices.Equal(said(v.Faults), []string{"too_few/2: not running"}) {
		t.Errorf("none at all: %v, %q", v.State, said(v.Faults))
	}
}

// Regression: of a thousand workers over a limit each was a line of its own in the
// log, every minute.
func TestManyOverALimit(t *testing.T) {
	spec := Spec{Executable: clamd.Path, Memory: MemoryLimit{RSS: 64 * mib}, Files: FilesLimit{Number: 89}, CPU: &CPULimit{}}
	var processes []proctable.Process
	var busy probed
	for pid := 1001; pid <= 2000; pid++ {
		processes = append(processes, using(pid, nil))
		busy.faults = append(busy.faults, Fault{Aspect: CPU, Text: "busy"})
	}
	v := settle(spec, judge(spec, clamd, processes...), probed{}, busy)
	wantSaidOf(t, v,
		"cpu/0: busy", "cpu/0: busy", "cpu/0: busy, and so 997 more",
		"memory/0: process 1001 has 100 MiB in memory, more than 64 MiB",
		"memory/0: process 1002 has 100 MiB in memory, more than 64 MiB",
		"memory/0: process 1003 has 100 MiB in memory, more than 64 MiB, and so 997 more",
		"files/0: process 1001 has 90 files open, more than 89",
		"files/0: process 1002 has 90 files open, more than 89",
		"files/0: process 1003 has 90 files open, more than 89, and so 997 more",
	)
}

// What is wrong for sure restarts it, though the number cannot be told.
func TestCloudedLimits(t *testing.T) {
	spec := Spec{Executable: clamd.Path, Count: &words.Count{Min: 1, Max: 1}, Memory: MemoryLimit{RSS: 1}, RestartOn: []Aspect{Memory}}
	other := denied("clamd")
	if v := judge(spec, clamd, using(7, nil), other); v.State != Down || v.Err != nil || len(v.Faults) != 1 {
		t.Errorf("one may be another: %v (%v), %q", v.State, v.Err, said(v.Faults))
	}
	spec.RestartOn = nil
	if v := judge(spec, clamd, using(7, nil), other); v.State != Unknown {
		t.Errorf("one may be another, and nothing is to be restarted: %v, %q", v.State, said(v.Faults))
	}
	spec.Count, spec.RestartOn = nil, []Aspect{Memory}
	if v := judge(spec, clamd, using(7, nil), other); v.State != Down || v.Err != nil {
		t.Errorf("one may be it, and that does not matter: %v (%v)", v.State, v.Err)
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 1: "1 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 10 * mib: "10 MiB", 10*mib + 1: "10.0 MiB",
		100*mib + 1: "100 MiB", 1 << 30: "1 GiB", 1<<40 + 1<<39: "1.5 TiB", 1 << 60: "1048576 TiB",
	} {
		if got := bytesText(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0%", 0.95: "95%", 0.875: "87.5%", 1: "100%", 2.5: "250%", 0.0004: "0%", 0.9999: "100%"} {
		if got := percent(share); got != want {
			t.Errorf("%v is %q, want %q", share, got, want)
		}
	}
}

// The oldest may be the one that cannot be told.
func TestMinAgeWhereOneIsNotTold(t *testing.T) {
	spec := Spec{Executable: clamd.Path, MinAge: 2 * time.Hour, RestartOn: []Aspect{Age}}
	young := using(7, nil)
	if v := judge(spec, clamd, young); v.State != Down {
		t.Fatalf("too young: %v", v.State)
	}
	if v := judge(spec, clamd, young, denied("clamd")); v.State != Up || len(v.Faults) > 0 {
		t.Errorf("beside one that may be older: %v, %q", v.State, said(v.Faults))
	}
}
