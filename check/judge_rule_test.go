package check

import (
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// A rule never makes anything down, whatever is wrong and whatever restart_on
// says: nothing is restarted for it.
func TestRuleIsNeverDown(t *testing.T) {
	all := []Aspect{TooFew, TooMany, Listening, PIDFiles, CPU, Memory, Files, Age}
	for name, spec := range map[string]Spec{
		"too many":          {},
		"too few":           {Count: &words.Count{Min: 5, Max: words.NoLimit}},
		"over the memory":   {Memory: MemoryLimit{RSS: 1}},
		"over the files":    {Files: FilesLimit{Number: 1}},
		"a limit of age":    {MinAge: 24 * time.Hour},
		"more than allowed": {Count: &words.Count{Min: 0, Max: 1}},
	} {
		spec.Rule, spec.Executable, spec.RestartOn = true, clamd.Path, all
		v := judge(spec, clamd, using(1001, nil), using(1002, nil))
		if v.State != Up || v.Err != nil || len(v.Faults) == 0 || slices.ContainsFunc(v.Faults, func(f Fault) bool { return f.Severity != Alarm }) {
			t.Errorf("%s: %v (%v), %q; want alarms", name, v.State, v.Err, said(v.Faults))
		}
		for _, a := range all {
			if spec.restarts(a) || spec.severity(a) != Alarm {
				t.Errorf("%s: %s restarts", name, a)
			}
		}
	}
}

// What a rule says at 3 am.
func TestRuleWords(t *testing.T) {
	for _, tc := range []struct {
		name string
		spec Spec
		n    int
		want []string
	}{
		{"it is kept", Spec{}, 0, nil},
		{"it is broken once", Spec{}, 1, []string{"too_many/1: 1 process, and none may be (pid 1001 /usr/local/sbin/clamd of user 0)"}},
		{"at most one, and it is so", Spec{Count: &words.Count{Min: 0, Max: 1}}, 1, nil},
		{"at least one, and none is", Spec{Count: &words.Count{Min: 1, Max: words.NoLimit}}, 0, []string{"too_few/1: no process, and at least 1 should be"}},
		{"at least three, and two are", Spec{Count: &words.Count{Min: 3, Max: words.NoLimit}}, 2, []string{"too_few/1: 2 processes, and at least 3 should be"}},
		{"at most one, and two are", Spec{Count: &words.Count{Min: 1, Max: 1}}, 2, []string{"too_many/1: 2 processes, and at most 1 may be (pid 1001 /usr/local/sbin/clamd of user 0, pid 1002 /usr/local/sbin/clamd of user 0)"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.spec.Rule, tc.spec.Executable = true, clamd.Path
			v := judge(tc.spec, clamd, manyOf(tc.n, 0)...)
			if v.State != Up {
				t.Errorf("it is %v (%v)", v.State, v.Err)
			}
			wantSaidOf(t, v, tc.want...)
		})
	}
}

// Regression: a rule with a limit named the processes that break it, and not by how
// much.
func TestRuleTellsHowMuch(t *testing.T) {
	spec := Spec{Rule: true, Executable: clamd.Path, Memory: MemoryLimit{RSS: 64 * mib}}
	wantSaidOf(t, judge(spec, clamd, using(7, nil)),
		"too_many/1: 1 process, and none may be (pid 7 /usr/local/sbin/clamd of user 0)",
		"memory/1: process 7 has 100 MiB in memory, more than 64 MiB")
}

// Regression: with a CPU limit, too, what idle processes use was told beside the
// busy ones.
func TestRuleTellsOnlyOfTheBusy(t *testing.T) {
	spec := Spec{Rule: true, Executable: clamd.Path, Memory: MemoryLimit{RSS: 64 * mib}, CPU: &CPULimit{}}
	wantSaidOf(t, settle(spec, judge(spec, clamd, using(7, nil), using(8, nil)), probed{}, busyWith(8)),
		"too_many/1: 1 process, and none may be (pid 8 /usr/local/sbin/clamd of user 0)",
		"cpu/1: busy", "memory/1: process 8 has 100 MiB in memory, more than 64 MiB")
}

// anyProcesses are a few of a machine, of which a rule may be about any.
func anyProcesses() []proctable.Process {
	return []proctable.Process{
		{PID: 1, Name: "init", Exe: "/sbin/init", File: proctable.FileID{Dev: 1, Ino: 1}, OwnUserNS: true},
		{PID: 101, Name: "boinc", Exe: "/usr/bin/boinc", File: proctable.FileID{Dev: 1, Ino: 101}, User: 7, Group: 7, Parent: 1, OwnUserNS: true, RSS: 300 * mib},
		{PID: 102, Name: "cc1", Exe: "/usr/bin/cc1", File: proctable.FileID{Dev: 1, Ino: 102}, User: 8, Group: 0, Parent: 101, OwnUserNS: true, RSS: 200 * mib},
		{PID: 103, Name: "backup", Exe: "/usr/bin/dash", File: proctable.FileID{Dev: 1, Ino: 103}, User: 9, Group: 9, Parent: 1, OwnUserNS: true, RSS: 100 * mib},
		{PID: 104, Name: "zombie", Zombie: true, User: 8, Parent: 1},
		{PID: 105, Name: "cc1", Exe: "/usr/bin/cc1", File: proctable.FileID{Dev: 7, Ino: 7}, User: 8, Group: 0, Parent: 106, Foreign: true, RSS: 900 * mib},
		{PID: self.PID, Name: "daemon-keeper", Exe: "/usr/bin/daemon-keeper", File: self.File, User: 8, OwnUserNS: true},
	}
}

func judgeAny(spec Spec, processes ...proctable.Process) Verdict {
	files := map[string]*wanted{"/usr/bin/boinc": {Executable: Executable{Path: "/usr/bin/boinc", Resolved: "/usr/bin/boinc", ID: proctable.FileID{Dev: 1, Ino: 101}}}}
	spec.Rule = true
	return Judge(Snapshot{Self: self, Processes: processes, files: files}, spec)
}

// A rule that names nothing is about every process of ours that meets its
// criteria and breaks its limits: about no zombie, no container's, not ourselves.
// Those that do not are not worth a word.
func TestRuleAboutAnyProcess(t *testing.T) {
	for _, tc := range []struct {
		name string
		spec Spec
		want []int
	}{
		{"all of them", Spec{}, []int{1, 101, 102, 103}},
		{"group 0 and not user 0", Spec{Group: id(0), NotUser: id(0)}, []int{102}},
		{"a user's", Spec{User: id(7)}, []int{101}},
		{"not of a group", Spec{NotGroup: id(0)}, []int{101, 103}},
		{"of a parent", Spec{Parent: 1}, []int{101, 103}},

		{"except a program, by its path", Spec{Exempt: []Spec{{Executable: "/usr/bin/boinc"}}}, []int{1, 102, 103}},
		{"except a name", Spec{Exempt: []Spec{{Called: "cc1"}}}, []int{1, 101, 103}},
		{"except a script's name", Spec{Exempt: []Spec{{Called: "backup"}}}, []int{1, 101, 102}},
		{"except a user", Spec{Exempt: []Spec{{User: id(8)}}}, []int{1, 101, 103}},
		{"except a program of a user", Spec{Exempt: []Spec{{Executable: "/usr/bin/boinc", User: id(7)}}}, []int{1, 102, 103}},
		{"except a program of another user", Spec{Exempt: []Spec{{Executable: "/usr/bin/boinc", User: id(8)}}}, []int{1, 101, 102, 103}},
		{"except several", Spec{Exempt: []Spec{{User: id(0)}, {Executable: "/usr/bin/boinc"}, {Called: "cc1"}}}, []int{103}},
		{"except a program that was not looked for", Spec{Exempt: []Spec{{Executable: "/no/such"}}}, []int{1, 101, 102, 103}},

		{"over a limit of memory", Spec{Memory: MemoryLimit{RSS: 150 * mib}}, []int{101, 102}},
		{"over a limit of memory, except a program", Spec{Memory: MemoryLimit{RSS: 150 * mib}, Exempt: []Spec{{Executable: "/usr/bin/boinc"}}}, []int{102}},
		{"over a limit of memory, of a user", Spec{Memory: MemoryLimit{RSS: 150 * mib}, NotUser: id(7)}, []int{102}},
		{"over a limit that none breaks", Spec{Memory: MemoryLimit{RSS: 1 << 40}}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judgeAny(tc.spec, anyProcesses()...)
			if v.State != Up || v.Err != nil || !slices.Equal(matching(v), tc.want) {
				t.Errorf("%v (%v), about %v, want %v", v.State, v.Err, matching(v), tc.want)
			}
			if len(v.Excluded) > 0 {
				t.Errorf("it has a word for %+v", v.Excluded)
			}
		})
	}
}

