package check

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/check/proctable"
)

// The machine of the tables: one file system, the wanted program on it, and
// what an unprivileged user could put beside it.
var (
	self      = proctable.Self{PID: 50, File: proctable.FileID{Dev: 1, Ino: 50}}
	clamdFile = proctable.FileID{Dev: 1, Ino: 100}
	oldFile   = proctable.FileID{Dev: 1, Ino: 99}  // what clamd was before the upgrade
	otherDev  = proctable.FileID{Dev: 7, Ino: 100} // the same inode number on another file system
	clamd     = Executable{Path: "/usr/local/sbin/clamd", Resolved: "/usr/local/sbin/clamd", ID: clamdFile}
)

const nobody, clamav = 65534, 110

// plain is a healthy process of clamd; each row changes what is peculiar to it.
func plain(change func(*proctable.Process)) proctable.Process {
	p := proctable.Process{PID: 4711, Name: "clamd", Exe: "/usr/local/sbin/clamd", File: clamdFile, OwnUserNS: true}
	if change != nil {
		change(&p)
	}
	return p
}

// row is one process and what is to be said of it. The reason of a process
// that counts is counts; of one that is not worth a word, unrelated.
type row struct {
	name   string
	p      proctable.Process
	state  State
	reason Reason
	old    bool
}

// judgeRows holds each row against the verdict on a table of that process
// alone, and against the verdict on one where a plain process stands beside it.
func judgeRows(t *testing.T, spec Spec, file Executable, beside proctable.Process, rows []row) {
	t.Helper()
	spec.Executable = file.Path
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			v := judge(spec, file, r.p)
			wantVerdict(t, v, r)
			v = judge(spec, file, r.p, beside)
			if v.State != Up || !slices.Contains(matching(v), beside.PID) || v.Err != nil {
				t.Errorf("beside a plain process: %v", v)
			}
		})
	}
}

func judge(spec Spec, file Executable, processes ...proctable.Process) Verdict {
	return Judge(Snapshot{Self: self, Processes: processes, files: map[string]*wanted{file.Path: {Executable: file}}}, spec)
}

func wantVerdict(t *testing.T, v Verdict, r row) {
	t.Helper()
	if v.State != r.state {
		t.Errorf("it is %v, want %v", v.State, r.state)
	}
	var matches []Match
	var excluded []Exclusion
	switch r.reason {
	case counts:
		matches = []Match{{Process: r.p, OldImage: r.old}}
	case unrelated:
	default:
		excluded = []Exclusion{{Process: r.p, Reason: r.reason}}
	}
	if !reflect.DeepEqual(v.Matches, matches) {
		t.Errorf("matches %+v, want %+v", v.Matches, matches)
	}
	if !reflect.DeepEqual(v.Excluded, excluded) {
		t.Errorf("excludes %+v, want %+v", v.Excluded, excluded)
	}
	var clouded *CloudedError
	switch {
	case r.state != Unknown && v.Err != nil:
		t.Errorf("unexpected error %v", v.Err)
	case r.state == Unknown && !errors.As(v.Err, &clouded):
		t.Errorf("error %v, want a CloudedError", v.Err)
	case r.state == Unknown && (len(clouded.Why) != 1 || clouded.Why[0].PID != r.p.PID):
		t.Errorf("clouded by %v", clouded.Why)
	}
}

func matching(v Verdict) (pids []int) {
	for _, m := range v.Matches {
		pids = append(pids, m.PID)
	}
	return pids
}

func reasonOf(v Verdict, pid int) Reason {
	for _, x := range v.Excluded {
		if x.PID == pid {
			return x.Reason
		}
	}
	return unrelated
}

func beside() proctable.Process { return plain(func(p *proctable.Process) { p.PID = 4712 }) }

