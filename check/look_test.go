package check

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"daemon-keeper/check/proctable"
)

// fakeTable is a process table whose rows are given, and which counts.
type fakeTable struct {
	list     []int
	rows     map[int]fakeRow
	err      error // of pids
	jail     bool
	comms    map[int]string // FreeBSD
	exes     []int          // the processes that exe was asked for
	examined []int
	args     []int // those whose arguments were wanted
	costly   []costlyRead
	before   func(pid int)
	sampled  map[int]int // how often times was asked for
	sampling func(pid, nth int)
}

// costlyRead is one call of read.
type costlyRead struct {
	pid  int
	what proctable.Reading
}

type fakeRow struct {
	exe        string
	exeErr     error
	p          proctable.Process
	examineErr error
	args       []string // what read finds
	usage      proctable.Usage
	readErr    error
	threads    []proctable.Thread
	samples    []proctable.Times // what times answers, one after the other; ErrGone behind the last
	sampleErr  error
}

const ownPID = 50

// lookNow takes one look at this machine.
func lookNow(ctx context.Context, specs []Spec, opts Options) (Snapshot, error) {
	return NewObserver(proctable.UsualThreads).look(ctx, specs, opts)
}

// look takes one look at a table.
func look(ctx context.Context, t proctable.Table, specs []Spec, opts Options) (Snapshot, error) {
	f := proctable.Directly()
	beginLook(f, specs)
	return lookAt(ctx, t, f, specs, opts)
}

func (f *fakeTable) PIDs(context.Context) ([]int, error) { return f.list, f.err }
func (f *fakeTable) Self() proctable.Self {
	return proctable.Self{PID: ownPID, File: proctable.FileID{Dev: 9, Ino: 9}}
}
func (f *fakeTable) NeedsInit() bool { return !f.jail }

func (f *fakeTable) Comm(pid int) (string, bool) {
	name, known := f.comms[pid]
	return name, known
}

func (f *fakeTable) Exe(pid int) (string, error) {
	if f.before != nil {
		f.before(pid)
	}
	f.exes = append(f.exes, pid)
	return f.rows[pid].exe, f.rows[pid].exeErr
}

func (f *fakeTable) Examine(pid int, _ string, _ error, ask proctable.Asks) (proctable.Process, error) {
	f.examined = append(f.examined, pid)
	r := f.rows[pid]
	if r.examineErr != nil {
		return proctable.Process{}, r.examineErr
	}
	if !ask.Row(r.p) {
		return proctable.Process{}, proctable.ErrNone
	}
	if ask.Args(r.p) {
		f.args = append(f.args, pid)
	}
	return r.p, nil
}

func (f *fakeTable) Read(p *proctable.Process, what proctable.Reading) error {
	f.costly = append(f.costly, costlyRead{p.PID, what})
	r := f.rows[p.PID]
	if r.readErr != nil {
		return r.readErr
	}
	if what&proctable.ArgsReading != 0 {
		p.Args = r.args
	}
	if what&proctable.LabelReading != 0 {
		p.Usage.Label = r.usage.Label
	}
	if what&proctable.FilesReading != 0 {
		p.Usage.Files, p.Usage.FilesLimit, p.Usage.FilesErr = r.usage.Files, r.usage.FilesLimit, r.usage.FilesErr
	}
	if what&proctable.TimesReading != 0 {
		p.Usage.Age, p.Usage.CPU, p.Usage.Start = r.usage.Age, r.usage.CPU, r.usage.Start
	}
	return nil
}

func (f *fakeTable) Times(pid int) (proctable.Times, error) {
	nth := f.sampled[pid]
	f.sampled[pid]++
	if f.sampling != nil {
		f.sampling(pid, nth)
	}
	r := f.rows[pid]
	switch {
	case r.sampleErr != nil:
		return proctable.Times{}, r.sampleErr
	case nth >= len(r.samples):
		return proctable.Times{}, proctable.ErrGone
	}
	return r.samples[nth], nil
}

func (f *fakeTable) Threads(pid int) []proctable.Thread { return f.rows[pid].threads }

