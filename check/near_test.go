package check

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"daemon-keeper/check/proctable"
)

const sleepFile = "/usr/bin/sleep"

// nearOf is the verdict on clamd and all that is to be said of one neighbour.
func nearOf(spec Spec, file Executable, n neighbour, rows ...proctable.Process) []Exclusion {
	n.PID = 4713
	s := Snapshot{Self: self, Processes: rows, near: []neighbour{n}, files: map[string]*wanted{file.Path: {Executable: file}}}
	return slices.DeleteFunc(Judge(s, spec).Excluded, func(x Exclusion) bool { return x.PID != n.PID })
}

// doing is a process of another program with these arguments.
func doing(args ...string) neighbour {
	return neighbour{Process: proctable.Process{Name: "sleep", Exe: sleepFile, File: proctable.FileID{Dev: 1, Ino: 7}, OwnUserNS: true, Args: args}}
}

// What a search for the name would find, and no more.
func TestNearMisses(t *testing.T) {
	link := Executable{Path: "/usr/sbin/mysqld", Resolved: "/usr/sbin/mariadbd", ID: proctable.FileID{Dev: 1, Ino: 80}}
	crond := Executable{Path: "/usr/sbin/crond", Resolved: "/usr/bin/busybox", ID: proctable.FileID{Dev: 1, Ino: 60}, Applet: "crond"}
	byPath, byName := Spec{Executable: clamd.Path}, Spec{Called: "clamd"}
	change := func(n neighbour, change func(*neighbour)) neighbour { change(&n); return n }
	for _, tc := range []struct {
		name string
		spec Spec
		file Executable
		n    neighbour
		want Reason
	}{
		{"tail -f PATH", byPath, clamd, doing("tail", "-f", "/usr/local/sbin/clamd"), Mention},
		{"vim on a file of that name", byPath, clamd, doing("vim", "/etc/x/clamd"), Mention},
		{"the name alone", byPath, clamd, doing("pkill", "clamd"), Mention},
		{"a shell's command", byPath, clamd, doing("sh", "-c", "exec /usr/local/sbin/clamd -F"), Mention},
		{"an option's value", byPath, clamd, doing("x", "--exec=/usr/local/sbin/clamd"), Mention},
		{"a shell's command, by name", byName, clamd, doing("sh", "-c", "exec /opt/clamd -F"), Mention},
		{"a longer path", byPath, clamd, doing("vim", "/usr/local/sbin/clamd.conf"), Mention},
		{"a longer name", byPath, clamd, doing("vim", "/etc/clamd.conf"), unrelated},
		{"the name within a word", byPath, clamd, doing("grep", "xclamdx"), unrelated},
		{"no arguments", byPath, clamd, doing(), unrelated},
		{"empty arguments", byPath, clamd, doing("", ""), unrelated},
		{"by name: vim", byName, clamd, doing("vim", "/etc/x/clamd"), Mention},
		{"by name: a path of that name", byName, clamd, doing("tail", "/usr/local/sbin/clamd"), Mention},
		{"by name: within a word", byName, clamd, doing("vim", "/etc/clamd.conf"), unrelated},
		{"a link's target", Spec{Executable: link.Path}, link, doing("vim", "/usr/sbin/mariadbd"), Mention},
		{"a link", Spec{Executable: link.Path}, link, doing("vim", "mysqld"), Mention},
		{"a multi-call program", Spec{Executable: crond.Path}, crond, doing("vim", "/usr/bin/busybox"), unrelated},
		{"its applet", Spec{Executable: crond.Path}, crond, doing("vim", "crond"), Mention},
		{"may not be looked at", byPath, clamd, change(doing("tail", "clamd"), func(n *neighbour) { n.Denied, n.Exe, n.File = true, "", proctable.FileID{} }), Mention},
		{"in a container", byPath, clamd, change(doing("tail", "clamd"), func(n *neighbour) { n.Foreign = true }), Mention},

		{"another argv[0]", byPath, clamd, doing("clamd"), Namesake},
		{"a path as argv[0]", byPath, clamd, doing("/usr/local/sbin/clamd"), Namesake},
		{"a title", byPath, clamd, doing("clamd: idle"), Namesake},
		{"a longer title", byPath, clamd, doing("clamdx: idle"), unrelated},
		{"the kernel's name", byPath, clamd, change(doing("sleep"), func(n *neighbour) { n.Name = "clamd" }), Namesake},
		{"a file of the link's name", Spec{Executable: link.Path}, link, change(doing("x"), func(n *neighbour) { n.Exe = "/opt/mysqld" }), OtherFile},

		{"our process", byPath, clamd, change(doing("daemon-keeper", "match", "clamd"), func(n *neighbour) { n.File = self.File }), Own},
		{"our process, of something else", byPath, clamd, change(doing("daemon-keeper", "match", "cron"), func(n *neighbour) { n.File = self.File }), unrelated},

		{"a thread", byPath, clamd, change(doing("java"), func(n *neighbour) {
			n.threads = []proctable.Thread{{ID: 4713, Name: "java"}, {ID: 4714, Name: "clamd"}, {ID: 4715, Name: "clamd"}}
		}), Thread},
		{"a thread, by name", byName, clamd, change(doing("java"), func(n *neighbour) {
			n.threads = []proctable.Thread{{ID: 4714, Name: "clamd"}, {ID: 4715, Name: "clamd"}}
		}), Thread},
		{"other threads", byPath, clamd, change(doing("java"), func(n *neighbour) { n.threads = []proctable.Thread{{ID: 4713, Name: "java"}, {ID: 4714, Name: "clam"}} }), unrelated},

		{"by both: the right file for something else", Spec{Executable: clamd.Path, Called: "backup"}, clamd, change(doing("sh"), func(n *neighbour) { n.Exe, n.File = clamd.Path, clamd.ID }), unrelated},
		{"by both: the path", Spec{Executable: clamd.Path, Called: "backup"}, clamd, doing("vim", clamd.Path), Mention},
		{"by both: the name", Spec{Executable: clamd.Path, Called: "backup"}, clamd, doing("vim", "backup"), Mention},
		{"any process", Spec{Rule: true, User: id(0)}, clamd, doing("tail", "clamd"), unrelated},
		{"the file itself, come since", byPath, clamd, change(doing("clamd"), func(n *neighbour) { n.Exe, n.File = clamd.Path, clamd.ID }), unrelated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := nearOf(tc.spec, tc.file, tc.n)
			if len(got) == 0 && tc.want == unrelated {
				return
			}
			if len(got) != 1 || got[0].Reason != tc.want {
				t.Fatalf("it says %+v, want %v", got, tc.want)
			}
			if threads := []int{4714, 4715}; tc.want == Thread && !slices.Equal(got[0].Threads, threads) || tc.want != Thread && got[0].Threads != nil {
				t.Errorf("threads %v", got[0].Threads)
			}
		})
	}
}

