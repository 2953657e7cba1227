package check

import (
	"testing"

	"daemon-keeper/check/proctable"
)

const (
	perl    = "/usr/bin/perl"
	amavisd = "/usr/local/sbin/amavisd"
)

var (
	perlFile   = proctable.FileID{Dev: 1, Ino: 300}
	scriptFile = proctable.FileID{Dev: 1, Ino: 200}
	script     = Executable{Path: amavisd, Resolved: amavisd, ID: scriptFile, Interpreter: &Interpreter{perl, perl, perlFile}}
)

// scripted is a healthy process of amavisd, started through its first line.
func scripted(change func(*proctable.Process)) proctable.Process {
	p := proctable.Process{
		PID: 4711, Name: "amavisd", Exe: perl, File: perlFile, OwnUserNS: true,
		Args: []string{perl, "-T", amavisd}, Script: amavisd, ScriptFile: scriptFile,
	}
	if change != nil {
		change(&p)
	}
	return p
}

func besideScript() proctable.Process { return scripted(func(p *proctable.Process) { p.PID = 4712 }) }

// What /proc says of one path, if it is a script's: the executable is the
// interpreter, and only the script's device and inode tell.
func TestScript(t *testing.T) {
	judgeRows(t, Spec{}, script, besideScript(), []row{
		{"script via shebang", scripted(nil), Up, counts, false},
		{"script via its interpreter, comm is that", scripted(func(p *proctable.Process) { p.Name = "perl" }), Up, counts, false},
		{"under another name of the same file", scripted(func(p *proctable.Process) { p.Script = "/etc/alternatives/amavisd" }), Up, counts, false},
		{"relative path", scripted(func(p *proctable.Process) { p.Script = "./amavisd" }), Up, counts, false},
		{"container", scripted(func(p *proctable.Process) { p.Foreign = true }), Down, Foreign, false},
		{"container, its own files", scripted(func(p *proctable.Process) {
			p.Foreign, p.File, p.ScriptFile = true, proctable.FileID{Dev: 7, Ino: 300}, proctable.FileID{Dev: 7, Ino: 200}
		}), Down, OtherFile, false},
		{"another script of that name", scripted(func(p *proctable.Process) { p.ScriptFile = proctable.FileID{Dev: 1, Ino: 201} }), Down, NoScript, false},
		{"another script", scripted(func(p *proctable.Process) {
			p.Name, p.Script, p.ScriptFile = "spamd", "/usr/sbin/spamd", proctable.FileID{Dev: 1, Ino: 202}
		}), Down, unrelated, false},
		{"no script", scripted(func(p *proctable.Process) { p.Name, p.Script, p.ScriptFile = "perl", "", proctable.FileID{} }), Down, unrelated, false},
		{"an editor that has it open", proctable.Process{
			PID: 4711, Name: "vi", Exe: "/usr/bin/vi", File: proctable.FileID{Dev: 1, Ino: 9}, OwnUserNS: true,
			Args: []string{"vi", amavisd}, Script: amavisd, ScriptFile: scriptFile,
		}, Down, unrelated, false},
		{"another interpreter", scripted(func(p *proctable.Process) { p.Exe, p.File = "/usr/bin/ruby", proctable.FileID{Dev: 1, Ino: 301} }), Down, unrelated, false},
		{"an interpreter of that name elsewhere", scripted(func(p *proctable.Process) { p.Exe, p.File = "/opt/bin/perl", proctable.FileID{Dev: 1, Ino: 301} }), Down, unrelated, false},
		{"upgraded interpreter", scripted(func(p *proctable.Process) { p.File, p.Deleted = proctable.FileID{Dev: 1, Ino: 299}, true }), Up, counts, true},
		{"upgraded interpreter, forgeable", scripted(func(p *proctable.Process) {
			p.File, p.Deleted, p.OwnUserNS, p.User = proctable.FileID{Dev: 1, Ino: 299}, true, false, nobody
		}), Down, unrelated, false},
		{"zombie", proctable.Process{PID: 4711, Name: "amavisd", Zombie: true}, Down, Zombie, false},
		{"zombie of the interpreter's name", proctable.Process{PID: 4711, Name: "perl", Zombie: true}, Down, Zombie, false},
	})
}

