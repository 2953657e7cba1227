package check

import (
	"testing"

	"daemon-keeper/check/proctable"
)

// lost is a process as FreeBSD shows it once its file is gone: no path at all.
func lost(name string, args ...string) proctable.Process {
	return proctable.Process{PID: 4711, Name: name, Deleted: true, OwnUserNS: true, Args: args}
}

// Where the path is lost, the kernel's name and argv[0] must agree.
func TestLostPath(t *testing.T) {
	foreign := lost("clamd", "clamd")
	foreign.Foreign = true
	judgeRows(t, Spec{}, clamd, beside(), []row{
		{"argv[0] and comm agree", lost("clamd", "/usr/local/sbin/clamd", "-c", "x"), Up, counts, true},
		{"argv[0] without a folder", lost("clamd", "clamd"), Up, counts, true},
		{"only comm", lost("clamd", "/usr/local/sbin/other"), Down, unrelated, false},
		{"only argv[0]", lost("other", "/usr/local/sbin/clamd"), Down, unrelated, false},
		{"arguments that cannot be read", lost("clamd"), Unknown, Obscured, false},
		{"a title of setproctitle(3)", lost("clamd", "clamd: /usr/sbin/clamd [listener] 0 of 10-100 startups"), Up, counts, true},
		{"a title with a path", lost("clamd", "clamd: master process -c /usr/local/etc/clamd/clamd.conf"), Up, counts, true},
		{"in a foreign jail", foreign, Down, Foreign, true},
	})
}

// A jail's process carries the jail's root in its path, and the host's own
// program may run in a jail too; a service jail is the host's.
func TestJails(t *testing.T) {
	judgeRows(t, Spec{}, clamd, beside(), []row{
		{"foreign jail, its own files", plain(func(p *proctable.Process) {
			p.Exe, p.File, p.Foreign = "/j/usr/local/sbin/clamd", proctable.FileID{Dev: 1, Ino: 500}, true
		}), Down, OtherFile, false},
		{"foreign jail, the host's file", plain(func(p *proctable.Process) { p.Foreign = true }), Down, Foreign, false},
		{"service jail", plain(nil), Up, counts, false},
		{"zombie, its arguments kept", proctable.Process{PID: 4711, Name: "clamd", Zombie: true, Args: []string{"clamd"}}, Down, Zombie, false},
		{"zombie, only its arguments tell", proctable.Process{PID: 4711, Name: "x", Zombie: true, Args: []string{"clamd"}}, Down, Zombie, false},
	})
}

// An interpreter whose path is lost still tells its script.
func TestLostInterpreter(t *testing.T) {
	p := func(name, arg0 string) proctable.Process {
		return scripted(func(p *proctable.Process) {
			p.Exe, p.File, p.Deleted, p.Name, p.Args = "", proctable.FileID{}, true, name, []string{arg0, amavisd}
		})
	}
	judgeRows(t, Spec{}, script, besideScript(), []row{
		{"argv[0] and comm agree", p("perl", perl), Up, counts, true},
		{"comm is another", p("ruby", perl), Down, unrelated, false},
		{"argv[0] is another: the script decides", p("perl", "ruby"), Up, counts, true},
	})
}
