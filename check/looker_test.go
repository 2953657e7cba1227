package check

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// readOf are the processes of which something expensive was read, in order.
func (f *fakeTable) readOf(what proctable.Reading) (pids []int) {
	for _, d := range f.costly {
		if d.what&what != 0 {
			pids = append(pids, d.pid)
		}
	}
	return pids
}

// Criteria do not keep a healthy run from ending early, and what is expensive is read
// of candidates only, once.
func TestQuickPassWithCriteria(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	spec := Spec{Executable: clamd.Path, User: id(7), Args: regexp.MustCompile("^-F$"), Label: "clamd_t"}
	f := newFakeTable()
	f.add(fakeRow{exe: "/usr/sbin/cron", p: proctable.Process{User: 7}, args: []string{"-F"}})
	other := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 8}, args: []string{"-F"}})
	without := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7}, usage: proctable.Usage{Label: "clamd_t"}})
	right := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7}, args: []string{"-F"}, usage: proctable.Usage{Label: "clamd_t"}})
	f.runs(clamd)
	s := mustLook(t, f, Options{}, spec)
	wantPIDs(t, "examined", f.examined, other, without, right)
	if want := []costlyRead{{without, proctable.ArgsReading | proctable.LabelReading}, {right, proctable.ArgsReading | proctable.LabelReading}}; !reflect.DeepEqual(f.costly, want) {
		t.Errorf("expensive readings %v, want %v", f.costly, want)
	}
	if v := Judge(s, spec); v.State != Up || !slices.Equal(matching(v), []int{right}) {
		t.Errorf("%v (%v), about %v", v.State, v.Err, matching(v))
	}
}

// Where the number is bounded or each single process has a limit, all of them
// are seen; in no other case does a look go on behind the first.
func TestWhoIsSeen(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	for _, tc := range []struct {
		name string
		spec Spec
		want int
	}{
		{"no count", Spec{}, 1},
		{"1-", Spec{Count: &words.Count{Min: 1, Max: words.NoLimit}}, 1},
		{"2-", Spec{Count: &words.Count{Min: 2, Max: words.NoLimit}}, 2},
		{"0-", Spec{Count: &words.Count{Min: 0, Max: words.NoLimit}}, 0},
		{"an address", Spec{Listen: []Listen{{}}}, 1},
		{"criteria", Spec{User: id(0), NotGroup: id(9)}, 1},
		{"1-2", Spec{Count: &words.Count{Min: 1, Max: 2}}, 3},
		{"0", Spec{Count: &words.Count{Min: 0, Max: 0}}, 3},
		{"a rule", Spec{Rule: true}, 3},
		{"a rule of any number", Spec{Rule: true, Count: &words.Count{Min: 1, Max: words.NoLimit}}, 1},
		{"a limit of memory", Spec{Memory: MemoryLimit{VMS: 1}}, 3},
		{"a limit of files", Spec{Files: FilesLimit{Share: 1}}, 3},
		{"a limit of CPU", Spec{CPU: &CPULimit{}}, 3},
		{"a limit of age", Spec{MinAge: time.Second}, 3},
		{"a pidfile", Spec{PIDFile: &PIDFile{Path: "/no/such"}}, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.spec.Executable = clamd.Path
			f := newFakeTable()
			for range 3 {
				f.runs(clamd)
			}
			s := mustLook(t, f, Options{}, tc.spec)
			if len(s.Processes) != tc.want || len(f.examined) != tc.want {
				t.Errorf("%d kept and %d examined, want %d", len(s.Processes), len(f.examined), tc.want)
			}
			if s := mustLook(t, f, Options{Full: true}, tc.spec); len(s.Processes) != 3 {
				t.Errorf("a full look keeps %d", len(s.Processes))
			}
		})
	}
}

