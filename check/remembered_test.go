package check

import (
	"slices"
	"strings"
	"testing"

	"daemon-keeper/check/proctable"
)

// A process that was proven to be the daemon is, as long as it executes the same
// program, wherever the path leads by now.
func TestRemembered(t *testing.T) {
	app, python := program(t, "app", elf), proctable.FileID{Dev: 1, Ino: 11}
	old, oldScript := proctable.FileID{Dev: 1, Ino: 7}, proctable.FileID{Dev: 1, Ino: 8}
	script := program(t, "server", "#!/usr/bin/env python3\nx")
	asOf := func(change func(*proctable.Process)) proctable.Process {
		p := proctable.Process{PID: 100, Name: "app", Exe: "/opt/r1/app", File: old, OwnUserNS: true, User: 7, Usage: proctable.Usage{Start: 5}}
		if change != nil {
			change(&p)
		}
		return p
	}
	was := Remembered{PID: 100, Start: 5, Exe: "/opt/r1/app", File: old}
	ofScript := func(change func(*proctable.Process)) proctable.Process {
		p := proctable.Process{
			PID: 100, Name: "server", Exe: "/usr/bin/python3.11", File: python, OwnUserNS: true, Usage: proctable.Usage{Start: 5},
			Args: []string{"python3", "/opt/r1/server"}, Script: "/opt/r1/server", ScriptFile: oldScript,
		}
		if change != nil {
			change(&p)
		}
		return p
	}
	wasScript := Remembered{PID: 100, Start: 5, Exe: "/usr/bin/python3.11", File: python, Script: oldScript}
	for _, tc := range []struct {
		name string
		spec Spec
		was  Remembered
		p    proctable.Process
		want State
	}{
		{"the path leads to another file", Spec{Executable: app.Path}, was, asOf(nil), Up},
		{"nothing is remembered", Spec{Executable: app.Path}, Remembered{}, asOf(nil), Down},
		{"its file was removed since", Spec{Executable: app.Path}, was, asOf(func(p *proctable.Process) { p.Deleted = true }), Up},
		{"its file has another name now", Spec{Executable: app.Path}, was, asOf(func(p *proctable.Process) { p.Exe = "/opt/app.old/prog" }), Up},
		{"the number is another process's", Spec{Executable: app.Path}, was, asOf(func(p *proctable.Process) { p.Usage.Start = 6 }), Down},
		{"it executes another file by now", Spec{Executable: app.Path}, was, asOf(func(p *proctable.Process) { p.File = proctable.FileID{Dev: 1, Ino: 9} }), Down},
		{"it has exited", Spec{Executable: app.Path}, was, asOf(func(p *proctable.Process) { p.Zombie, p.Exe, p.File = true, "", proctable.FileID{} }), Down},
		{"the right user's", Spec{Executable: app.Path, User: id(7)}, was, asOf(nil), Up},
		{"another user's", Spec{Executable: app.Path, User: id(8)}, was, asOf(nil), Down},
		{"another parent's", Spec{Executable: app.Path, Parent: 1}, was, asOf(nil), Down},
		{"another namespace's", Spec{Executable: app.Path}, was, asOf(func(p *proctable.Process) { p.Foreign = true }), Down},
		{"FreeBSD: the path is lost, another name", Spec{Executable: app.Path}, was, asOf(func(p *proctable.Process) { p.Deleted, p.Exe, p.File, p.Name = true, "", proctable.FileID{}, "prog" }), Down},
		{"FreeBSD: the path is lost", Spec{Executable: app.Path}, Remembered{PID: 100, Start: 5, Exe: "/opt/r1/prog", File: old}, asOf(func(p *proctable.Process) { p.Deleted, p.Exe, p.File, p.Name = true, "", proctable.FileID{}, "prog" }), Up},
		{"it may not be looked at", Spec{Executable: app.Path}, was, asOf(func(p *proctable.Process) { p.Denied, p.Exe, p.File, p.Name = true, "", proctable.FileID{}, "x" }), Down},
		{"a script", Spec{Executable: script.Path}, wasScript, ofScript(nil), Up},
		{"a script that is not remembered", Spec{Executable: script.Path}, Remembered{}, ofScript(nil), Down},
		{"a script that is gone", Spec{Executable: script.Path}, wasScript, ofScript(func(p *proctable.Process) { p.ScriptFile = proctable.FileID{} }), Up},
		{"another script", Spec{Executable: script.Path}, wasScript, ofScript(func(p *proctable.Process) { p.ScriptFile = proctable.FileID{Dev: 1, Ino: 9} }), Down},
		{"a script by another interpreter", Spec{Executable: script.Path}, wasScript, ofScript(func(p *proctable.Process) { p.File = proctable.FileID{Dev: 1, Ino: 9} }), Down},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFakeTable()
			row := fakeRow{exe: tc.p.Exe, p: tc.p, usage: tc.p.Usage}
			row.p.Usage.Start = 0 // until it is read
			if tc.p.Args != nil {
				row.p.Taken |= proctable.ArgsReading
			}
			switch {
			case tc.p.Zombie:
				row.exeErr = proctable.ErrNoExe
			case tc.p.Denied:
				row.exeErr = proctable.ErrDeny
			case tc.p.Exe == "":
				row.exeErr = proctable.ErrLost
			}
			f.put(100, row)
			if tc.was.PID != 0 {
				tc.spec.Remembered = []Remembered{{PID: 99, Start: 1}, tc.was}
			}
			v := Judge(mustLook(t, f, Options{}, tc.spec), tc.spec)
			if v.State != tc.want {
				t.Fatalf("%v (%v) %+v, want %v", v.State, v.Err, v.Excluded, tc.want)
			}
			if v.State == Up && (!v.Matches[0].OldImage || !v.Matches[0].Moved) {
				t.Errorf("%+v is not an old image", v.Matches[0])
			}
		})
	}
}