// What a row has said already is not said again, and a near miss changes nothing
// in the verdict.
func TestNearMissesBesideRows(t *testing.T) {
	n := doing("clamd")
	if got := nearOf(Spec{Executable: clamd.Path}, clamd, n, plain(func(p *proctable.Process) { p.PID = 4713 })); len(got) > 0 {
		t.Errorf("it counts: %+v", got)
	}
	zombie := proctable.Process{PID: 4713, Name: "clamd", Zombie: true}
	if got := nearOf(Spec{Executable: clamd.Path}, clamd, n, zombie); len(got) != 1 || got[0].Reason != Zombie {
		t.Errorf("a zombie: %+v", got)
	}
	n.PID = 7
	s := Snapshot{Self: self, near: []neighbour{n}, files: map[string]*wanted{clamd.Path: {Executable: clamd}}}
	if v := Judge(s, Spec{Executable: clamd.Path}); v.State != Down || v.Err != nil || len(v.Excluded) != 1 {
		t.Errorf("%v (%v), %+v", v.State, v.Err, v.Excluded)
	}
}

// A full look lists what nearly counts, with each reason there is; a near one
// lists also what is not a daemon but looks like one.
func TestEveryReasonIsListed(t *testing.T) {
	clamd, perl := program(t, "clamd", "\x7fELF"), program(t, "perl", "\x7fELF")
	script := program(t, "amavisd", "#!"+perl.Path+"\n")
	spec := Spec{
		Executable: clamd.Path, Rule: true, User: id(7), Group: id(7), Parent: 1, Args: regexp.MustCompile("^-F$"), Label: "clamd_t",
		Memory: MemoryLimit{RSS: 1}, Exempt: []Spec{{Args: regexp.MustCompile("^--exempt$")}},
	}
	f := newFakeTable()
	want := map[int]Reason{}
	add := func(reason Reason, change func(*fakeRow)) {
		r := fakeRow{
			exe: clamd.Path, args: []string{"clamd", "-F"}, usage: proctable.Usage{Label: "clamd_t"},
			p: proctable.Process{Name: "clamd", File: clamd.ID, User: 7, Group: 7, Parent: 1, RSS: 2},
		}
		change(&r)
		want[f.add(r)] = reason
	}
	add(Unreadable, func(r *fakeRow) { r.exeErr, r.p.Denied = proctable.ErrDeny, true })
	add(Zombie, func(r *fakeRow) { r.exeErr, r.p.Zombie = proctable.ErrNoExe, true })
	add(OtherFile, func(r *fakeRow) { r.p.File = proctable.FileID{Dev: 1, Ino: 1} })
	add(Obscured, func(r *fakeRow) { r.args = nil })
	add(Forgeable, func(r *fakeRow) {
		r.p.Deleted, r.p.Smuggled, r.p.Exe, r.p.File, r.p.User = true, true, clamd.Path, proctable.FileID{Dev: clamd.ID.Dev, Ino: 1}, 8
	})
	add(Foreign, func(r *fakeRow) { r.p.Foreign = true })
	add(OtherUser, func(r *fakeRow) { r.p.User = 8 })
	add(OtherGroup, func(r *fakeRow) { r.p.Group = 8 })
	add(OtherParent, func(r *fakeRow) { r.p.Parent = 8 })
	add(OtherArgs, func(r *fakeRow) { r.args = []string{"clamd", "-D"} })
	add(OtherLabel, func(r *fakeRow) { r.usage.Label = "x_t" })
	add(Unlabelled, func(r *fakeRow) { r.usage.Label = "" })
	add(Exempt, func(r *fakeRow) { r.args = append(r.args, "--exempt") })
	add(Within, func(r *fakeRow) { r.p.RSS = 1 })
	full := len(want)
	other := func(r *fakeRow) {
		r.exe, r.p.Name, r.p.File, r.args = sleepFile, "sleep", proctable.FileID{Dev: 1, Ino: 7}, []string{"sleep"}
	}
	add(Own, func(r *fakeRow) {
		other(r)
		r.p.File, r.args = proctable.FileID{Dev: 9, Ino: 9}, []string{"daemon-keeper", clamd.Path}
	})
	add(Namesake, func(r *fakeRow) { other(r); r.args = []string{"clamd"} })
	add(Mention, func(r *fakeRow) { other(r); r.args = []string{"vim", clamd.Path} })
	add(Mention, func(r *fakeRow) {
		other(r)
		r.args = []string{"vim", clamd.Path}
		r.exeErr, r.p.Denied = proctable.ErrDeny, true
	})
	add(Thread, func(r *fakeRow) { other(r); r.threads = []proctable.Thread{{ID: 700, Name: "clamd"}} })
	f.add(fakeRow{exe: sleepFile, p: proctable.Process{Name: "sleep"}, args: []string{"sleep", "1"}})
	f.add(fakeRow{exeErr: proctable.ErrNoExe, examineErr: proctable.ErrNoExe, threads: []proctable.Thread{{ID: 701, Name: "clamd"}}})
	f.add(fakeRow{exeErr: proctable.ErrGone})
	f.add(fakeRow{exe: sleepFile, examineErr: proctable.ErrGone})
	f.add(fakeRow{exe: sleepFile, readErr: proctable.ErrGone})
	right := f.add(fakeRow{
		exe: clamd.Path, args: []string{"-F"}, usage: proctable.Usage{Label: "clamd_t"},
		p: proctable.Process{File: clamd.ID, User: 7, Group: 7, Parent: 1, RSS: 2},
	})
	noScript := f.add(fakeRow{exe: perl.Path, p: proctable.Process{File: perl.ID, Script: "/x/amavisd", ScriptFile: proctable.FileID{Dev: 1, Ino: 9}}})
	for name, tc := range map[string]struct {
		opts Options
		want int
	}{
		"full": {Options{Full: true}, full},
		"near": {Options{Near: true}, len(want)},
	} {
		s := mustLook(t, f, tc.opts, spec, Spec{Executable: script.Path})
		v := Judge(s, spec)
		wantPIDs(t, name+": about", matching(v), right)
		if len(v.Excluded) != tc.want {
			t.Errorf("%s: %d are left out, want %d", name, len(v.Excluded), tc.want)
		}
		for _, x := range v.Excluded {
			if x.Reason != want[x.PID] {
				t.Errorf("%s: process %d is left out as %q, want %q", name, x.PID, x.Reason, want[x.PID])
			}
		}
		if got := reasonOf(Judge(s, Spec{Executable: script.Path}), noScript); got != NoScript {
			t.Errorf("%s: a script is left out as %q", name, got)
		}
	}
}