// What may not be looked at, and what has no executable, is passed over in
// silence only where one more would change nothing.
func TestBoundedLooksAtWhatHasNoPath(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	for _, tc := range []struct {
		name string
		spec Spec
		all  bool
	}{
		{"no count", Spec{Executable: clamd.Path}, false},
		{"a limit of memory", Spec{Executable: clamd.Path, Memory: MemoryLimit{RSS: 1}}, false},
		{"1-1", Spec{Executable: clamd.Path, Count: &words.Count{Min: 1, Max: 1}}, true},
		{"1-2 of a name", Spec{Called: "clamd", Count: &words.Count{Min: 1, Max: 2}}, true},
		{"a rule", Spec{Executable: clamd.Path, Rule: true}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFakeTable()
			may := f.add(fakeRow{exeErr: proctable.ErrDeny, p: proctable.Process{Name: "clamd", Denied: true}})
			dead := f.add(fakeRow{exeErr: proctable.ErrNoExe, p: proctable.Process{Exe: clamd.Resolved, Name: "clamd", File: clamd.ID}})
			f.add(fakeRow{exeErr: proctable.ErrNoExe, examineErr: proctable.ErrNoExe}) // of the kernel
			f.add(fakeRow{exeErr: proctable.ErrDeny, p: proctable.Process{Name: "cron", Denied: true}})
			f.add(fakeRow{exeErr: proctable.ErrGone})
			right := f.runs(clamd)
			s := mustLook(t, f, Options{}, tc.spec)
			if want := []int{may, dead, right}; tc.all && !slices.Equal(rows(s), want) {
				t.Errorf("kept %v, want %v", rows(s), want)
			}
			if v := Judge(s, tc.spec); !tc.all && (!slices.Equal(rows(s), []int{right}) || v.State != Up) {
				t.Errorf("%v, kept %v, want %v", v.State, rows(s), right)
			}
		})
	}
	// One process counts and one may: which of 1-1 is broken cannot be told.
	f := newFakeTable()
	f.add(fakeRow{exeErr: proctable.ErrDeny, p: proctable.Process{Name: "clamd", Denied: true}})
	f.runs(clamd)
	spec := Spec{Executable: clamd.Path, Count: &words.Count{Min: 1, Max: 1}}
	if v := Judge(mustLook(t, f, Options{}, spec), spec); v.State != Unknown {
		t.Errorf("%v (%v)", v.State, v.Err)
	}
}

// A rule that names nothing looks at every process, once, and reads what is expensive
// only of those that meet what costs nothing.
func TestRuleThatNamesNothing(t *testing.T) {
	for _, tc := range []struct {
		name string
		spec Spec
		what proctable.Reading
	}{
		{"arguments", Spec{Args: regexp.MustCompile("^-x$")}, proctable.ArgsReading},
		{"a label", Spec{Label: "init_t"}, proctable.LabelReading},
		{"open files", Spec{Files: FilesLimit{Number: 10}}, proctable.FilesReading},
		{"nothing expensive", Spec{}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec := tc.spec
			spec.Rule, spec.Group, spec.NotUser = true, id(0), id(0)
			f := newFakeTable()
			f.add(fakeRow{exe: "/usr/sbin/cron"})
			f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 7, Group: 7}})
			f.add(fakeRow{exeErr: proctable.ErrNoExe, examineErr: proctable.ErrNoExe})
			f.add(fakeRow{exeErr: proctable.ErrGone})
			f.add(fakeRow{exeErr: proctable.ErrNoExe, p: proctable.Process{Zombie: true, User: 7}})
			f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 7, Foreign: true}})
			odd := f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 7}, args: []string{"x", "-x"}, usage: proctable.Usage{Label: "init_t", Files: 11}})
			s := mustLook(t, f, Options{}, spec)
			wantPIDs(t, "asked for the path", f.exes, f.list...)
			wantPIDs(t, "arguments of", f.args)
			if tc.what != 0 && !reflect.DeepEqual(f.costly, []costlyRead{{odd, tc.what}}) || tc.what == 0 && len(f.costly) > 0 {
				t.Errorf("expensive readings %v, want %b of %d", f.costly, tc.what, odd)
			}
			if v := Judge(s, spec); v.State != Up || !slices.Equal(matching(v), []int{odd}) || len(v.Faults) == 0 {
				t.Errorf("%v (%v), about %v", v.State, v.Err, matching(v))
			}
		})
	}
}

