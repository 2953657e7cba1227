package check

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"

	"golang.org/x/sys/unix"
)

func withGroup(uid, gid uint32) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
}

// wantPicked holds two real processes against criteria that only one of them
// meets.
func wantPicked(t *testing.T, spec Spec, right, wrong int, reason Reason) {
	t.Helper()
	v := verdict(t, spec)
	if v.State != Up || v.Err != nil || !slices.Equal(matching(v), []int{right}) {
		t.Errorf("%v (%v), about %v, want %d", v.State, v.Err, matching(v), right)
	}
	if got := matching(lean(t, spec)); !slices.Equal(got, []int{right}) {
		t.Errorf("a lean look is about %v, want %d", got, right)
	}
	if reasonOf(v, wrong) != reason {
		t.Errorf("process %d is left out as %q, want %q", wrong, reasonOf(v, wrong), reason)
	}
}

// lean is the verdict of a look as a healthy run takes it.
func lean(t *testing.T, spec Spec) Verdict {
	t.Helper()
	return realVerdict(t, spec, Options{})
}

// Of two processes of one program, each criterion takes the one that meets it.
func TestRealCriteria(t *testing.T) {
	p := newPlace(t)
	one := run(t, withGroup(stranger, nobody), p.path)
	two := run(t, withGroup(0, 0), p.path, "group", "7") // really of group 0
	for name, tc := range map[string]struct {
		spec         Spec
		right, wrong int
		reason       Reason
	}{
		"a user":                        {Spec{User: id(stranger)}, one, two, OtherUser},
		"root":                          {Spec{User: id(0)}, two, one, OtherUser},
		"not root":                      {Spec{NotUser: id(0)}, one, two, OtherUser},
		"a group":                       {Spec{Group: id(nobody)}, one, two, OtherGroup},
		"a group, by the effective one": {Spec{Group: id(7)}, two, one, OtherGroup},
		"not a group":                   {Spec{NotGroup: id(7)}, one, two, OtherGroup},
		"an argument":                   {Spec{Args: regexp.MustCompile("^gr.up$")}, two, one, OtherArgs},
		"no second argument":            {Spec{Args: regexp.MustCompile("^12345$|" + p.name + "$"), User: id(stranger)}, one, two, OtherUser},
	} {
		t.Run(name, func(t *testing.T) {
			tc.spec.Executable = p.path
			wantPicked(t, tc.spec, tc.right, tc.wrong, tc.reason)
			tc.spec.Executable, tc.spec.Called = "", p.name
			wantPicked(t, tc.spec, tc.right, tc.wrong, tc.reason)
		})
	}
	neither := Spec{Executable: p.path, Group: id(0)} // the real group of one, of none the effective one
	if v := verdict(t, neither); v.State != Down || v.Err != nil {
		t.Errorf("group 0: %v (%v), about %v", v.State, v.Err, matching(v))
	}
}

// The parent leaves out what a daemon has forked.
func TestRealParent(t *testing.T) {
	p := newPlace(t)
	daemon := run(t, nil, p.path, "child")
	spec := Spec{Executable: p.path}
	all := matching(verdict(t, spec))
	if len(all) != 2 {
		t.Fatalf("there are %v, want the daemon %d and its child", all, daemon)
	}
	child := all[0] + all[1] - daemon
	spec.Parent, spec.Count = os.Getpid(), &words.Count{Min: 1, Max: 1}
	wantPicked(t, spec, daemon, child, OtherParent)
	spec.Parent = daemon
	wantPicked(t, spec, child, daemon, OtherParent)
	spec.Parent = 1
	if v := verdict(t, spec); v.State != Down {
		t.Errorf("of process 1: %v (%v), about %v", v.State, v.Err, matching(v))
	}
}

// A name is a program's, a script's, or what a process calls itself; what the
// kernel cuts off of a long one is told by the executable or by an argument.
func TestRealNames(t *testing.T) {
	t.Parallel() // though not its cases, which have the same names
	// The kernel cuts both to the same 15 bytes, which no other run has.
	long, other := fmt.Sprintf("keep%09d-of-a-long-name", os.Getpid()), fmt.Sprintf("keep%09d-of-another", os.Getpid())
	short := fmt.Sprintf("k%d", os.Getpid())
	type starts func(t *testing.T, p place) int
	program := func(name string, steps ...string) starts {
		return func(t *testing.T, p place) int { return run(t, nil, p.install(t, p.dir+"/bin/"+name), steps...) }
	}
	script := func(name string) starts {
		return func(t *testing.T, p place) int {
			return run(t, nil, write(t, p.dir, name, "#!/bin/sh\n"+shellLives, 0o755))
		}
	}
	for _, tc := range []struct {
		name         string
		called       string
		right, wrong starts
		reason       Reason
	}{
		{"a program", short, program(short), program(short + "x"), unrelated},
		{"a program that calls itself otherwise", short, program(short, "name", "x"), program(short + "x"), unrelated},
		{"a program with a long name", long, program(long), program(other), unrelated},
		{"a program of which the name is the first 15 bytes", long[:15], program(long[:15]), program(long), unrelated},
		{"a script", short, script(short), script(short + "x"), unrelated},
		{"a script with a long name", long, script(long), script(other), OtherFile},
		{"a process that calls itself so", short, program("x", "name", short), program("y"), unrelated},
		{"a process that called itself so", short, program("x", "name", short), program("y", "name", short, "name", "y"), unrelated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlaceAlone(t)
			right, wrong := tc.right(t, p), tc.wrong(t, p)
			wantPicked(t, Spec{Called: tc.called}, right, wrong, tc.reason)
			v := lean(t, Spec{Called: tc.called, Rule: true})
			if v.State != Up || !slices.Equal(matching(v), []int{right}) || len(v.Faults) != 1 {
				t.Errorf("a rule: %v (%v), about %v, want %d", v.State, v.Err, matching(v), right)
			}
		})
	}
}