// newFakeTable holds process 1, ourselves, and after them each row that is
// added, from PID 100 on.
func newFakeTable() *fakeTable {
	f := &fakeTable{rows: map[int]fakeRow{}, sampled: map[int]int{}}
	f.put(1, fakeRow{exe: "/sbin/init"})
	f.put(ownPID, fakeRow{exe: "/usr/bin/daemon-keeper"})
	return f
}

func (f *fakeTable) put(pid int, r fakeRow) {
	r.p.PID, r.p.OwnUserNS = pid, true
	if r.p.Exe == "" && r.exeErr == nil {
		r.p.Exe = r.exe
	}
	f.list = append(f.list, pid)
	f.rows[pid] = r
}

func (f *fakeTable) add(r fakeRow) (pid int) {
	pid = 98 + len(f.list)
	f.put(pid, r)
	return pid
}

// runs adds a healthy process of a program.
func (f *fakeTable) runs(e Executable) int {
	return f.add(fakeRow{exe: e.Resolved, p: proctable.Process{File: e.ID}})
}

// program makes an executable file.
func program(t *testing.T, name, content string) Executable {
	t.Helper()
	e, err := Find(write(t, realDir(t), name, content, 0o755))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func specs(files ...Executable) (specs []Spec) {
	for _, e := range files {
		specs = append(specs, Spec{Executable: e.Path})
	}
	return specs
}

func mustLook(t *testing.T, f *fakeTable, opts Options, specs ...Spec) Snapshot {
	t.Helper()
	s, err := look(t.Context(), f, specs, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantPIDs(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

func rows(s Snapshot) (pids []int) {
	for _, p := range s.Processes {
		pids = append(pids, p.PID)
	}
	return pids
}

// A healthy run asks each process for its path until the daemon is found, looks
// closer at that one alone, and ends there.
func TestQuickPassEndsAtTheFirst(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	f := newFakeTable()
	other := f.add(fakeRow{exe: "/usr/sbin/cron"})
	denied := f.add(fakeRow{exeErr: proctable.ErrDeny})
	kernel := f.add(fakeRow{exeErr: proctable.ErrNoExe})
	gone := f.add(fakeRow{exeErr: proctable.ErrGone})
	first := f.runs(clamd)
	f.runs(clamd)
	f.add(fakeRow{exe: "/usr/sbin/sshd"})
	s := mustLook(t, f, Options{}, specs(clamd)...)
	wantPIDs(t, "asked for the path", f.exes, 1, ownPID, other, denied, kernel, gone, first)
	wantPIDs(t, "examined", f.examined, first)
	wantPIDs(t, "kept", rows(s), first)
	wantPIDs(t, "arguments of", f.args)
	if v := Judge(s, Spec{Executable: clamd.Path}); v.State != Up {
		t.Errorf("%+v", v)
	}
}

// A process with a blemish does not end the look: a better one may follow. If
// none does, what counts all the same needs no careful pass; for weeks after an
// upgrade that would cost each run several times as much.
func TestBlemishesKeepTheLookOpen(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	uid := uint32(7)
	for name, tc := range map[string]struct {
		row  fakeRow
		spec Spec
		keep bool
	}{
		"old image":     {fakeRow{exe: clamd.Resolved + proctable.DeletedMark, p: proctable.Process{Exe: clamd.Resolved, Deleted: true, File: proctable.FileID{Dev: clamd.ID.Dev, Ino: 1}}}, Spec{}, true},
		"stopped":       {fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, Stopped: true}}, Spec{}, true},
		"other file":    {fakeRow{exe: clamd.Resolved, p: proctable.Process{File: proctable.FileID{Dev: 1, Ino: 1}}}, Spec{}, true},
		"foreign":       {fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, Foreign: true}}, Spec{}, true},
		"other user's":  {fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID}}, Spec{User: &uid}, false}, // nobody's concern
		"denied at ns/": {fakeRow{exe: clamd.Resolved, p: proctable.Process{Name: "clamd", Denied: true}}, Spec{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			spec := tc.spec
			spec.Executable = clamd.Path
			f := newFakeTable()
			blemished := f.add(tc.row)
			last := f.add(fakeRow{exe: "/usr/sbin/cron"})
			s := mustLook(t, f, Options{}, spec)
			asked := []int{1, ownPID, blemished, last}
			if Judge(s, spec).State != Up {
				asked = append(asked, 1, ownPID, last) // what is in the snapshot is not read again
			}
			if !tc.keep {
				asked = []int{1, ownPID, blemished, last, 1, ownPID, blemished, last}
			}
			kept := []int{blemished}[:map[bool]int{true: 1}[tc.keep]]
			wantPIDs(t, "asked for the path", f.exes, asked...)
			wantPIDs(t, "kept", rows(s), kept...)

			f = newFakeTable()
			f.add(tc.row)
			good := f.add(fakeRow{exe: clamd.Resolved, p: proctable.Process{File: clamd.ID, User: 7}})
			f.add(fakeRow{exe: "/usr/sbin/cron"})
			s = mustLook(t, f, Options{}, spec)
			wantPIDs(t, "examined", f.examined, blemished, good)
			wantPIDs(t, "kept", rows(s), append(kept, good)...)
			if v := Judge(s, spec); v.State != Up || !slices.Contains(matching(v), good) {
				t.Errorf("%+v", v)
			}
		})
	}
}