// Regression: a rule about any process kept every candidate in the snapshot, with
// its arguments, though they did not match.
func TestRuleKeepsOnlyWhatMatches(t *testing.T) {
	f := newFakeTable()
	f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 7}, args: []string{"x"}, usage: proctable.Usage{Label: "a"}})
	right := f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 7}, args: []string{"-x"}, usage: proctable.Usage{Label: "b"}})
	for _, spec := range []Spec{{Args: regexp.MustCompile("^-x$")}, {Label: "b"}, {Exempt: []Spec{{Label: "a"}}}} {
		spec.Rule, spec.NotUser = true, id(0)
		s := mustLook(t, f, Options{}, spec)
		wantPIDs(t, "kept", rows(s), right)
	}
}

// What an exemption asks for is read of candidates too.
func TestExemptionIsRead(t *testing.T) {
	spec := Spec{Rule: true, NotUser: id(0), Exempt: []Spec{{Args: regexp.MustCompile("^--job$"), User: id(7)}}}
	f := newFakeTable()
	f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 7}, args: []string{"x", "--job"}})
	other := f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 8}, args: []string{"x", "--job"}})
	idle := f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 7}, args: []string{"x"}})
	if v := Judge(mustLook(t, f, Options{}, spec), spec); v.State != Up || !slices.Equal(matching(v), []int{other, idle}) {
		t.Errorf("%v (%v), about %v", v.State, v.Err, matching(v))
	}
}

// An exempt executable is recognised by its file, and may be none at all.
func TestExemptExecutables(t *testing.T) {
	boinc := program(t, "boinc", "\x7fELF")
	spec := Spec{Rule: true, NotUser: id(0), Exempt: []Spec{{Executable: boinc.Path}, {Executable: "/no/such/program"}}}
	f := newFakeTable()
	f.add(fakeRow{exe: boinc.Resolved, p: proctable.Process{File: boinc.ID, User: 7}})
	forged := f.add(fakeRow{exe: boinc.Resolved, p: proctable.Process{File: proctable.FileID{Dev: 7, Ino: 7}, User: 7}})
	if v := Judge(mustLook(t, f, Options{}, spec), spec); v.State != Up || !slices.Equal(matching(v), []int{forged}) {
		t.Errorf("%v (%v), about %v", v.State, v.Err, matching(v))
	}
}

// Regression: the arguments that tell a script, or an applet of a multi-call
// program, were not read of what is exempt, so that it never was.
func TestExemptScriptsAndApplets(t *testing.T) {
	perl, busybox := program(t, "perl", "\x7fELF"), program(t, "busybox", "\x7fELF")
	script := program(t, "backup", "#!"+perl.Path+"\n")
	crond := link(t, busybox.Path, filepath.Join(realDir(t), "crond"))
	spec := Spec{Rule: true, NotUser: id(0), Exempt: []Spec{{Executable: script.Path}, {Executable: crond}}}
	f := newFakeTable()
	backup := f.add(fakeRow{exe: perl.Path, p: proctable.Process{File: perl.ID, User: 7, Script: script.Path, ScriptFile: script.ID}})
	other := f.add(fakeRow{exe: perl.Path, p: proctable.Process{File: perl.ID, User: 7, Script: "/x", ScriptFile: proctable.FileID{Dev: 1, Ino: 1}}})
	cron := f.add(fakeRow{exe: busybox.Path, p: proctable.Process{File: busybox.ID, User: 7, Args: []string{"crond"}}})
	f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{File: proctable.FileID{Dev: 1, Ino: 2}, User: 0}})
	s := mustLook(t, f, Options{}, spec)
	wantPIDs(t, "arguments of", f.args, backup, other, cron)
	if v := Judge(s, spec); v.State != Up || !slices.Equal(matching(v), []int{other}) {
		t.Errorf("%v (%v), about %v, want %d", v.State, v.Err, matching(v), other)
	}
}