// Too few are down, too many are wrong, and none may be where none may be.
func TestRealCount(t *testing.T) {
	p := newPlace(t)
	run(t, nil, p.path)
	run(t, as(stranger), p.path)
	for _, tc := range []struct {
		name  string
		spec  Spec
		state State
		wrong Aspect
	}{
		{"no count", Spec{}, Up, ""},
		{"2", Spec{Count: &words.Count{Min: 2, Max: 2}}, Up, ""},
		{"1-2", Spec{Count: &words.Count{Min: 1, Max: 2}}, Up, ""},
		{"3-", Spec{Count: &words.Count{Min: 3, Max: words.NoLimit}}, Down, TooFew},
		{"2 of a user", Spec{Count: &words.Count{Min: 2, Max: 2}, User: id(stranger)}, Down, TooFew},
		{"1", Spec{Count: &words.Count{Min: 1, Max: 1}}, Up, TooMany},
		{"1, which restarts it", Spec{Count: &words.Count{Min: 1, Max: 1}, RestartOn: []Aspect{TooMany}}, Down, TooMany},
		{"0", Spec{Count: &words.Count{Min: 0, Max: 0}}, Up, TooMany},
		{"0 of a group", Spec{Count: &words.Count{Min: 0, Max: 0}, Group: id(7)}, Up, ""},
		{"a rule", Spec{Rule: true, RestartOn: []Aspect{TooMany}}, Up, TooMany},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.spec.Executable = p.path
			verdict(t, tc.spec)
			v := lean(t, tc.spec)
			if v.State != tc.state || len(v.Faults) > 1 || len(v.Faults) > 0 != (tc.wrong != "") || tc.wrong != "" && v.Faults[0].Aspect != tc.wrong {
				t.Errorf("%v (%v), %q; want %v, %q", v.State, v.Err, said(v.Faults), tc.state, tc.wrong)
			}
		})
	}
}

// A process that runs the daemon's file under another name counts where too many
// can be wrong.
func TestRealCountOfAHardLink(t *testing.T) {
	p := newPlace(t)
	must(t, os.Link(p.path, p.dir+"/other"))
	run(t, nil, p.path)
	other := run(t, nil, p.dir+"/other")
	v := lean(t, Spec{Executable: p.path, Count: &words.Count{Min: 1, Max: 1}})
	if v.State != Up || len(v.Faults) != 1 || !slices.Contains(matching(v), other) {
		t.Errorf("%v (%v), about %v, %q", v.State, v.Err, matching(v), said(v.Faults))
	}
}

// Of all processes of the machine, the rule finds the one of group 0 that is not
// root's, and none of those beside it.
func TestRealRuleAboutAnyProcess(t *testing.T) {
	p := newPlaceAlone(t)
	odd := run(t, withGroup(stranger, 0), p.path)
	roots := run(t, nil, p.path)
	others := run(t, as(stranger), p.path)
	rule := Spec{Rule: true, Group: id(0), NotUser: id(0), RestartOn: []Aspect{TooMany}}
	v := verdict(t, rule)
	if pids := matching(v); v.State != Up || !slices.Contains(pids, odd) || slices.Contains(pids, roots) || slices.Contains(pids, others) {
		t.Errorf("%v (%v), about %v; want %d, and not %d nor %d", v.State, v.Err, pids, odd, roots, others)
	}
	rule.Args = regexp.MustCompile("^" + regexp.QuoteMeta(p.path) + "$") // leaves out what else this machine runs
	wantSaidOf(t, lean(t, rule), fmt.Sprintf("too_many/1: 1 process, and none may be (pid %d %s of user %d)", odd, p.path, stranger))
	for name, e := range map[string]Spec{"its path": {Executable: p.path}, "its user": {User: id(stranger)}, "its name": {Called: p.name}} {
		rule.Exempt = []Spec{{User: id(7)}, e}
		if v := verdict(t, rule); v.State != Up || len(v.Matches)+len(v.Faults) > 0 {
			t.Errorf("exempt by %s: %v (%v), about %v", name, v.State, v.Err, matching(v))
		}
	}
	rule.Exempt = []Spec{{Executable: p.toy}, {Executable: p.path, User: id(0)}}
	if v := verdict(t, rule); !slices.Equal(matching(v), []int{odd}) {
		t.Errorf("others are exempt: %v (%v), about %v", v.State, v.Err, matching(v))
	}
}