// Only what the careful pass has missed too is down.
func TestCarefulPass(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	for name, tc := range map[string]struct {
		row   fakeRow
		state State
	}{
		"hard link of another name": {fakeRow{exe: "/opt/scanner", p: proctable.Process{File: clamd.ID}}, Up},
		"dead leader":               {fakeRow{exeErr: proctable.ErrNoExe, p: proctable.Process{Exe: clamd.Resolved, File: clamd.ID}}, Up},
		"zombie":                    {fakeRow{exeErr: proctable.ErrNoExe, p: proctable.Process{Name: "clamd", Zombie: true}}, Down},
		"denied":                    {fakeRow{exeErr: proctable.ErrDeny, p: proctable.Process{Name: "clamd", Denied: true}}, Unknown},
		"denied, another name":      {fakeRow{exeErr: proctable.ErrDeny, p: proctable.Process{Name: "cron", Denied: true}}, Down},
		"another program":           {fakeRow{exe: "/usr/sbin/cron", p: proctable.Process{File: proctable.FileID{Dev: 1, Ino: 1}}}, Down},
		"path lost":                 {fakeRow{exeErr: proctable.ErrLost, p: proctable.Process{Name: "clamd", Deleted: true, Args: []string{"clamd"}}}, Up},
		"ended before exe":          {fakeRow{exeErr: proctable.ErrGone}, Down},
		"ended before examine":      {fakeRow{exe: clamd.Resolved, examineErr: proctable.ErrGone}, Down},
		"kernel thread":             {fakeRow{exeErr: proctable.ErrNoExe, examineErr: proctable.ErrNoExe}, Down},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeTable()
			f.add(tc.row)
			s := mustLook(t, f, Options{}, specs(clamd)...)
			if v := Judge(s, Spec{Executable: clamd.Path}); v.State != tc.state {
				t.Errorf("%+v, want %v", v, tc.state)
			}
		})
	}
}

// The careful pass starts only where something is open, and ends when it is not.
func TestCarefulPassEndsAtTheFirst(t *testing.T) {
	clamd, bind := program(t, "clamd", "\x7fELF"), program(t, "named", "\x7fELF")
	f := newFakeTable()
	linked := f.add(fakeRow{exe: "/opt/scanner", p: proctable.Process{File: clamd.ID}})
	plain := f.runs(bind)
	s := mustLook(t, f, Options{}, specs(clamd, bind)...)
	wantPIDs(t, "asked for the path", f.exes, 1, ownPID, linked, plain, 1, ownPID, linked)
	wantPIDs(t, "examined", f.examined, plain, 1, ownPID, linked)
	wantPIDs(t, "kept", rows(s), plain, linked)
}

