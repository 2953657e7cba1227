package check

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

func id(n uint32) *uint32 { return &n }

// with is a healthy process of clamd, number 4711, clamav's, which meets every
// criterion of the tables below; each row spoils one.
func with(change func(*proctable.Process)) proctable.Process {
	p := plain(func(p *proctable.Process) {
		p.User, p.Group, p.Parent = clamav, clamav, 1
		p.Args = []string{"/usr/local/sbin/clamd", "--config=/etc/clamd.conf", "-F"}
		p.Usage.Label = "system_u:system_r:clamd_t:s0"
	})
	if change != nil {
		change(&p)
	}
	return p
}

// deniedWith is the same where it may not be looked at.
func deniedWith(change func(*proctable.Process)) proctable.Process {
	return with(func(p *proctable.Process) {
		p.Exe, p.File, p.Denied, p.OwnUserNS, p.Usage.Label = "", proctable.FileID{}, true, false, ""
		if change != nil {
			change(p)
		}
	})
}

// A process must meet each criterion that is given. One that does not is not
// the daemon, and which it fails is said; one that cannot be told may be it.
func TestCriteria(t *testing.T) {
	conf := regexp.MustCompile(`clamd\.conf$`)
	for _, tc := range []struct {
		name   string
		spec   Spec
		p      proctable.Process
		state  State
		reason Reason
	}{
		{"no criterion takes any process", Spec{}, with(nil), Up, counts},

		{"the user is the wanted one", Spec{User: id(clamav)}, with(nil), Up, counts},
		{"the user is another", Spec{User: id(0)}, with(nil), Down, OtherUser},
		{"the user is one who does not count", Spec{NotUser: id(clamav)}, with(nil), Down, OtherUser},
		{"the user is not the one who does not count", Spec{NotUser: id(0)}, with(nil), Up, counts},
		{"root does not count", Spec{NotUser: id(0)}, with(func(p *proctable.Process) { p.User = 0 }), Down, OtherUser},
		{"the user is both wanted and not to count", Spec{User: id(clamav), NotUser: id(clamav)}, with(nil), Down, OtherUser},

		{"the group is the wanted one", Spec{Group: id(clamav)}, with(nil), Up, counts},
		{"the group is another", Spec{Group: id(0)}, with(nil), Down, OtherGroup},
		{"the group is 0, which is wanted", Spec{Group: id(0)}, with(func(p *proctable.Process) { p.Group = 0 }), Up, counts},
		{"the group is one that does not count", Spec{NotGroup: id(clamav)}, with(nil), Down, OtherGroup},
		{"the group is not the one that does not count", Spec{NotGroup: id(0)}, with(nil), Up, counts},
		{"the user's number says nothing of the group", Spec{Group: id(7)}, with(func(p *proctable.Process) { p.User = 7 }), Down, OtherGroup},
		{"the group's number says nothing of the user", Spec{User: id(7)}, with(func(p *proctable.Process) { p.Group = 7 }), Down, OtherUser},

		{"the parent is the wanted one", Spec{Parent: 1}, with(nil), Up, counts},
		{"the parent is another process of the daemon", Spec{Parent: 1}, with(func(p *proctable.Process) { p.Parent = 4712 }), Down, OtherParent},
		{"the parent is out of sight", Spec{Parent: 1}, with(func(p *proctable.Process) { p.Parent = 0 }), Down, OtherParent},

		{"an argument matches, anchored where the expression says", Spec{Args: conf}, with(nil), Up, counts},
		{"no argument matches", Spec{Args: regexp.MustCompile("^nosuch$")}, with(nil), Down, OtherArgs},
		{"it would match over two arguments", Spec{Args: regexp.MustCompile("conf.-F")}, with(nil), Down, OtherArgs},
		{"the program's own name is an argument too", Spec{Args: regexp.MustCompile("sbin/clamd$")}, with(nil), Up, counts},
		{"an empty argument matches what matches nothing", Spec{Args: regexp.MustCompile("^$")}, with(func(p *proctable.Process) { p.Args = []string{"x", ""} }), Up, counts},
		{"its arguments are wiped out", Spec{Args: conf}, with(func(p *proctable.Process) { p.Args = nil }), Unknown, Obscured},
		{"its arguments are wiped out, and it is another user's", Spec{Args: conf, User: id(0)}, with(func(p *proctable.Process) { p.Args = nil }), Down, OtherUser},

		{"the label is the wanted type", Spec{Label: "clamd_t"}, with(nil), Up, counts},
		{"the label is the wanted context", Spec{Label: "system_u:system_r:clamd_t:s0"}, with(nil), Up, counts},
		{"the label is another", Spec{Label: "init_t"}, with(nil), Down, OtherLabel},
		{"the label cannot be told", Spec{Label: "clamd_t"}, with(func(p *proctable.Process) { p.Usage.Label = "" }), Unknown, Unlabelled},
		{"the label cannot be told, and an argument is missing", Spec{Label: "clamd_t", Args: regexp.MustCompile("^x$")}, with(func(p *proctable.Process) { p.Usage.Label = "" }), Down, OtherArgs},

		{"it meets all of them", Spec{User: id(clamav), NotUser: id(0), Group: id(clamav), NotGroup: id(0), Parent: 1, Args: conf, Label: "clamd_t"}, with(nil), Up, counts},
		{"it fails several: the cheapest is named", Spec{User: id(0), Group: id(0), Parent: 9, Label: "x"}, with(nil), Down, OtherUser},

		{"it may not be looked at", Spec{}, deniedWith(nil), Unknown, Unreadable},
		{"it may not be looked at, but its user is another", Spec{User: id(0)}, deniedWith(nil), Down, OtherUser},
		{"it may not be looked at, but its group is another", Spec{NotGroup: id(clamav)}, deniedWith(nil), Down, OtherGroup},
		{"it may not be looked at, but its parent is another", Spec{Parent: 9}, deniedWith(nil), Down, OtherParent},
		{"it may not be looked at, and meets what can be seen", Spec{User: id(clamav), Parent: 1}, deniedWith(nil), Unknown, Unreadable},
		{"it may not be looked at, nor its label", Spec{Label: "init_t"}, deniedWith(nil), Unknown, Unreadable},

		{"a zombie's user does not matter", Spec{User: id(0)}, with(func(p *proctable.Process) { p.Zombie = true }), Down, Zombie},
		{"what it is comes before whose it is", Spec{User: id(0)}, with(func(p *proctable.Process) { p.File = proctable.FileID{Dev: 1, Ino: 500} }), Down, OtherFile},
		{"a container's process is foreign before it is another user's", Spec{User: id(0)}, with(func(p *proctable.Process) { p.Foreign = true }), Down, Foreign},
		{"an old image must meet them too", Spec{User: id(0)}, with(func(p *proctable.Process) { p.File, p.Deleted = oldFile, true }), Down, OtherUser},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.spec.Executable = clamd.Path
			wantVerdict(t, judge(tc.spec, clamd, tc.p), row{tc.name, tc.p, tc.state, tc.reason, false})
		})
	}
}