// A row that another daemon has brought into the snapshot is judged for a rule
// that names nothing too, with what that wants to read, and counts once.
func TestRowOfAnother(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	daemon := Spec{Executable: clamd.Path, Args: regexp.MustCompile("^-F$"), Count: &words.Count{Min: 1, Max: 2}}
	rule := Spec{Rule: true, Group: id(0), NotUser: id(0), Label: "init_t"}
	f := newFakeTable()
	pid := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7}, args: []string{"clamd", "-F"}, usage: proctable.Usage{Label: "init_t"}})
	other := f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 7}, usage: proctable.Usage{Label: "x_t"}})
	for _, specs := range [][]Spec{{daemon, rule}, {rule, daemon}, {rule, rule, daemon, daemon}} {
		f.exes, f.examined, f.costly = nil, nil, nil
		s := mustLook(t, f, Options{}, specs...)
		wantPIDs(t, "examined", f.examined, pid, 1, ownPID, other)
		wantPIDs(t, "the arguments were read of", f.readOf(proctable.ArgsReading), pid)
		wantPIDs(t, "the label was read of", f.readOf(proctable.LabelReading), pid, other)
		for _, spec := range []Spec{daemon, rule} {
			if v := Judge(s, spec); v.State != Up || !slices.Equal(matching(v), []int{pid}) {
				t.Errorf("%+v: %v (%v), about %v", spec, v.State, v.Err, matching(v))
			}
		}
	}
}

// The same holds where the daemon is not found by its name, so that the careful
// pass is for both.
func TestRowOfAnotherInTheCarefulPass(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	daemon := Spec{Executable: clamd.Path}
	rule := Spec{Rule: true, NotUser: id(0), Files: FilesLimit{Number: 10}}
	f := newFakeTable()
	linked := f.add(fakeRow{exe: "/opt/scanner", p: proctable.Process{File: clamd.ID, User: 7}, usage: proctable.Usage{Files: 11}})
	behind := f.add(fakeRow{exe: "/usr/bin/x", p: proctable.Process{User: 7}, usage: proctable.Usage{Files: 12}})
	s := mustLook(t, f, Options{}, daemon, rule)
	wantPIDs(t, "examined", f.examined, f.list...)
	wantPIDs(t, "the files were counted of", f.readOf(proctable.FilesReading), linked, behind)
	if v := Judge(s, daemon); v.State != Up || !slices.Equal(matching(v), []int{linked}) {
		t.Errorf("daemon: %v (%v), about %v", v.State, v.Err, matching(v))
	}
	if v := Judge(s, rule); v.State != Up || !slices.Equal(matching(v), []int{linked, behind}) {
		t.Errorf("rule: %v (%v), about %v", v.State, v.Err, matching(v))
	}
}

// Of a file with several names each may be executed, so a bounded count needs
// the careful pass; where only the least matters it does not.
func TestHardLinksAndCount(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	if err := os.Link(clamd.Path, filepath.Join(filepath.Dir(clamd.Path), "scanner")); err != nil {
		t.Fatal(err)
	}
	f := newFakeTable()
	f.add(fakeRow{exe: "/opt/scanner", p: proctable.Process{File: clamd.ID}})
	f.runs(clamd)
	for _, tc := range []struct {
		name  string
		count *words.Count
		want  int
		wrong bool
	}{
		{"no count", nil, 1, false},
		{"1-2", &words.Count{Min: 1, Max: 2}, 2, false},
		{"1", &words.Count{Min: 1, Max: 1}, 2, true},
		{"0", &words.Count{Min: 0, Max: 0}, 2, true},
		{"2-", &words.Count{Min: 2, Max: words.NoLimit}, 2, false},
	} {
		spec := Spec{Executable: clamd.Path, Count: tc.count}
		v := Judge(mustLook(t, f, Options{}, spec), spec)
		if v.State != Up || len(v.Matches) != tc.want || len(v.Faults) > 0 != tc.wrong {
			t.Errorf("%s: %v (%v), about %v, %q", tc.name, v.State, v.Err, matching(v), said(v.Faults))
		}
	}
}