// Behind env only the interpreter's name is known, and that with any version.
func TestScriptViaEnv(t *testing.T) {
	file := script
	file.Interpreter = &Interpreter{Path: "perl"}
	judgeRows(t, Spec{}, file, besideScript(), []row{
		{"script via env", scripted(func(p *proctable.Process) { p.Name = "perl" }), Up, counts, false},
		{"from any folder, with a version", scripted(func(p *proctable.Process) { p.Exe, p.File = "/opt/bin/perl5.36.0", proctable.FileID{Dev: 1, Ino: 301} }), Up, counts, false},
		{"upgraded interpreter", scripted(func(p *proctable.Process) { p.Deleted = true }), Up, counts, true},
		{"another interpreter", scripted(func(p *proctable.Process) { p.Exe = "/usr/bin/perldoc" }), Down, unrelated, false},
		{"another script of that name", scripted(func(p *proctable.Process) { p.ScriptFile = proctable.FileID{Dev: 1, Ino: 201} }), Down, NoScript, false},
		{"path lost, comm tells", scripted(func(p *proctable.Process) { p.Exe, p.File, p.Deleted, p.Name = "", proctable.FileID{}, true, "perl" }), Up, counts, true},
	})
}

// retitled is the daemon once it has written a title over its arguments.
func retitled(title string, change func(*proctable.Process)) proctable.Process {
	return scripted(func(p *proctable.Process) {
		p.Args, p.Script, p.ScriptFile = []string{title}, "", proctable.FileID{}
		p.Name = title[:min(15, len(title))] // perl's $0 sets comm too
		if change != nil {
			change(p)
		}
	})
}

// A title hides the script: such a process may be the daemon, and may be not.
func TestRetitledScript(t *testing.T) {
	judgeRows(t, Spec{}, script, besideScript(), []row{
		{"a title after its name", retitled("amavisd (master)", nil), Unknown, Obscured, false},
		{"a title with a colon", retitled("amavisd: idle", nil), Unknown, Obscured, false},
		{"with its path", retitled("/usr/local/sbin/amavisd (master)", nil), Unknown, Obscured, false},
		{"only comm is left", retitled("child", func(p *proctable.Process) { p.Name = "amavisd" }), Unknown, Obscured, false},
		{"another's title", retitled("spamd child", nil), Down, unrelated, false},
		{"a longer name", retitled("amavisd2", nil), Down, unrelated, false},
		{"not the interpreter", retitled("amavisd: idle", func(p *proctable.Process) { p.Exe, p.File = "/usr/bin/ruby", proctable.FileID{Dev: 1, Ino: 301} }), Down, unrelated, false},
		{"the title of another script", scripted(func(p *proctable.Process) {
			p.Script, p.ScriptFile = "/usr/bin/other", proctable.FileID{Dev: 1, Ino: 202}
		}), Down, unrelated, false},
	})
}

// Regression: a container's daemon, or that of another user than the wanted
// one, clouded the verdict by its title: nothing dead was ever restarted.
func TestRetitledElsewhere(t *testing.T) {
	uid := uint32(clamav)
	for name, tc := range map[string]struct {
		spec   Spec
		p      proctable.Process
		reason Reason
	}{
		"container":    {Spec{}, retitled("amavisd (master)", func(p *proctable.Process) { p.Foreign, p.File = true, proctable.FileID{Dev: 7, Ino: 300} }), OtherFile},
		"another user": {Spec{User: &uid}, retitled("amavisd (master)", func(p *proctable.Process) { p.User = nobody }), OtherUser},
	} {
		t.Run(name, func(t *testing.T) {
			tc.spec.Executable = script.Path
			v := judge(tc.spec, script, tc.p)
			if v.State != Down || len(v.Excluded) != 1 || v.Excluded[0].Reason != tc.reason {
				t.Errorf("%v %v, excluded %+v", v.State, v.Err, v.Excluded)
			}
		})
	}
}