// A rule that names its processes says of each why it is not about it.
func TestRuleWithAName(t *testing.T) {
	for _, tc := range []struct {
		name   string
		spec   Spec
		p      proctable.Process
		reason Reason
	}{
		{"within the limit", Spec{Memory: MemoryLimit{RSS: 100 * mib}}, using(4711, nil), Within},
		{"over it", Spec{Memory: MemoryLimit{RSS: 99 * mib}}, using(4711, nil), counts},
		{"files within the share", Spec{Files: FilesLimit{Share: 0.5}}, using(4711, nil), Within},
		{"files over it", Spec{Files: FilesLimit{Share: 0.01}}, using(4711, nil), counts},
		{"exempt, though over the limit", Spec{Memory: MemoryLimit{RSS: 1}, Exempt: []Spec{{User: id(0)}}}, using(4711, nil), Exempt},
		{"exempt by an argument", Spec{Exempt: []Spec{{Args: regexp.MustCompile("^-F$")}}}, with(nil), Exempt},
		{"exempt by a label", Spec{Exempt: []Spec{{Label: "clamd_t"}}}, with(nil), Exempt},
		{"exempt by the name of the file", Spec{Exempt: []Spec{{Called: "clamd"}}}, with(nil), Exempt},
		{"another label than the exempt one", Spec{Exempt: []Spec{{Label: "init_t"}}}, with(nil), counts},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.spec.Rule, tc.spec.Executable = true, clamd.Path
			wantVerdict(t, judge(tc.spec, clamd, tc.p), row{tc.name, tc.p, Up, tc.reason, false})
		})
	}
}