// What another daemon has brought into the snapshot may be a near miss of this one.
func TestNearMissIsAnotherDaemon(t *testing.T) {
	clamd, vim := program(t, "clamd", "\x7fELF"), program(t, "vim", "\x7fELF")
	f := newFakeTable()
	pid := f.add(fakeRow{exe: vim.Path, p: proctable.Process{Name: "vim", File: vim.ID}, args: []string{"vim", clamd.Path}})
	s := mustLook(t, f, Options{Near: true}, specs(clamd, vim)...)
	if v := Judge(s, Spec{Executable: vim.Path}); !slices.Equal(matching(v), []int{pid}) {
		t.Errorf("vim: about %v", matching(v))
	}
	if got := reasonOf(Judge(s, Spec{Executable: clamd.Path}), pid); got != Mention {
		t.Errorf("clamd: %q", got)
	}
}

// A near look ends with its context, and with what cannot be read at all.
func TestNearLookFails(t *testing.T) {
	why := errors.New("out of patience")
	for name, readErr := range map[string]error{"an error": why, "its context": nil} {
		ctx, cancel := context.WithCancelCause(t.Context())
		f := newFakeTable()
		for range 300 {
			f.add(fakeRow{exe: "/usr/sbin/cron", readErr: readErr})
		}
		f.before = func(int) {
			if len(f.exes) == 2*len(f.list)+10 {
				cancel(why)
			}
		}
		spec := Spec{Executable: program(t, "clamd", "\x7fELF").Path}
		if _, err := look(ctx, f, []Spec{spec}, Options{Near: true}); !errors.Is(err, why) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	spec := Spec{Executable: filepath.Join(t.TempDir(), "nosuch")}
	mustLook(t, newFakeTable(), Options{Near: true}, spec)
}