// A missing executable is a mistake of one who wants it to run, and none of one
// who wants it not to.
func TestMissingExecutable(t *testing.T) {
	const path = "/no/such/daemon"
	for _, tc := range []struct {
		name  string
		spec  Spec
		state State
		wrong bool
	}{
		{"a daemon", Spec{}, Unknown, false},
		{"a daemon, 1-2", Spec{Count: &words.Count{Min: 1, Max: 2}}, Unknown, false},
		{"a daemon, 0", Spec{Count: &words.Count{Min: 0, Max: 0}}, Up, false},
		{"a rule", Spec{Rule: true}, Up, false},
		{"a rule that wants one", Spec{Rule: true, Count: &words.Count{Min: 1, Max: words.NoLimit}}, Up, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFakeTable()
			f.add(fakeRow{exe: path, p: proctable.Process{File: proctable.FileID{Dev: 7, Ino: 7}}}) // a container's
			tc.spec.Executable = path
			v := Judge(mustLook(t, f, Options{}, tc.spec), tc.spec)
			if v.State != tc.state || errors.Is(v.Err, fs.ErrNotExist) != (tc.state == Unknown) || len(v.Faults) > 0 != tc.wrong {
				t.Errorf("%v (%v), %q", v.State, v.Err, said(v.Faults))
			}
		})
	}
	// It may have been removed while it runs.
	f := newFakeTable()
	old := f.add(fakeRow{exe: path + proctable.DeletedMark, p: proctable.Process{Exe: path, Deleted: true, SameMount: true, File: proctable.FileID{Dev: 1, Ino: 1}}})
	spec := Spec{Executable: path, Rule: true}
	if v := Judge(mustLook(t, f, Options{}, spec), spec); !slices.Equal(matching(v), []int{old}) {
		t.Errorf("removed while it runs: %v (%v), about %v", v.State, v.Err, matching(v))
	}
	// Another mistake is one for everybody.
	dir := realDir(t)
	spec.Executable = dir
	if v := Judge(mustLook(t, f, Options{}, spec), spec); v.State != Unknown || v.Err == nil {
		t.Errorf("a rule about a folder: %v", v.State)
	}
}

// Regression: who was first to look for a missing executable decided for all
// whether that is a mistake. Beside a rule about it, a daemon passed for dead, and
// would have been restarted; beside a daemon, nothing could be told of the rule.
func TestMissingForOneAndNotForAnother(t *testing.T) {
	const path = "/no/such/daemon"
	daemon, rule, none := Spec{Executable: path}, Spec{Executable: path, Rule: true}, Spec{Executable: path, Count: &words.Count{Min: 0, Max: 0}}
	exempting := Spec{Rule: true, User: id(7), Exempt: []Spec{{Executable: path}}}
	for _, specs := range [][]Spec{{daemon, rule, none}, {rule, daemon, none}, {none, daemon, rule}, {exempting, rule, daemon, none}} {
		s := mustLook(t, newFakeTable(), Options{}, specs...)
		for _, spec := range specs {
			want := Up
			if reflect.DeepEqual(spec, daemon) {
				want = Unknown
			}
			if v := Judge(s, spec); v.State != want {
				t.Errorf("rule %v, count %v, where %+v is first: %v (%v), want %v", spec.Rule, spec.Bounds(), specs[0].Bounds(), v.State, v.Err, want)
			}
		}
	}
}