// A name is the executable's, or the kernel's for the process, and of a longer
// one an argument must tell the rest.
func TestCalled(t *testing.T) {
	const long = "verylongscriptname.sh" // the kernel cuts it to verylongscriptn
	script := func(name string, args ...string) proctable.Process {
		return proctable.Process{PID: 4711, Name: name, Exe: "/usr/bin/dash", File: proctable.FileID{Dev: 1, Ino: 3}, OwnUserNS: true, Args: args}
	}
	for _, tc := range []struct {
		name   string
		called string
		p      proctable.Process
		state  State
		reason Reason
	}{
		{"the executable is called so", "clamd", plain(nil), Up, counts},
		{"the executable is called so, in any folder", "clamd", plain(func(p *proctable.Process) { p.Exe, p.File = "/opt/clamd", proctable.FileID{Dev: 7, Ino: 7} }), Up, counts},
		{"the executable is called so, the process not", "clamd", plain(func(p *proctable.Process) { p.Name = "main" }), Up, counts},
		{"a script is called so", "backup", script("backup"), Up, counts},
		{"a process calls itself so", "worker", plain(func(p *proctable.Process) { p.Name = "worker" }), Up, counts},
		{"the executable of a script is called so", "dash", script("backup"), Up, counts},
		{"only an argument is called so", "backup", script("sh", "sh", "/usr/local/bin/backup"), Down, unrelated},
		{"a longer name", "clam", plain(nil), Down, unrelated},
		{"a shorter name", "clamd2", plain(nil), Down, unrelated},
		{"another name", "sshd", plain(nil), Down, unrelated},
		{"no name at all", "clamd", proctable.Process{PID: 4711, OwnUserNS: true}, Down, unrelated},

		{"a program of 15 bytes", "systemd-timesyn", plain(func(p *proctable.Process) { p.Exe, p.Name = "/lib/systemd-timesyn", "systemd-timesyn" }), Up, counts},
		{"a program of which 15 bytes are the name", "systemd-timesyn", plain(func(p *proctable.Process) { p.Exe, p.Name = "/lib/systemd-timesyncd", "systemd-timesyn" }), Down, unrelated},
		{"a program longer than 15 bytes", "systemd-timesyncd", plain(func(p *proctable.Process) { p.Exe, p.Name = "/lib/systemd-timesyncd", "systemd-timesyn" }), Up, counts},
		{"another program with the same 15 bytes", "systemd-timesyncd", plain(func(p *proctable.Process) { p.Exe, p.Name = "/lib/systemd-timesynth", "systemd-timesyn" }), Down, unrelated},
		{"a script longer than 15 bytes, by its path", long, script(long[:15], "/bin/sh", "/opt/"+long), Up, counts},
		{"a script longer than 15 bytes, by its name", long, script(long[:15], "sh", long, "-v"), Up, counts},
		{"another script with the same 15 bytes", long, script(long[:15], "/bin/sh", "/opt/verylongscriptn2.sh"), Down, OtherFile},
		{"another script with the same 15 bytes and an argument that contains the name", long, script(long[:15], "/bin/sh", "/opt/verylongscriptn2.sh", long+".log"), Down, OtherFile},
		// Regression: these two passed for another script, and the daemon for dead.
		{"a script longer than 15 bytes that has wiped out its arguments", long, script(long[:15]), Unknown, Obscured},
		{"a script longer than 15 bytes that has written its title", long, script(long[:15], long+": master"), Up, counts},
		{"another script with the same 15 bytes that has written its title", long, script(long[:15], "verylongscriptn2.sh: "+long), Down, OtherFile},
		{"a name of 17 bytes that FreeBSD keeps", "systemd-timesyncd", script("systemd-timesyncd"), Up, counts},

		{"deleted", "clamd", plain(func(p *proctable.Process) { p.Deleted = true }), Up, counts},
		{"a zombie", "clamd", proctable.Process{PID: 4711, Name: "clamd", Zombie: true}, Down, Zombie},
		{"another zombie", "clamd", proctable.Process{PID: 4711, Name: "sh", Zombie: true}, Down, unrelated},
		{"it may not be looked at", "clamd", denied("clamd"), Unknown, Unreadable},
		{"it may not be looked at, and is called otherwise", "clamd", denied("sshd"), Down, unrelated},
		{"it may not be looked at, and its name is cut", long, denied(long[:15]), Unknown, Unreadable},
		// Regression: one that has renamed itself passed for another, and so for dead.
		{"it may not be looked at, and calls itself otherwise", "clamd", denied("main", "/usr/sbin/clamd", "-F"), Unknown, Unreadable},
		{"it may not be looked at, and has the name as an argument", "clamd", denied("tail", "tail", "clamd"), Down, unrelated},
		{"in a container", "clamd", plain(func(p *proctable.Process) { p.Foreign = true }), Down, Foreign},
		{"ourselves", "clamd", plain(func(p *proctable.Process) { p.PID = self.PID }), Down, Own},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := row{tc.name, tc.p, tc.state, tc.reason, tc.p.Deleted}
			wantVerdict(t, judge(Spec{Called: tc.called}, clamd, tc.p), r)
		})
	}
}

