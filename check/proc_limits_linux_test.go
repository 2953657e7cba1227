package check

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
)

// wantOver holds two real processes of one program against a limit that only one
// of them breaks: it warns of that one, restarts for it if it is said so, and a
// rule is about that one alone.
func wantOver(t *testing.T, spec Spec, aspect Aspect, over, within int, text string) {
	t.Helper()
	v := lean(t, spec)
	if v.State != Up || len(v.Matches) != 2 {
		t.Errorf("%v (%v), about %v; want two that are up", v.State, v.Err, matching(v))
	}
	if len(v.Faults) != 1 || v.Faults[0].Aspect != aspect || v.Faults[0].Severity != Warn || !regexp.MustCompile(text).MatchString(v.Faults[0].Text) {
		t.Errorf("it says %q, want %s of %s", said(v.Faults), text, aspect)
	}
	spec.RestartOn = []Aspect{aspect}
	if v := verdict(t, spec); v.State != Down {
		t.Errorf("restart_on %s: %v (%v), %q", aspect, v.State, v.Err, said(v.Faults))
	}
	spec.Rule = true
	if v := verdict(t, spec); v.State != Up || !slices.Equal(matching(v), []int{over}) || len(v.Faults) != 2 || v.Faults[1].Aspect != aspect || reasonOf(v, within) != Within {
		t.Errorf("a rule: %v (%v), about %v, want %d; %q, %+v", v.State, v.Err, matching(v), over, said(v.Faults), v.Excluded)
	}
}

func TestRealMemory(t *testing.T) {
	p := newPlace(t)
	within := run(t, nil, p.path)
	over := run(t, nil, p.path, "fill", strconv.Itoa(96*mib))
	wantOver(t, Spec{Executable: p.path, Memory: MemoryLimit{RSS: 64 * mib}}, Memory, over, within,
		fmt.Sprintf(`^process %d has \d+(\.\d)? MiB in memory, more than 64 MiB$`, over))
}

func TestRealAddressSpace(t *testing.T) {
	p := newPlace(t)
	within := run(t, nil, p.path)
	over := run(t, nil, p.path, "reserve", fmt.Sprint(uint64(1<<40)))
	wantOver(t, Spec{Executable: p.path, Memory: MemoryLimit{VMS: 1 << 39}}, Memory, over, within,
		fmt.Sprintf(`^process %d has an address space of 1\.\d TiB, more than 512 GiB$`, over))
	// Reserved is not resident.
	if v := verdict(t, Spec{Executable: p.path, Memory: MemoryLimit{RSS: 1 << 39}}); len(v.Faults) > 0 {
		t.Errorf("it says %q", said(v.Faults))
	}
}

func TestRealFiles(t *testing.T) {
	p := newPlace(t)
	within := run(t, nil, p.path, "open", "0", "200")
	over := run(t, nil, p.path, "open", "100", "200")
	wantOver(t, Spec{Executable: p.path, Files: FilesLimit{Number: 99}}, Files, over, within,
		fmt.Sprintf(`^process %d has 1\d\d files open, more than 99$`, over))
	wantOver(t, Spec{Executable: p.path, Files: FilesLimit{Share: 0.4}}, Files, over, within,
		fmt.Sprintf(`^process %d has 1\d\d files open, more than 40%% of its limit of 200$`, over))
	// The kernel's own listing is the measure.
	names, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", over))
	must(t, err)
	at := Spec{Executable: p.path, Files: FilesLimit{Number: len(names)}}
	if v := verdict(t, at); len(v.Faults) > 0 {
		t.Errorf("%d are open: %q", len(names), said(v.Faults))
	}
	at.Files.Number--
	if v := verdict(t, at); len(v.Faults) != 1 {
		t.Errorf("%d are open: %q", len(names), said(v.Faults))
	}
}

// A daemon is as old as its oldest process, by the kernel's clock.
func TestRealMinAge(t *testing.T) {
	p := newPlace(t)
	before := time.Now()
	oldest := run(t, nil, p.path)
	spec := Spec{Executable: p.path, MinAge: time.Hour}
	var age time.Duration
	eventually(t, "it is older than what follows", func() bool {
		age = verdict(t, spec).Matches[0].Usage.Age
		return age > 5*tick
	})
	if most := time.Since(before) + tick; age > most {
		t.Errorf("it is %v old, and was started %v ago", age, most)
	}
	younger := run(t, nil, p.path)
	v := verdict(t, spec)
	if v.State != Up || len(v.Matches) != 2 || len(v.Faults) != 1 || !strings.HasPrefix(v.Faults[0].Text, fmt.Sprintf("process %d was started ", oldest)) {
		t.Errorf("%v, beside process %d: %q", v.State, younger, said(v.Faults))
	}
	spec.RestartOn = []Aspect{Age}
	if v := verdict(t, spec); v.State != Down {
		t.Errorf("restart_on age: %v", v.State)
	}
	spec.MinAge = 5 * tick // the oldest has it, whatever the younger
	if v := verdict(t, spec); v.State != Up || len(v.Faults) > 0 {
		t.Errorf("%v, %q", v.State, said(v.Faults))
	}
}

