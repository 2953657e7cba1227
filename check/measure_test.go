package check

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// mustMeasure judges one daemon by a look that measures.
func mustMeasure(t *testing.T, f *fakeTable, spec Spec) Verdict {
	t.Helper()
	f.exes, f.examined, f.costly = nil, nil, nil
	return Judge(mustLook(t, f, Options{Measure: true}, spec), spec)
}

// All that count are seen and measured, and nothing else is; a file of one name
// needs no careful pass for it.
func TestMeasure(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	f := newFakeTable()
	var pids []int
	for n := range 3 {
		usage := proctable.Usage{Age: time.Duration(n+1) * time.Hour, CPU: time.Duration(n+1) * time.Second}
		pids = append(pids, f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID}, usage: usage}))
		f.add(fakeRow{exe: "/usr/sbin/cron"})
		f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: proctable.FileID{Dev: 1, Ino: 1}}})
		f.add(fakeRow{exeErr: proctable.ErrNoExe, examineErr: proctable.ErrNoExe})
	}
	spec := Spec{Executable: clamd.Path}
	v := mustMeasure(t, f, spec)
	wantPIDs(t, "asked for the path", f.exes, f.list...)
	wantPIDs(t, "measured", f.readOf(proctable.TimesReading), pids...)
	wantPIDs(t, "about", matching(v), pids...)
	for i, m := range v.Matches {
		if want := (proctable.Usage{Age: time.Duration(i+1) * time.Hour, CPU: time.Duration(i+1) * time.Second}); !reflect.DeepEqual(m.Usage, want) {
			t.Errorf("process %d: %+v, want %+v", m.PID, m.Usage, want)
		}
	}
	f.exes, f.costly = nil, nil
	mustLook(t, f, Options{}, spec)
	wantPIDs(t, "a plain look asks for the path", f.exes, f.list[:3]...)
	wantPIDs(t, "a plain look measures", f.readOf(proctable.TimesReading))
}

// What no name tells is seen all the same: another name of the file, a leader
// that has exited, a script's name that only the kernel knows.
func TestMeasureSeesAll(t *testing.T) {
	clamd, linked := program(t, "clamd", "\x7fELF"), program(t, "named", "\x7fELF")
	if err := os.Link(linked.Path, filepath.Join(filepath.Dir(linked.Path), "dnsd")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		spec Spec
		rows []fakeRow
	}{
		{"a hard link", Spec{Executable: linked.Path}, []fakeRow{
			{exe: linked.Path, p: proctable.Process{File: linked.ID}}, {exe: "/opt/dnsd", p: proctable.Process{File: linked.ID}},
		}},
		{"a dead leader", Spec{Executable: clamd.Path}, []fakeRow{
			{exe: clamd.Path, p: proctable.Process{File: clamd.ID}}, {exeErr: proctable.ErrNoExe, p: proctable.Process{Exe: clamd.Path, File: clamd.ID}},
		}},
		{"a kernel's name", Spec{Called: "backup"}, []fakeRow{
			{exe: "/opt/backup", p: proctable.Process{Name: "backup"}}, {exe: "/usr/bin/dash", p: proctable.Process{Name: "backup"}},
		}},
		{"a rule about any", Spec{Rule: true, User: id(7)}, []fakeRow{
			{exe: "/opt/x", p: proctable.Process{User: 7}}, {exe: "/opt/y", p: proctable.Process{User: 7}},
		}},
		{"none need run", Spec{Executable: clamd.Path, Count: &words.Count{Min: 0, Max: words.NoLimit}}, []fakeRow{
			{exe: clamd.Path, p: proctable.Process{File: clamd.ID}}, {exe: clamd.Path, p: proctable.Process{File: clamd.ID}},
		}},
		{"an old image", Spec{Executable: clamd.Path}, []fakeRow{
			{exe: clamd.Path, p: proctable.Process{File: clamd.ID}},
			{exe: clamd.Path + proctable.DeletedMark, p: proctable.Process{Exe: clamd.Path, Deleted: true, File: proctable.FileID{Dev: clamd.ID.Dev, Ino: 1}}},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFakeTable()
			var want []int
			for _, r := range tc.rows {
				r.usage.CPU = time.Second
				want = append(want, f.add(r))
			}
			v := mustMeasure(t, f, tc.spec)
			got := matching(v)
			slices.Sort(got)
			wantPIDs(t, "about", got, want...)
			for _, m := range v.Matches {
				if m.Usage.CPU != time.Second {
					t.Errorf("process %d is not measured", m.PID)
				}
			}
			if got := f.readOf(proctable.TimesReading); len(got) != len(want) {
				t.Errorf("measured %v, want %v once", got, want)
			}
		})
	}
}

// What is expensive is read together with it.
func TestMeasureReadsOnce(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	f := newFakeTable()
	pid := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID}, usage: proctable.Usage{Label: "clamd_t", Age: time.Hour}})
	spec := Spec{Executable: clamd.Path, Label: "clamd_t", MinAge: time.Minute}
	if v := mustMeasure(t, f, spec); v.State != Up || len(v.Faults) > 0 {
		t.Errorf("%v (%v), %q", v.State, v.Err, said(v.Faults))
	}
	if want := []costlyRead{{pid, proctable.LabelReading | proctable.TimesReading}}; !reflect.DeepEqual(f.costly, want) {
		t.Errorf("read %v, want %v", f.costly, want)
	}
}

// A process that ends before it is measured is none, and no error.
func TestEndsBeforeItIsMeasured(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	spec := Spec{Executable: clamd.Path}
	f := newFakeTable()
	f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID}, readErr: proctable.ErrGone})
	if v := mustMeasure(t, f, spec); v.State != Down || v.Err != nil {
		t.Errorf("alone: %v (%v)", v.State, v.Err)
	}
	right := f.runs(clamd)
	if v := mustMeasure(t, f, spec); v.State != Up || !slices.Equal(matching(v), []int{right}) {
		t.Errorf("beside another: %v (%v), about %v", v.State, v.Err, matching(v))
	}
}