// Regression: a script that is exempt was not.
func TestRealExemptScript(t *testing.T) {
	p := newPlace(t)
	exempt := write(t, p.dir, "exempt", "#!/bin/sh\n"+shellLives, 0o755)
	not := write(t, p.dir, "not", "#!/bin/sh\n"+shellLives, 0o755)
	run(t, nil, exempt)
	pid := run(t, nil, not)
	rule := Spec{Rule: true, Args: regexp.MustCompile("^" + regexp.QuoteMeta(p.dir) + "/"), Exempt: []Spec{{Executable: exempt}}}
	if v := lean(t, rule); v.State != Up || !slices.Equal(matching(v), []int{pid}) {
		t.Errorf("%v (%v), about %v, want %d", v.State, v.Err, matching(v), pid)
	}
}

// labelled shows us a security context for a process that this machine has none
// for: a file lies over it, in a mount namespace of this thread's own.
func labelled(t *testing.T, pid int, context string, do func() error) {
	t.Helper()
	file := write(t, t.TempDir(), "current", context, 0o644)
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with this goroutine
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
				return err
			}
			if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
				return err
			}
			if err := unix.Mount(file, "/proc/"+strconv.Itoa(pid)+"/attr/current", "", unix.MS_BIND, ""); err != nil {
				return err
			}
			return do()
		}()
	}()
	err := <-done
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOENT) {
		t.Skip("this machine does not allow the case: ", err)
	}
	must(t, err)
}

// The context is read of the right file, and picks the process that has it.
func TestRealLabel(t *testing.T) {
	p := newPlace(t)
	right, other := run(t, nil, p.path), run(t, nil, p.path)
	const selinux, apparmor = "system_u:system_r:toy_t:s0-s15:c0.c1023\x00", "/usr/sbin/toy (complain)\n"
	for _, tc := range []struct {
		context, wanted string
		want            bool
	}{
		{selinux, "toy_t", true},
		{selinux, strings.TrimSuffix(selinux, "\x00"), true},
		{selinux, "toy", false},
		{apparmor, "/usr/sbin/toy", true},
		{apparmor, "/usr/sbin/toy (complain)", true},
		{apparmor, "/usr/sbin/to", false},
	} {
		spec := Spec{Executable: p.path, Label: tc.wanted}
		labelled(t, right, tc.context, func() error {
			s, err := look(t.Context(), proctable.New(proctable.Directly()), []Spec{spec}, Options{Full: true})
			if err != nil {
				return err
			}
			v := Judge(s, spec)
			if slices.Contains(matching(v), right) != tc.want || !tc.want && reasonOf(v, right) != OtherLabel {
				t.Errorf("%q, and %q is wanted: %v (%v), about %v", tc.context, tc.wanted, v.State, v.Err, matching(v))
			}
			if slices.Contains(matching(v), other) {
				t.Errorf("process %d has no such label", other)
			}
			return nil
		})
	}
}

// Regression: a kernel without CONFIG_SECURITY has no attr folder, so that each
// process passed for ended, and a daemon with a label for dead.
func TestLabelOfAKernelWithoutSecurity(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(dir+"/100", 0o755))
	table := proctable.At(dir, proctable.Directly())
	p := proctable.Process{PID: 100}
	if err := table.Read(&p, proctable.LabelReading); err != nil || p.Usage.Label != "" {
		t.Errorf("label %q, error %v", p.Usage.Label, err)
	}
	p.PID = 101
	if err := table.Read(&p, proctable.LabelReading); !errors.Is(err, proctable.ErrGone) {
		t.Errorf("ended: error %v", err)
	}
}

// Without a security module no context can be told, which is neither up nor down.
func TestRealLabelWithoutAModule(t *testing.T) {
	if _, err := os.ReadFile("/proc/self/attr/current"); err == nil {
		t.Skip("needs a machine without a security module")
	}
	p := newPlace(t)
	pid := run(t, nil, p.path)
	spec := Spec{Executable: p.path, Label: "init_t"}
	wantReal(t, verdict(t, spec), pid, Unknown, Unlabelled)
	spec.Rule = true
	wantReal(t, verdict(t, spec), pid, Unknown, Unlabelled)
	if v := verdict(t, Spec{Rule: true, Label: "init_t", Count: &words.Count{Min: 0, Max: 1}}); v.State != Unknown {
		t.Errorf("a rule about any process: %v (%v)", v.State, v.Err)
	}
}

// Regression: a process that has overwritten its arguments with zero bytes, as
// memset(3) does, was one with other arguments, and so down.
func TestRealWipedArguments(t *testing.T) {
	p := newPlace(t)
	pid := run(t, nil, p.path, "wipe")
	spec := Spec{Executable: p.path, Args: regexp.MustCompile("^wipe$")}
	wantReal(t, verdict(t, spec), pid, Unknown, Obscured)
	spec.Args = nil
	wantReal(t, verdict(t, spec), pid, Up, counts)
}