// A newer interpreter does not make the daemon of the older one dead.
func TestUpgradedPython(t *testing.T) {
	python := func(change func(*proctable.Process)) proctable.Process {
		return scripted(func(p *proctable.Process) {
			p.Exe, p.File = "/usr/bin/python3.11", proctable.FileID{Dev: 1, Ino: 311}
			change(p)
		})
	}
	replaced := script
	replaced.Interpreter = &Interpreter{"/usr/bin/python3", "/usr/bin/python3.11", proctable.FileID{Dev: 1, Ino: 312}}
	judgeRows(t, Spec{}, replaced, python(func(p *proctable.Process) { p.PID, p.File = 4712, proctable.FileID{Dev: 1, Ino: 312} }), []row{
		{"python3.11 replaced", python(func(p *proctable.Process) { p.Deleted = true }), Up, counts, true},
		{"python3.11 replaced, forgeable", python(func(p *proctable.Process) { p.Deleted, p.OwnUserNS, p.User = true, false, nobody }), Down, unrelated, false},
	})
	moved := script
	moved.Interpreter = &Interpreter{"/usr/bin/python3", "/usr/bin/python3.12", proctable.FileID{Dev: 1, Ino: 320}}
	judgeRows(t, Spec{}, moved, python(func(p *proctable.Process) {
		p.PID, p.Exe, p.File = 4712, "/usr/bin/python3.12", proctable.FileID{Dev: 1, Ino: 320}
	}), []row{
		{"the link python3 moved on to python3.12", python(func(p *proctable.Process) {}), Up, counts, true},
		{"the script itself moved on to another version", python(func(p *proctable.Process) { p.Exe = "/usr/bin/python2.7" }), Up, counts, true},
		{"a python elsewhere", python(func(p *proctable.Process) { p.Exe = "/opt/bin/python3.11" }), Down, unrelated, false},
		{"no python", python(func(p *proctable.Process) { p.Exe = "/usr/bin/python3-config" }), Down, unrelated, false},
		{"with another script", python(func(p *proctable.Process) { p.ScriptFile = proctable.FileID{Dev: 1, Ino: 201} }), Down, NoScript, false},
	})
}

// Regression: python3 had moved on to python3.12 and python3.11 was removed, as
// a release upgrade does; the daemon that ran on the old one passed for dead.
func TestRemovedPythonIsAnOldImage(t *testing.T) {
	moved := script
	moved.Interpreter = &Interpreter{"/usr/bin/python3", "/usr/bin/python3.12", proctable.FileID{Dev: 1, Ino: 320}}
	p := scripted(func(p *proctable.Process) {
		p.Exe, p.File, p.Deleted = "/usr/bin/python3.11", proctable.FileID{Dev: 1, Ino: 311}, true
	})
	if v := judge(Spec{Executable: moved.Path}, moved, p); v.State != Up || !v.Matches[0].OldImage {
		t.Errorf("%+v", v)
	}
	p.OwnUserNS, p.User = false, nobody
	if v := judge(Spec{Executable: moved.Path}, moved, p); v.State != Down {
		t.Errorf("forgeable: %+v", v)
	}
}

// A script's user is asked for like a program's.
func TestUserOfScript(t *testing.T) {
	uid := uint32(clamav)
	judgeRows(t, Spec{User: &uid}, script, scripted(func(p *proctable.Process) { p.PID, p.User = 4712, clamav }), []row{
		{"wanted user", scripted(func(p *proctable.Process) { p.User = clamav }), Up, counts, false},
		{"other user", scripted(func(p *proctable.Process) { p.User = nobody }), Down, OtherUser, false},
	})
}
