package check

import (
	"testing"

	"daemon-keeper/check/proctable"
)

// denied is a process of which only name and arguments are known.
func denied(name string, args ...string) proctable.Process {
	return proctable.Process{PID: 4711, Name: name, Denied: true, Args: args}
}

// What may not be looked at clouds the verdict if it could be the daemon.
func TestDenied(t *testing.T) {
	judgeRows(t, Spec{}, clamd, beside(), []row{
		{"its name", denied("clamd"), Unknown, Unreadable, false},
		{"its argv[0]", denied("main", "/usr/local/sbin/clamd", "--foreground"), Unknown, Unreadable, false},
		{"its name in argv[0]", denied("main", "clamd"), Unknown, Unreadable, false},
		{"another name", denied("sh", "/bin/sh"), Down, unrelated, false},
		{"a longer name", denied("clamd2", "clamd2"), Down, unrelated, false},
		{"a shorter name", denied("clam", "clam"), Down, unrelated, false},
		{"its path as an argument", denied("tail", "tail", "-f", "/usr/local/sbin/clamd"), Down, unrelated, false},
		{"no name", denied(""), Down, unrelated, false},
		{"its path, though it has renamed itself", func() proctable.Process { p := denied("main"); p.Exe = "/usr/local/sbin/clamd"; return p }(), Unknown, Unreadable, false},
		{"and another user's", func() proctable.Process { p := denied("clamd"); p.User = nobody; return p }(), Unknown, Unreadable, false},
	})
}

// The kernel's name is cut at 15 bytes.
func TestDeniedLongName(t *testing.T) {
	file := Executable{Path: "/usr/sbin/systemd-timesyncd", Resolved: "/usr/sbin/systemd-timesyncd", ID: clamdFile}
	running := proctable.Process{PID: 4712, Name: "systemd-timesyn", Exe: file.Path, File: file.ID}
	judgeRows(t, Spec{}, file, running, []row{
		{"comm of the longer name", denied("systemd-timesyn"), Unknown, Unreadable, false},
		{"one byte less", denied("systemd-timesy"), Down, unrelated, false},
		{"another of 15 bytes", denied("systemd-timedat"), Down, unrelated, false},
		{"the whole name, as FreeBSD has it", denied("systemd-timesyncd"), Unknown, Unreadable, false},
		{"more than the name", denied("systemd-timesyncd2"), Down, unrelated, false},
	})
}

// A script's process may go by the interpreter's name.
func TestDeniedScript(t *testing.T) {
	as := func(script string, p proctable.Process) proctable.Process { p.Script = script; return p }
	judgeRows(t, Spec{}, script, besideScript(), []row{
		{"its name", denied("amavisd"), Unknown, Unreadable, false},
		{"interpreter with the script", as(amavisd, denied("perl", perl, amavisd)), Unknown, Unreadable, false},
		{"interpreter with a script of that name", as("amavisd", denied("perl", perl, "amavisd")), Unknown, Unreadable, false},
		{"interpreter, arguments unknown", denied("perl"), Unknown, Unreadable, false},
		{"interpreter with another script", as("/usr/sbin/spamd", denied("perl", perl, "/usr/sbin/spamd")), Down, unrelated, false},
		{"interpreter without a script", denied("perl", perl, "-e", "sleep"), Down, unrelated, false},
		{"another interpreter with the script", as(amavisd, denied("ruby", "ruby", amavisd)), Down, unrelated, false},
	})
}

// A denied zombie is no less denied: Judge is told both or neither by the table.
func TestNothingCountsThatIsDenied(t *testing.T) {
	p := plain(func(p *proctable.Process) { p.Denied = true })
	if v := judge(Spec{Executable: clamd.Path}, clamd, p); v.State != Unknown {
		t.Errorf("the right file, but denied: %+v", v)
	}
}