// What /proc says of one path: the table of the real thing, row by row.
func TestWhatProcSaysOfOnePath(t *testing.T) {
	judgeRows(t, Spec{}, clamd, beside(), []row{
		{"plain", plain(nil), Up, counts, false},
		{"PrivateUsers=, a user namespace", plain(func(p *proctable.Process) { p.OwnUserNS = false }), Up, counts, false},
		{"PrivateTmp=, the mount namespace differs", plain(nil), Up, counts, false},
		{"RootDirectory=, the same text", plain(func(p *proctable.Process) { p.File = proctable.FileID{Dev: 1, Ino: 500} }), Down, OtherFile, false},
		{"plain chroot, a prefix", plain(func(p *proctable.Process) {
			p.Exe, p.File = "/srv/jail/usr/local/sbin/clamd", proctable.FileID{Dev: 1, Ino: 500}
		}), Down, OtherFile, false},
		{"chroots after exec", plain(nil), Up, counts, false},
		{"unshare --pid", plain(func(p *proctable.Process) { p.Foreign = true }), Down, Foreign, false},
		{"container, another inode", plain(func(p *proctable.Process) { p.File, p.Foreign = proctable.FileID{Dev: 1, Ino: 500}, true }), Down, OtherFile, false},
		{"container, another device", plain(func(p *proctable.Process) { p.File, p.Foreign = otherDev, true }), Down, OtherFile, false},
		{"container in the host's PID namespace", plain(func(p *proctable.Process) { p.File = proctable.FileID{Dev: 1, Ino: 500} }), Down, OtherFile, false},
		{"container, upgraded inside", plain(func(p *proctable.Process) {
			p.File, p.Deleted, p.Foreign = otherDev, true, true
		}), Down, OtherFile, false},
		{"upgraded", plain(func(p *proctable.Process) { p.File, p.Deleted = oldFile, true }), Up, counts, true},
		{"upgraded, any user's", plain(func(p *proctable.Process) { p.File, p.Deleted, p.User = oldFile, true, clamav }), Up, counts, true},
		{"renamed, a new file in its place", plain(func(p *proctable.Process) {
			p.Exe, p.File = "/usr/local/sbin/clamd.old", oldFile
		}), Down, unrelated, false},
		{"renamed, the wanted file", plain(func(p *proctable.Process) { p.Exe = "/usr/local/sbin/clamd-new" }), Up, counts, false},
		{"zombie", proctable.Process{PID: 4711, Name: "clamd", Zombie: true}, Down, Zombie, false},
		{"zombie of another name", proctable.Process{PID: 4711, Name: "sh", Zombie: true}, Down, unrelated, false},
		{"forged: a tmpfs over the folder", plain(func(p *proctable.Process) {
			p.File, p.OwnUserNS, p.User = otherDev, false, nobody
		}), Down, OtherFile, false},
		{"forged and then deleted", plain(func(p *proctable.Process) {
			p.File, p.Deleted, p.OwnUserNS, p.User = otherDev, true, false, nobody
		}), Down, OtherFile, false},
		{"forged: an own file bind-mounted on the path, then deleted", plain(func(p *proctable.Process) {
			p.File, p.Deleted, p.OwnUserNS, p.User = oldFile, true, false, nobody
		}), Down, Forgeable, false},
	})
}

// A file that is not known equals no other file that is not known.
func TestUnknownFileIsNoFile(t *testing.T) {
	file := clamd
	file.ID = proctable.FileID{}
	p := plain(func(p *proctable.Process) { p.File = proctable.FileID{} })
	if v := judge(Spec{Executable: file.Path}, file, p); v.State != Down {
		t.Errorf("it is %v", v.State)
	}
}

// A process that does nothing is there; that it is stopped is said, not judged.
func TestStoppedAndHalfDead(t *testing.T) {
	judgeRows(t, Spec{}, clamd, beside(), []row{
		{"stopped", plain(func(p *proctable.Process) { p.Stopped = true }), Up, counts, false},
		{"dead leader with living threads", plain(nil), Up, counts, false},
		{"dead leader with no thread left", plain(func(p *proctable.Process) { p.Zombie = true }), Down, Zombie, false},
	})
}