// What a rule cannot tell of a process clouds it, where one more decides.
func TestRuleThatCannotTell(t *testing.T) {
	unreadable := using(4711, func(p *proctable.Process) { p.Usage = proctable.Usage{FilesErr: fs.ErrPermission} })
	for _, tc := range []struct {
		name   string
		spec   Spec
		p      proctable.Process
		reason Reason
	}{
		{"its open files cannot be counted", Spec{Executable: clamd.Path, Files: FilesLimit{Number: 1}}, unreadable, Unreadable},
		{"its open files cannot be counted, whatever it is", Spec{Files: FilesLimit{Number: 1}}, unreadable, Unreadable},
		{"it may not be looked at", Spec{Executable: clamd.Path}, deniedWith(nil), Unreadable},
		{"not even its PID namespace can be told", Spec{Group: id(clamav)}, deniedWith(func(p *proctable.Process) { p.Nowhere = true }), Unreadable},
		{"it may be the exempt one", Spec{Exempt: []Spec{{Executable: clamd.Path}}}, deniedWith(nil), Unreadable},
		{"its label cannot be told", Spec{Executable: clamd.Path, Label: "clamd_t"}, using(4711, nil), Unlabelled},
		{"its arguments are wiped out", Spec{Executable: clamd.Path, Args: regexp.MustCompile("x")}, using(4711, nil), Obscured},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.spec.Rule = true
			wantVerdict(t, judge(tc.spec, clamd, tc.p), row{tc.name, tc.p, Unknown, tc.reason, false})
			tc.spec.Count = &words.Count{Min: 0, Max: 1}
			if v := judge(tc.spec, clamd, tc.p); v.State != Up || v.Err != nil || len(v.Faults) > 0 {
				t.Errorf("one may be: %v (%v), %q", v.State, v.Err, said(v.Faults))
			}
			tc.spec.Count = &words.Count{Min: 1, Max: words.NoLimit}
			if v := judge(tc.spec, clamd, tc.p); v.State != Unknown {
				t.Errorf("one must be: %v, %q", v.State, said(v.Faults))
			}
		})
	}
	// What a process executes does not matter to a rule about any.
	if v := judge(Spec{Rule: true, Group: id(clamav)}, clamd, deniedWith(nil)); v.State != Up || len(v.Matches) != 1 {
		t.Errorf("one that may not be looked at: %v (%v)", v.State, v.Err)
	}
	// Another user's process is not the rule's, may it be looked at or not.
	if v := judge(Spec{Rule: true, Group: id(0)}, clamd, deniedWith(nil)); v.State != Up || v.Err != nil {
		t.Errorf("another group's: %v (%v)", v.State, v.Err)
	}
}