// Regression: an exempt program that is just being upgraded, or was removed while
// it runs, was exempt no more.
func TestExemptExecutableIsRemoved(t *testing.T) {
	const path = "/no/such/program"
	f := newFakeTable()
	f.add(fakeRow{exe: path + proctable.DeletedMark, p: proctable.Process{Exe: path, Deleted: true, SameMount: true, File: proctable.FileID{Dev: 1, Ino: 1}, User: 7}})
	spec := Spec{Rule: true, User: id(7), Exempt: []Spec{{Executable: path}}}
	if v := Judge(mustLook(t, f, Options{}, spec), spec); len(v.Matches) > 0 {
		t.Errorf("%v (%v), about %v", v.State, v.Err, matching(v))
	}
}

// Regression: of a name that only the kernel knows (a script's, or one that a
// process has given itself), a rule found no process at all, and a bounded count
// or a limit saw the first alone.
func TestAllOfAKernelsName(t *testing.T) {
	f := newFakeTable()
	first := f.add(fakeRow{exe: "/usr/bin/dash", p: proctable.Process{Name: "backup", File: proctable.FileID{Dev: 1, Ino: 8}}})
	f.add(fakeRow{exe: "/usr/bin/dash", p: proctable.Process{Name: "sh", File: proctable.FileID{Dev: 1, Ino: 8}}})
	second := f.add(fakeRow{exe: "/usr/bin/dash", p: proctable.Process{Name: "backup", File: proctable.FileID{Dev: 1, Ino: 8}, RSS: 2}, usage: proctable.Usage{Files: 2}})
	for name, tc := range map[string]struct {
		spec Spec
		want []int
	}{
		"no count":           {Spec{}, []int{first}},
		"1":                  {Spec{Count: &words.Count{Min: 1, Max: 1}}, []int{first, second}},
		"0":                  {Spec{Count: &words.Count{Min: 0, Max: 0}}, []int{first, second}},
		"a rule":             {Spec{Rule: true}, []int{first, second}},
		"a limit of memory":  {Spec{Memory: MemoryLimit{RSS: 1}}, []int{first, second}},
		"a limit of files":   {Spec{Files: FilesLimit{Number: 1}}, []int{first, second}},
		"a rule with limits": {Spec{Rule: true, Memory: MemoryLimit{RSS: 1}}, []int{second}},
	} {
		tc.spec.Called = "backup"
		v := Judge(mustLook(t, f, Options{}, tc.spec), tc.spec)
		if !slices.Equal(matching(v), tc.want) || len(v.Faults) > 0 != (len(tc.want) != 1 || tc.spec.Rule) {
			t.Errorf("%s: %v (%v), about %v, %q; want %v", name, v.State, v.Err, matching(v), said(v.Faults), tc.want)
		}
	}
}

// Regression: a process that runs the file under another of its names kept no
// limit.
func TestHardLinksAndLimits(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	if err := os.Link(clamd.Path, filepath.Join(filepath.Dir(clamd.Path), "scanner")); err != nil {
		t.Fatal(err)
	}
	f := newFakeTable()
	f.runs(clamd)
	over := f.add(fakeRow{exe: "/opt/scanner", p: proctable.Process{File: clamd.ID, RSS: 2}})
	spec := Spec{Executable: clamd.Path, Memory: MemoryLimit{RSS: 1}}
	if v := Judge(mustLook(t, f, Options{}, spec), spec); len(v.Faults) != 1 || !slices.Contains(matching(v), over) {
		t.Errorf("%v (%v), about %v, %q", v.State, v.Err, matching(v), said(v.Faults))
	}
}