// A full look reads all, once for the names and once for the rest, and keeps
// each process once.
func TestFullLook(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	f := newFakeTable()
	first, second := f.runs(clamd), f.runs(clamd)
	linked := f.add(fakeRow{exe: "/opt/scanner", p: proctable.Process{File: clamd.ID}})
	zombie := f.add(fakeRow{exeErr: proctable.ErrNoExe, p: proctable.Process{Name: "clamd", Zombie: true}})
	f.add(fakeRow{exe: "/usr/sbin/cron", p: proctable.Process{File: proctable.FileID{Dev: 1, Ino: 1}}})
	s := mustLook(t, f, Options{Full: true}, specs(clamd)...)
	kept := rows(s)
	slices.Sort(kept)
	wantPIDs(t, "kept", kept, first, second, linked, zombie)
	v := Judge(s, Spec{Executable: clamd.Path})
	if len(v.Matches) != 3 || len(v.Excluded) != 1 {
		t.Errorf("%+v", v)
	}
	for _, pid := range f.list {
		if !slices.Contains(f.exes, pid) {
			t.Errorf("process %d was not looked at", pid)
		}
	}
}

// One look serves all daemons; each has its own verdict.
func TestSeveralDaemons(t *testing.T) {
	up, down, missing := program(t, "up", "\x7fELF"), program(t, "down", "\x7fELF"), Executable{Path: "/no/such/daemon"}
	uid := uint32(7)
	f := newFakeTable()
	pid := f.runs(up)
	all := append(specs(up, down, missing), Spec{Executable: up.Path, User: &uid})
	s := mustLook(t, f, Options{}, all...)
	wantPIDs(t, "kept", rows(s), pid)
	for i, want := range []State{Up, Down, Unknown, Down} {
		if v := Judge(s, all[i]); v.State != want {
			t.Errorf("%v: %+v, want %v", all[i], v, want)
		}
	}
	if v := Judge(s, all[2]); !errors.Is(v.Err, os.ErrNotExist) {
		t.Errorf("missing: %v", v.Err)
	}
	if s.Self.PID != ownPID {
		t.Errorf("self is %+v", s.Self)
	}
}

// Where no daemon can be looked for, no process is looked at.
func TestNothingToLookFor(t *testing.T) {
	f := newFakeTable()
	mustLook(t, f, Options{}, Spec{Executable: "/no/such/daemon"})
	mustLook(t, f, Options{})
	wantPIDs(t, "asked for the path", f.exes)
}

// Arguments are wanted of a script's interpreter, and of nothing else.
func TestArgumentsOfInterpretersOnly(t *testing.T) {
	perl := program(t, "perl", "\x7fELF")
	script := program(t, "amavisd", "#!"+perl.Path+" -T\n")
	clamd := program(t, "clamd", "\x7fELF")
	f := newFakeTable()
	scanner := f.runs(clamd)
	other := f.runs(perl)
	wanted := f.add(fakeRow{exe: perl.Path, p: proctable.Process{File: perl.ID, Script: script.Path, ScriptFile: script.ID}})
	s := mustLook(t, f, Options{}, specs(clamd, script)...)
	wantPIDs(t, "examined", f.examined, scanner, other, wanted)
	wantPIDs(t, "arguments of", f.args, other, wanted)
	wantPIDs(t, "kept", rows(s), scanner, wanted)
}

// Arguments are wanted of a multi-call program too: they tell the applets apart.
func TestArgumentsOfApplets(t *testing.T) {
	busybox := program(t, "busybox", "\x7fELF")
	path := link(t, busybox.Path, filepath.Join(realDir(t), "crond"))
	f := newFakeTable()
	shell := f.add(fakeRow{exe: busybox.Path, p: proctable.Process{File: busybox.ID, Args: []string{"sh"}}})
	crond := f.add(fakeRow{exe: busybox.Path, p: proctable.Process{File: busybox.ID, Args: []string{"crond"}}})
	mustLook(t, f, Options{}, Spec{Executable: path})
	wantPIDs(t, "examined", f.examined, shell, crond)
	wantPIDs(t, "arguments of", f.args, shell, crond)
}

// Behind env, the interpreter's name with any version is looked closer at.
func TestVersionsAreCandidates(t *testing.T) {
	script := program(t, "x", "#!/usr/bin/env python3\n")
	f := newFakeTable()
	versioned := f.add(fakeRow{exe: "/opt/bin/python3.12", p: proctable.Process{Script: script.Path, ScriptFile: script.ID}})
	mustLook(t, f, Options{}, specs(script)...)
	wantPIDs(t, "examined", f.examined, versioned)
}