// Regression: where no security context can be told, a rule about any process of
// one was kept for ever.
func TestRuleAboutALabelThatCannotBeTold(t *testing.T) {
	for _, count := range []*words.Count{nil, {Min: 0, Max: 1}, {Min: 1, Max: words.NoLimit}} {
		v := judgeAny(Spec{Label: "init_t", Count: count}, anyProcesses()...)
		if v.State != Unknown || v.Err == nil || len(v.Faults) > 0 {
			t.Errorf("%v: %v (%v), %q", count, v.State, v.Err, said(v.Faults))
		}
	}
	// One that wipes out its arguments is none that has the wanted one: else any
	// user could blind the rule.
	if v := judgeAny(Spec{Args: regexp.MustCompile("x")}, anyProcesses()...); v.State != Up {
		t.Errorf("%v (%v)", v.State, v.Err)
	}
}

// Regression: where its context cannot be told, a process that may be exempt by it
// broke the rule; then it clouded it even if it was exempt for another reason, or
// within the limit.
func TestExemptByALabelThatCannotBeTold(t *testing.T) {
	spec := Spec{Rule: true, Executable: clamd.Path, Exempt: []Spec{{Label: "clamd_t"}}}
	if v := judge(spec, clamd, using(7, nil)); v.State != Unknown || len(v.Faults) > 0 {
		t.Errorf("%v (%v), %q", v.State, v.Err, said(v.Faults))
	}
	spec.Exempt = append(spec.Exempt, Spec{User: id(0)})
	if v := judge(spec, clamd, using(7, nil)); v.State != Up || len(v.Matches) > 0 {
		t.Errorf("exempt for another reason: %v (%v), %q", v.State, v.Err, said(v.Faults))
	}
	spec.Exempt, spec.Memory = spec.Exempt[:1], MemoryLimit{RSS: 1 << 40}
	if v := judge(spec, clamd, using(7, nil)); v.State != Up || len(v.Matches) > 0 {
		t.Errorf("within the limit: %v (%v), %q", v.State, v.Err, said(v.Faults))
	}
}

// Files that cannot be counted do not matter where the memory is within its limit:
// a rule is about those that break each of its limits.
func TestRuleOfTwoLimits(t *testing.T) {
	p := using(7, func(p *proctable.Process) { p.Usage = proctable.Usage{FilesErr: fs.ErrPermission} })
	spec := Spec{Rule: true, Executable: clamd.Path, Memory: MemoryLimit{RSS: 1 << 40}, Files: FilesLimit{Number: 1}}
	if v := judge(spec, clamd, p); v.State != Up || v.Err != nil || len(v.Matches) > 0 {
		t.Errorf("memory within: %v (%v), %q", v.State, v.Err, said(v.Faults))
	}
	spec.Memory.RSS = 1
	if v := judge(spec, clamd, p); v.State != Unknown {
		t.Errorf("memory broken, files unknown: %v, %q", v.State, said(v.Faults))
	}
	if v := judge(spec, clamd, using(7, nil)); v.State != Up || len(v.Matches) != 1 {
		t.Errorf("both broken: %v (%v), %q", v.State, v.Err, said(v.Faults))
	}
	spec.Files.Number = 1 << 20
	if v := judge(spec, clamd, using(7, nil)); v.State != Up || len(v.Matches) > 0 {
		t.Errorf("files within: %v (%v), %q", v.State, v.Err, said(v.Faults))
	}
}

// A rule's limits are criteria: where the count is right, none of them is a fault.
func TestRuleLimitsAreNoFaults(t *testing.T) {
	spec := Spec{Rule: true, Executable: clamd.Path, Memory: MemoryLimit{RSS: 1}, Files: FilesLimit{Number: 1}, MinAge: 24 * time.Hour, Count: &words.Count{Min: 0, Max: 5}}
	v := judge(spec, clamd, using(7, nil))
	if len(v.Faults) > 0 || !reflect.DeepEqual(matching(v), []int{7}) {
		t.Errorf("%q, about %v", said(v.Faults), matching(v))
	}
}