// A process that keeps a CPU busy is found, and one that sleeps is not.
func TestRealCPU(t *testing.T) {
	p := newPlaceAlone(t)
	busy, idle := run(t, nil, p.path, "spin", p.dir+"/never"), run(t, nil, p.path)
	limit := &CPULimit{Over: 0.05, For: 400 * time.Millisecond}
	only := regexp.MustCompile("^" + regexp.QuoteMeta(p.path) + "$")
	for name, tc := range map[string]struct {
		spec     Spec
		state    State
		severity Severity
		aspect   Aspect
		matches  []int
	}{
		"a daemon":                   {Spec{Executable: p.path}, Up, Warn, CPU, []int{busy, idle}},
		"a daemon that is restarted": {Spec{Executable: p.path, RestartOn: []Aspect{CPU}}, Down, Restart, CPU, []int{busy, idle}},
		"a rule":                     {Spec{Executable: p.path, Rule: true}, Up, Alarm, TooMany, []int{busy}},
		"a rule about any process":   {Spec{Args: only, Rule: true}, Up, Alarm, TooMany, []int{busy}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			tc.spec.CPU = limit
			var v Verdict
			eventually(t, "the machine has had a CPU for it", func() bool {
				v = NewObserver(proctable.UsualThreads).Probe(ctx, tc.spec, verdict(t, tc.spec), false)
				return v.State != Up || len(v.Faults) > 0
			})
			got := matching(v)
			slices.Sort(got)
			slices.Sort(tc.matches)
			if v.State != tc.state || v.Err != nil || !slices.Equal(got, tc.matches) {
				t.Errorf("%v (%v), about %v; want %v, about %v", v.State, v.Err, got, tc.state, tc.matches)
			}
			if len(v.Faults) == 0 || v.Faults[0].Aspect != tc.aspect || v.Faults[0].Severity != tc.severity || !strings.Contains(v.Faults[0].Text, strconv.Itoa(busy)) || v.Faults[len(v.Faults)-1].Aspect != CPU {
				t.Errorf("it says %q", said(v.Faults))
			}
		})
	}
	// The rule's exemption leaves the busy one alone.
	exempt := Spec{Args: only, Rule: true, CPU: limit, Exempt: []Spec{{Executable: p.path}}}
	if v := verdict(t, exempt); v.Pending || len(v.Matches) > 0 {
		t.Errorf("exempt: %v, about %v", v.State, matching(v))
	}
}

// sampledTable counts how often the times are asked for.
type sampledTable struct {
	proctable.Table
	n     int
	after func(n int)
}

func (s *sampledTable) Times(pid int) (proctable.Times, error) {
	spent, err := s.Table.Times(pid)
	s.n++
	s.after(s.n)
	return spent, err
}

// A process that was busy only in the first moments is watched to the end, and
// not reported.
func TestRealBusyAtFirst(t *testing.T) {
	p := newPlaceAlone(t)
	limit := CPULimit{Over: 0.2, For: 2 * time.Second}
	eventually(t, "the machine has had a CPU for it", func() bool {
		until := t.TempDir() + "/enough"
		pid := run(t, nil, p.path, "spin", until)
		var first time.Time
		late := false // it has gone on for longer than the first moments
		table := &sampledTable{Table: proctable.New(proctable.Directly()), after: func(n int) {
			switch n {
			case 1:
				first = time.Now()
			case 2:
				write(t, filepath.Dir(until), "enough", "", 0o644)
				late = time.Since(first) > 350*time.Millisecond
			}
		}}
		got := watch(t.Context(), table, limit, []Match{{Process: proctable.Process{PID: pid}}})
		if late {
			return false
		}
		if got.err != nil || len(got.busy)+len(got.faults) > 0 {
			t.Errorf("%+v", got)
		}
		write(t, filepath.Dir(until), "enough", "", 0o644)
		return table.n == 3 // it was busy at first
	})
}

// A process that ends while it is watched is neither a fault nor an error.
func TestRealEndsWhileWatched(t *testing.T) {
	p := newPlaceAlone(t)
	cmd := exec.Command(p.path, "spin", p.dir+"/never")
	pid, _ := start(t, cmd)
	table := &sampledTable{Table: proctable.New(proctable.Directly()), after: func(n int) {
		if n == 1 {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}}
	got := watch(t.Context(), table, CPULimit{Over: 0.1, For: 300 * time.Millisecond}, []Match{{Process: proctable.Process{PID: pid}}})
	if got.err != nil || len(got.busy)+len(got.faults) > 0 {
		t.Errorf("%+v", got)
	}
}