// A hundred daemons cost one look: each process is asked for its path once, and
// only candidates are looked closer at, once.
func TestHundredDaemons(t *testing.T) {
	f := newFakeTable()
	var all []Spec
	for i := range 100 {
		e := program(t, "daemon"+string(rune('a'+i/10))+string(rune('0'+i%10)), "\x7fELF")
		f.add(fakeRow{exe: "/usr/sbin/other"})
		f.add(fakeRow{exe: e.Resolved, p: proctable.Process{File: e.ID}, args: []string{"-F"}, usage: proctable.Usage{Files: 3}})
		all = append(all, Spec{Executable: e.Path, Args: regexp.MustCompile("^-F$"), Count: &words.Count{Min: 1, Max: 1}, Files: FilesLimit{Number: 9}})
	}
	s := mustLook(t, f, Options{}, all...)
	wantPIDs(t, "asked for the path", f.exes, f.list...)
	if len(f.examined) != 100 || len(f.costly) != 100 || len(s.Processes) != 100 {
		t.Errorf("%d examined, %d times read, %d kept; want 100 each", len(f.examined), len(f.costly), len(s.Processes))
	}
	for _, spec := range all {
		if v := Judge(s, spec); v.State != Up || len(v.Matches) != 1 || len(v.Faults) > 0 {
			t.Fatalf("%s: %v (%v), %q", spec.Executable, v.State, v.Err, said(v.Faults))
		}
	}
}

// What several daemons want to know of one process is read together.
func TestReadOnceForSeveral(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	f := newFakeTable()
	pid := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID}, args: []string{"x"}, usage: proctable.Usage{Label: "x", Age: time.Hour}})
	specs := []Spec{
		{Executable: clamd.Path, Args: regexp.MustCompile("x")},
		{Executable: clamd.Path, Label: "x"},
		{Called: "clamd", MinAge: time.Minute},
		{Executable: clamd.Path, User: id(7), Files: FilesLimit{Number: 1}}, // not a candidate of this one
		{Rule: true, Label: "x", MinAge: time.Second},
	}
	s := mustLook(t, f, Options{}, specs...)
	var ofIt []costlyRead
	for _, d := range f.costly {
		if d.pid == pid {
			ofIt = append(ofIt, d)
		}
	}
	if want := []costlyRead{{pid, proctable.ArgsReading | proctable.LabelReading | proctable.TimesReading}}; !reflect.DeepEqual(ofIt, want) {
		t.Errorf("read %v, want %v", ofIt, want)
	}
	for i, want := range []State{Up, Up, Up, Down, Up} {
		if v := Judge(s, specs[i]); v.State != want {
			t.Errorf("%d: %v (%v), want %v", i, v.State, v.Err, want)
		}
	}
}

// What examine has read already is not read again.
func TestArgumentsAreReadOnce(t *testing.T) {
	perl := program(t, "perl", "\x7fELF")
	script := program(t, "amavisd", "#!"+perl.Path+" -T\n")
	spec := Spec{Executable: script.Path, Args: regexp.MustCompile("^-c$"), Label: "x"}
	f := newFakeTable()
	pid := f.add(fakeRow{
		exe: perl.Path, usage: proctable.Usage{Label: "x"},
		p: proctable.Process{File: perl.ID, Script: script.Path, ScriptFile: script.ID, Args: []string{"perl", script.Path, "-c"}, Taken: proctable.ArgsReading},
	})
	s := mustLook(t, f, Options{}, spec)
	if want := []costlyRead{{pid, proctable.LabelReading}}; !reflect.DeepEqual(f.costly, want) {
		t.Errorf("read %v, want %v", f.costly, want)
	}
	if v := Judge(s, spec); v.State != Up {
		t.Errorf("%v (%v)", v.State, v.Err)
	}
}

// A process that ends while it is read is none; another error is one of the look.
func TestDearReadingFails(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	broken := errors.New("cannot read: x")
	for name, spec := range map[string]Spec{
		"a daemon":                {Executable: clamd.Path, Label: "x"},
		"a rule":                  {Rule: true, Executable: clamd.Path, Label: "x"},
		"a rule that names none":  {Rule: true, Label: "x", NotUser: id(0)},
		"a daemon with a maximum": {Executable: clamd.Path, Label: "x", Count: &words.Count{Min: 1, Max: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeTable()
			f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7}, readErr: proctable.ErrGone})
			s := mustLook(t, f, Options{}, spec)
			if v := Judge(s, spec); len(s.Processes) > 0 || len(v.Matches) > 0 || v.State == Unknown {
				t.Errorf("ended: kept %v, %v (%v)", rows(s), v.State, v.Err)
			}
			right := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7}, usage: proctable.Usage{Label: "x"}})
			if v := Judge(mustLook(t, f, Options{}, spec), spec); !slices.Equal(matching(v), []int{right}) {
				t.Errorf("another has not ended: %v (%v), about %v", v.State, v.Err, matching(v))
			}
			f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7}, readErr: broken})
			s, err := look(t.Context(), f, []Spec{spec}, Options{Full: true})
			if v := Judge(s, spec); !errors.Is(err, broken) || v.State == Down {
				t.Errorf("it cannot be read: error %v, %v", err, v.State)
			}
		})
	}
}