// What cannot be read is an error of the whole look, never a shorter table.
func TestLookFails(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	broken := errors.New("cannot read /proc/100/status: x")
	var blind *proctable.BlindError
	for name, tc := range map[string]struct {
		change func(f *fakeTable)
		is     func(error) bool
	}{
		"pids fail":                {func(f *fakeTable) { f.err = broken }, func(err error) bool { return errors.Is(err, broken) }},
		"pids fail and answer":     {func(f *fakeTable) { f.err, f.list = proctable.ErrNotSupported, []int{1, ownPID} }, func(err error) bool { return errors.Is(err, proctable.ErrNotSupported) }},
		"no rows":                  {func(f *fakeTable) { f.list = nil }, func(err error) bool { return errors.As(err, &blind) }},
		"no process 1":             {func(f *fakeTable) { f.list = f.list[1:] }, func(err error) bool { return errors.As(err, &blind) }},
		"a row's exe":              {func(f *fakeTable) { f.add(fakeRow{exeErr: broken, examineErr: broken}) }, func(err error) bool { return errors.Is(err, broken) }},
		"a row's examine":          {func(f *fakeTable) { f.add(fakeRow{exe: clamd.Path, examineErr: broken}) }, func(err error) bool { return errors.Is(err, broken) }},
		"a row's examine, careful": {func(f *fakeTable) { f.add(fakeRow{exe: "/other", examineErr: broken}) }, func(err error) bool { return errors.Is(err, broken) }},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeTable()
			f.add(fakeRow{exe: "/usr/sbin/cron"})
			tc.change(f)
			s, err := look(t.Context(), f, specs(clamd), Options{})
			if !tc.is(err) {
				t.Errorf("error %v", err)
			}
			if v := Judge(s, Spec{Executable: clamd.Path}); v.State != Unknown {
				t.Errorf("it is %v all the same", v.State)
			}
		})
	}
}

// A jail has no process 1.
func TestLookInAJail(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	f := newFakeTable()
	f.runs(clamd)
	f.list, f.jail = f.list[1:], true
	if v := Judge(mustLook(t, f, Options{}, specs(clamd)...), Spec{Executable: clamd.Path}); v.State != Up {
		t.Errorf("%+v", v)
	}
}

// A look ends with its context, in either pass, with the reason.
func TestContextEnds(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	why := errors.New("out of patience")
	for name, at := range map[string]int{"before": 0, "in the quick pass": 300, "in the careful pass": 900} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			f := newFakeTable()
			for range 600 {
				f.add(fakeRow{exe: "/usr/sbin/cron"})
			}
			f.before = func(int) {
				if len(f.exes) == at {
					cancel(why)
				}
			}
			if at == 0 {
				cancel(why)
			}
			s, err := look(ctx, f, specs(clamd), Options{})
			if !errors.Is(err, why) {
				t.Errorf("error %v", err)
			}
			if len(f.exes) > at+256 {
				t.Errorf("looked at %d rows", len(f.exes))
			}
			if v := Judge(s, Spec{Executable: clamd.Path}); v.State != Unknown {
				t.Errorf("it is %v all the same", v.State)
			}
		})
	}
}

// A look returns when its context has ended, even on the real table.
func TestLookInTime(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("out of patience")
	cancel(why)
	s, err := lookNow(ctx, []Spec{{Executable: "/no/such/daemon"}}, Options{Full: true})
	if !errors.Is(err, why) && !errors.Is(err, proctable.ErrNotSupported) {
		t.Errorf("error %v", err)
	}
	if len(s.Processes) > 0 {
		t.Errorf("and yet %v", s.Processes)
	}
}

// A program whose link is asked for is found by what the link leads to.
func TestLookThroughALink(t *testing.T) {
	clamd := program(t, "clamd", "\x7fELF")
	path := link(t, clamd.Path, filepath.Join(realDir(t), "scanner"))
	f := newFakeTable()
	pid := f.runs(clamd)
	s := mustLook(t, f, Options{}, Spec{Executable: path})
	wantPIDs(t, "examined", f.examined, pid)
	if v := Judge(s, Spec{Executable: path}); v.State != Up {
		t.Errorf("%+v", v)
	}
}