// With a path and a name, a process must have both.
func TestExecutableAndCalled(t *testing.T) {
	spec := Spec{Executable: clamd.Path, Called: "scanner"}
	for _, tc := range []struct {
		name   string
		p      proctable.Process
		state  State
		reason Reason
	}{
		{"the file, under that name", plain(func(p *proctable.Process) { p.Name = "scanner" }), Up, counts},
		{"the file, under its own", plain(nil), Down, unrelated},
		{"another file, under that name", plain(func(p *proctable.Process) { p.Exe, p.File, p.Name = "/x", proctable.FileID{Dev: 7, Ino: 7}, "scanner" }), Down, unrelated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantVerdict(t, judge(spec, clamd, tc.p), row{tc.name, tc.p, tc.state, tc.reason, false})
		})
	}
}

// Only a name that the kernel cuts must be told by an argument.
func TestNameIsCut(t *testing.T) {
	for name, want := range map[string]bool{"": false, "sshd": false, "fifteen-bytes-x": false, "sixteen-bytes-xy": true} {
		s := Spec{Called: name}
		if s.nameIsCut() != want || s.readings()&proctable.ArgsReading != 0 != want {
			t.Errorf("%q is cut: %v, and is read for it: %v", name, s.nameIsCut(), s.readings())
		}
	}
}

