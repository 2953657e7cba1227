package check

import (
	"testing"

	"daemon-keeper/check/proctable"
)

// A busybox applet is the one file under another name in argv[0], or behind its
// own; every shell on such a system is that file too.
func TestBusyboxApplet(t *testing.T) {
	file := Executable{Path: "/usr/sbin/crond", Resolved: "/usr/bin/busybox", ID: proctable.FileID{Dev: 1, Ino: 60}, Applet: "crond"}
	busybox := func(name string, args ...string) proctable.Process {
		return proctable.Process{PID: 4711, Name: name, Exe: "/usr/bin/busybox", File: file.ID, OwnUserNS: true, Args: args}
	}
	running := busybox("crond", "/usr/sbin/crond", "-f")
	running.PID = 4712
	old := busybox("crond", "crond")
	old.File, old.Deleted = proctable.FileID{Dev: 1, Ino: 59}, true
	oldShell := busybox("sh", "sh")
	oldShell.File, oldShell.Deleted = proctable.FileID{Dev: 1, Ino: 59}, true
	judgeRows(t, Spec{}, file, running, []row{
		{"busybox applet", busybox("crond", "/usr/sbin/crond", "-f"), Up, counts, false},
		{"without a folder", busybox("crond", "crond"), Up, counts, false},
		{"as a login program", busybox("crond", "-crond"), Up, counts, false},
		{"behind busybox", busybox("busybox", "busybox", "crond", "-f"), Up, counts, false},
		{"upgraded", old, Up, counts, true},
		{"another applet", busybox("sh", "/bin/sh"), Down, NoScript, false},
		{"another applet, upgraded", oldShell, Down, NoScript, true},
		{"another behind busybox", busybox("busybox", "busybox", "sh"), Down, NoScript, false},
		{"another with its name as an argument", busybox("busybox", "busybox", "pkill", "crond"), Down, NoScript, false},
		{"no arguments", busybox("busybox"), Down, NoScript, false},
		{"another program", plain(nil), Down, unrelated, false},
	})
}

// Only a link to a multi-call program asks for one of its applets.
func TestAppletOf(t *testing.T) {
	for _, tc := range []struct{ path, resolved, want string }{
		{"/usr/sbin/crond", "/usr/bin/busybox", "crond"},
		{"/usr/sbin/crond", "/usr/bin/toybox", "crond"},
		{"/bin/busybox", "/usr/bin/busybox", ""},
		{"/usr/sbin/mysqld", "/usr/sbin/mariadbd", ""},
		{"/usr/sbin/clamd", "/usr/sbin/clamd", ""},
	} {
		if got := appletOf(tc.path, tc.resolved); got != tc.want {
			t.Errorf("%s, a link to %s: %q, want %q", tc.path, tc.resolved, got, tc.want)
		}
	}
}

// " (deleted)" may be the end of a real name.
func TestPathThatReallyEndsInDeleted(t *testing.T) {
	file := Executable{Path: "/opt/x (deleted)", Resolved: "/opt/x (deleted)", ID: proctable.FileID{Dev: 1, Ino: 70}}
	running := proctable.Process{PID: 4712, Name: "x (deleted)", Exe: file.Path, File: file.ID, OwnUserNS: true}
	alone := running
	alone.PID = 4711
	upgraded := alone
	upgraded.File, upgraded.Deleted = proctable.FileID{Dev: 1, Ino: 69}, true
	judgeRows(t, Spec{}, file, running, []row{
		{"running", alone, Up, counts, false},
		{"upgraded", upgraded, Up, counts, true},
		{"the deleted x", proctable.Process{PID: 4711, Name: "x", Exe: "/opt/x", File: proctable.FileID{Dev: 1, Ino: 71}, Deleted: true, OwnUserNS: true}, Down, unrelated, false},
	})
	x := Executable{Path: "/opt/x", Resolved: "/opt/x", ID: proctable.FileID{Dev: 1, Ino: 72}}
	if v := judge(Spec{Executable: x.Path}, x, running); v.State != Down || len(v.Excluded) > 0 {
		t.Errorf("x, where only \"x (deleted)\" runs: %+v", v)
	}
}

// A symbolic link is followed: its target is what the kernel shows, its own
// name what the process may be called.
func TestSymbolicLink(t *testing.T) {
	file := Executable{Path: "/usr/sbin/mysqld", Resolved: "/usr/sbin/mariadbd", ID: proctable.FileID{Dev: 1, Ino: 80}}
	running := proctable.Process{PID: 4712, Name: "mariadbd", Exe: "/usr/sbin/mariadbd", File: file.ID, OwnUserNS: true}
	byTarget, byLink := running, running
	byTarget.PID = 4711
	byLink.PID, byLink.Name = 4711, "mysqld"
	judgeRows(t, Spec{}, file, running, []row{
		{"started as its target", byTarget, Up, counts, false},
		{"started as the link", byLink, Up, counts, false},
		{"a zombie of the link's name", proctable.Process{PID: 4711, Name: "mysqld", Zombie: true}, Down, Zombie, false},
		{"a zombie of the target's name", proctable.Process{PID: 4711, Name: "mariadbd", Zombie: true}, Down, Zombie, false},
	})
}