// What is remembered is looked at first, and mostly is all that a healthy run reads; a
// number that is in the table no more may be a thread's, and is not asked for.
func TestRememberedComesFirst(t *testing.T) {
	clamd, redis := program(t, "clamd", elf), program(t, "redis", elf)
	f := newFakeTable()
	for range 5 {
		f.add(fakeRow{exe: "/usr/sbin/cron"})
	}
	first, second, third := f.runs(clamd), f.runs(clamd), f.runs(redis)
	list := []Spec{
		{Executable: clamd.Path, Remembered: []Remembered{{PID: 4711}, {PID: second, File: clamd.ID}, {PID: first, File: clamd.ID}}},
		{Executable: redis.Path, Remembered: []Remembered{{PID: third, File: redis.ID}}},
	}
	s := mustLook(t, f, Options{}, list...)
	wantPIDs(t, "looked at", f.exes, third, second)
	for i, want := range []int{second, third} {
		if v := Judge(s, list[i]); v.State != Up || !slices.Equal(matching(v), []int{want}) || v.Matches[0].OldImage {
			t.Errorf("%v, about %v", v.State, matching(v))
		}
	}
	f.exes = nil
	s = mustLook(t, f, Options{Full: true}, list...)
	if v := Judge(s, list[0]); !slices.Equal(matching(v), []int{second, first}) {
		t.Errorf("a full look sees %v", matching(v))
	}
	slices.Sort(f.exes)
	if got := slices.Compact(slices.Clone(f.exes)); len(got) != len(f.list) || len(f.exes) > 2*len(f.list) {
		t.Errorf("a full look has looked at %v", f.exes)
	}
}

// An old image restarts a daemon only if the user has said so, and only if nothing runs
// the program as it is now.
func TestOldImageRestarts(t *testing.T) {
	app := program(t, "app", elf)
	was := Remembered{PID: 100, Start: 5, Exe: "/opt/r1/app", File: proctable.FileID{Dev: 1, Ino: 7}}
	for _, tc := range []struct {
		name string
		on   []Aspect
		also bool // one runs the new program
		want State
	}{
		{"not asked", nil, false, Up},
		{"asked", []Aspect{OldImage}, false, Down},
		{"one is new", []Aspect{OldImage}, true, Up},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFakeTable()
			f.put(100, fakeRow{exe: was.Exe, p: proctable.Process{Exe: was.Exe, File: was.File}, usage: proctable.Usage{Start: 5}})
			if tc.also {
				f.runs(app)
			}
			spec := Spec{Executable: app.Path, Remembered: []Remembered{was}, RestartOn: tc.on}
			v := Judge(mustLook(t, f, Options{}, spec), spec)
			if v.State != tc.want {
				t.Errorf("%v (%v), want %v", v.State, v.Faults, tc.want)
			}
			if text := "process 100 runs /opt/r1/app; " + app.Path + " is another file now"; tc.want == Down && (len(v.Faults) != 1 || !strings.HasPrefix(v.Faults[0].Text, text)) {
				t.Errorf("faults %v, want %q", v.Faults, text)
			}
		})
	}
}