// What each criterion and limit makes be read, and nothing else does.
func TestReadings(t *testing.T) {
	all := regexp.MustCompile("")
	for _, tc := range []struct {
		name string
		spec Spec
		want proctable.Reading
	}{
		{"what costs nothing more", Spec{Executable: "/x", User: id(0), Group: id(0), Parent: 1, Memory: MemoryLimit{RSS: 1}, Count: &words.Count{Min: 0, Max: 0}}, 0},
		{"the arguments", Spec{Args: all}, proctable.ArgsReading},
		{"the label", Spec{Label: "x"}, proctable.LabelReading},
		{"open files, by number", Spec{Files: FilesLimit{Number: 1}}, proctable.FilesReading},
		{"open files, by share", Spec{Files: FilesLimit{Share: 0.5}}, proctable.FilesReading},
		{"the age", Spec{MinAge: 1}, proctable.TimesReading},
		{"what an exemption asks for", Spec{Exempt: []Spec{{Label: "x"}, {Args: all}}}, proctable.LabelReading | proctable.ArgsReading},
		{"all of it", Spec{Args: all, Label: "x", Files: FilesLimit{Number: 1}, MinAge: 1}, proctable.ArgsReading | proctable.LabelReading | proctable.FilesReading | proctable.TimesReading},
	} {
		if got := tc.spec.readings(); got != tc.want {
			t.Errorf("%s: reads %b, want %b", tc.name, got, tc.want)
		}
	}
}

// Each reason has words of its own, which a person reads behind the process.
func TestReasonWords(t *testing.T) {
	seen := map[string]Reason{}
	for r := unrelated; r <= Within; r++ {
		if before, ok := seen[r.String()]; ok {
			t.Errorf("reasons %d and %d both say %q", before, r, r)
		}
		seen[r.String()] = r
	}
}

// What is looked for has a name in each error, even if it has none.
func TestSubject(t *testing.T) {
	for want, spec := range map[string]Spec{
		"/usr/sbin/sshd":                   {Executable: "/usr/sbin/sshd", Called: "sshd"},
		"sshd":                             {Called: "sshd"},
		"a process that the rule is about": {Rule: true},
	} {
		if got := spec.Subject(); got != want {
			t.Errorf("%+v is called %q, want %q", spec, got, want)
		}
	}
}

// A clouded verdict says what it was about and why, of three processes at most.
func TestCloudedWords(t *testing.T) {
	var processes []proctable.Process
	for pid := 101; pid <= 105; pid++ {
		processes = append(processes, with(func(p *proctable.Process) { p.PID, p.Usage.Label = pid, "" }))
	}
	v := judge(Spec{Executable: clamd.Path, Label: "clamd_t"}, clamd, processes...)
	const want = "cannot tell whether /usr/local/sbin/clamd is running; process 101 may be it: its security context is not supported here or cannot be read; " +
		"process 102 may be it: its security context is not supported here or cannot be read; process 103 may be it: its security context is not supported here or cannot be read, and 2 more"
	if v.Err == nil || v.Err.Error() != want {
		t.Errorf("it says\n%v, want\n%s", v.Err, want)
	}
	var clouded *CloudedError
	if !errors.As(v.Err, &clouded) || !strings.Contains(clouded.Hint(), "security module") {
		t.Errorf("no hint at what the label needs: %+v", v.Err)
	}
}