// The same holds of a row that another daemon has brought in.
func TestDearReadingOfARowOfAnotherFails(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	broken := errors.New("cannot read: x")
	f := newFakeTable()
	f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7}, readErr: broken})
	_, err := look(t.Context(), f, []Spec{{Executable: clamd.Path}, {Rule: true, Label: "x", NotUser: id(0)}}, Options{})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// Regression: a process that a daemon's name had brought in, and that ended before
// its context was read for a rule about any process, passed for one of which the
// context cannot be told.
func TestEndsBetweenThePasses(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	daemon := Spec{Executable: clamd.Path}
	rule := Spec{Rule: true, NotUser: id(0), Label: "init_t"}
	f := newFakeTable()
	pid := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7}, readErr: proctable.ErrGone})
	s := mustLook(t, f, Options{}, daemon, rule)
	if v := Judge(s, rule); v.State != Up || len(v.Matches) > 0 {
		t.Errorf("the rule: %v (%v)", v.State, v.Err)
	}
	if v := Judge(s, daemon); !slices.Equal(matching(v), []int{pid}) { // others may not have been looked at
		t.Errorf("the daemon: %v (%v), about %v", v.State, v.Err, matching(v))
	}
}

// A full look keeps each process once, however many daemons and rules want it.
func TestFullLookKeepsOnce(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	specs := []Spec{{Executable: clamd.Path}, {Called: "clamd", Count: &words.Count{Min: 1, Max: 1}}, {Rule: true, User: id(7)}, {Executable: clamd.Path, Rule: true, Memory: MemoryLimit{RSS: 1}}}
	f := newFakeTable()
	pid := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7, RSS: 2}})
	for _, opts := range []Options{{}, {Full: true}} {
		s := mustLook(t, f, opts, specs...)
		wantPIDs(t, "kept", rows(s), pid)
		for _, spec := range specs {
			if v := Judge(s, spec); v.State != Up || !slices.Equal(matching(v), []int{pid}) {
				t.Errorf("%+v: %v (%v), about %v", spec, v.State, v.Err, matching(v))
			}
		}
	}
}

// A name needs no executable: the quick pass finds a program by it, and the
// careful pass a script or a process that has renamed itself.
func TestLookForAName(t *testing.T) {
	f := newFakeTable()
	worker := f.add(fakeRow{exe: "/opt/worker", p: proctable.Process{Name: "worker", File: proctable.FileID{Dev: 1, Ino: 7}}})
	script := f.add(fakeRow{exe: "/usr/bin/dash", p: proctable.Process{Name: "backup", File: proctable.FileID{Dev: 1, Ino: 8}}})
	for _, tc := range []struct {
		called   string
		pid      int
		examined []int
	}{
		{"worker", worker, []int{worker}},
		{"backup", script, []int{1, ownPID, worker, script}},
	} {
		f.examined = nil
		spec := Spec{Called: tc.called}
		s := mustLook(t, f, Options{}, spec)
		wantPIDs(t, "examined", f.examined, tc.examined...)
		if v := Judge(s, spec); v.State != Up || !slices.Equal(matching(v), []int{tc.pid}) {
			t.Errorf("%s: %v (%v), about %v", tc.called, v.State, v.Err, matching(v))
		}
	}
}