// The snapshot answers only for what was looked for, and for what was found.
func TestUnknownWithoutALook(t *testing.T) {
	missing := errors.New("cannot find executable /usr/local/sbin/clamd: no such file or directory")
	s := Snapshot{Self: self, Processes: []proctable.Process{plain(nil)}, files: map[string]*wanted{
		clamd.Path:   {Executable: clamd},
		"/sbin/gone": {err: missing},
	}}
	if v := Judge(s, Spec{Executable: "/sbin/gone"}); v.State != Unknown || v.Err != missing || len(v.Matches)+len(v.Excluded) > 0 {
		t.Errorf("file missing: %+v", v)
	}
	v := Judge(s, Spec{Executable: "/sbin/other"})
	if v.State != Unknown || v.Err == nil || !strings.Contains(v.Err.Error(), "cannot judge /sbin/other") {
		t.Errorf("not looked for: %+v", v)
	}
	if v := Judge(Snapshot{}, Spec{Executable: clamd.Path}); v.State != Unknown || v.Err == nil {
		t.Errorf("no snapshot: %+v", v)
	}
	if v := (Verdict{}); v.State != Unknown {
		t.Errorf("the zero verdict is %v", v.State)
	}
}

// One table holds processes of all kinds; each is named where it belongs.
func TestManyProcesses(t *testing.T) {
	forged := deletedAbroad(nobody)
	forged.PID = 1003
	v := judge(Spec{Executable: clamd.Path}, clamd,
		plain(func(p *proctable.Process) { p.PID = 1001 }),
		proctable.Process{PID: 1002, Name: "clamd", Zombie: true},
		forged,
		plain(func(p *proctable.Process) { p.PID, p.File, p.Deleted = 1004, oldFile, true }),
		proctable.Process{PID: 1005, Name: "clamd", Denied: true},
		proctable.Process{PID: 1006, Name: "sh", Exe: "/usr/bin/dash", File: proctable.FileID{Dev: 1, Ino: 3}},
		plain(func(p *proctable.Process) { p.PID, p.Foreign = 1007, true }),
		plain(func(p *proctable.Process) { p.PID = self.PID }),
	)
	if v.State != Up || v.Err != nil || !slices.Equal(matching(v), []int{1001, 1004}) {
		t.Errorf("%v %v, matches %v", v.State, v.Err, matching(v))
	}
	if len(v.Matches) == 2 && (v.Matches[0].OldImage || !v.Matches[1].OldImage) {
		t.Errorf("old images: %+v", v.Matches)
	}
	got := map[int]Reason{}
	for _, x := range v.Excluded {
		got[x.PID] = x.Reason
	}
	want := map[int]Reason{1002: Zombie, 1003: Forgeable, 1005: Unreadable, 1007: Foreign, self.PID: Own}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("excluded %v, want %v", got, want)
	}
	if v := judge(Spec{Executable: clamd.Path}, clamd); v.State != Down || v.Err != nil {
		t.Errorf("a table without it: %+v", v)
	}
}

// Each reason and each state has words of its own.
func TestWords(t *testing.T) {
	seen := map[string]bool{}
	for r := unrelated; r <= Thread; r++ {
		if seen[r.String()] {
			t.Errorf("%d is %q, as another", r, r)
		}
		seen[r.String()] = true
	}
	if Unknown.String() != "unknown" || Up.String() != "up" || Down.String() != "down" || State(9).String() != "unknown" {
		t.Error("states")
	}
	err := &CloudedError{Subject: clamd.Path, Why: []Exclusion{{Process: proctable.Process{PID: 4711}, Reason: Unreadable}, {Process: proctable.Process{PID: 4712}, Reason: Obscured}}}
	if want := "cannot tell whether /usr/local/sbin/clamd is running; process 4711 may be it: may not be looked at; " +
		"process 4712 may be it: what it runs cannot be told"; err.Error() != want {
		t.Errorf("%q", err)
	}
}
