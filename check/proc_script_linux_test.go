package check

import (
	"os"
	"os/exec"
	"testing"
)

const (
	perlLives  = "$| = 1; print qq(up $$\\n); <STDIN>;\n"
	shellLives = "echo up $$; read x\n"
)

func needPerl(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/usr/bin/perl"); err != nil {
		t.Skip("needs perl: ", err)
	}
}

// A script daemon is its interpreter, with that script and no other.
func TestRealScripts(t *testing.T) {
	needPerl(t)
	for _, tc := range []struct {
		name   string
		script string
		start  func(t *testing.T, p place, script string) (path string, pid int)
		state  State
		reason Reason
	}{
		{"#!/bin/sh", "#!/bin/sh\n" + shellLives, runScript, Up, counts},
		{"#!/usr/bin/perl", "#!/usr/bin/perl\n" + perlLives, runScript, Up, counts},
		{"#!/usr/bin/perl -T", "#!/usr/bin/perl -T\n" + perlLives, runScript, Up, counts},
		{"#! /usr/bin/perl -T -w", "#! /usr/bin/perl -T -w \n" + perlLives, runScript, Up, counts},
		{"#!/usr/bin/env perl", "#!/usr/bin/env perl\n" + perlLives, runScript, Up, counts},
		{"#!/usr/bin/env -S perl -T", "#!/usr/bin/env -S perl -T\n" + perlLives, runScript, Up, counts},
		{"by its interpreter", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			return script, run(t, nil, "/usr/bin/perl", "-w", "-I", p.dir, script)
		}, Up, counts},
		{"by a relative path", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			cmd := exec.Command("/usr/bin/perl", "./"+p.script)
			cmd.Dir = p.dir
			pid, _ := start(t, cmd)
			return script, pid
		}, Up, counts},
		{"asked for and started by a link", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			path := link(t, script, p.dir+"/link")
			return path, run(t, nil, path)
		}, Up, counts},
		{"started by a link", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			return script, run(t, nil, link(t, script, p.dir+"/link"))
		}, Up, counts},
		{"a new version in its place", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			pid := run(t, nil, script)
			must(t, os.Rename(write(t, p.dir, "new", "#!/usr/bin/perl\n", 0o755), script))
			return script, pid
		}, Up, counts},
		{"tail with the script as argument", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			return script, run(t, nil, "/bin/sh", "-c", `echo "up $$"; exec tail -f "$0"`, script)
		}, Down, unrelated},
		{"perl with another script, ours its argument", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			return script, run(t, nil, "/usr/bin/perl", write(t, p.dir, "other.pl", perlLives, 0o644), script)
		}, Down, unrelated},
		{"perl with code, ours its argument", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			return script, run(t, nil, "/usr/bin/perl", "-we", perlLives, script)
		}, Down, unrelated},
		{"sh with code, ours its argument", "#!/bin/sh\n" + shellLives, func(t *testing.T, p place, script string) (string, int) {
			return script, run(t, nil, "/bin/sh", "-ec", shellLives, script)
		}, Down, unrelated},
		{"perl with another script of that name", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			return script, run(t, nil, write(t, p.home, p.script, "#!/usr/bin/perl\n"+perlLives, 0o755))
		}, Down, NoScript},
		{"another interpreter", "#!/usr/bin/perl\n" + perlLives, func(t *testing.T, p place, script string) (string, int) {
			return script, run(t, nil, "/bin/sh", write(t, p.home, p.script, shellLives, 0o755))
		}, Down, unrelated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			path, pid := tc.start(t, p, write(t, p.dir, p.script, tc.script, 0o755))
			wantReal(t, verdict(t, Spec{Executable: path}), pid, tc.state, tc.reason)
		})
	}
}

func runScript(t *testing.T, _ place, script string) (string, int) {
	return script, run(t, nil, script)
}

// An interpreter that was upgraded makes the daemon an old image, not a dead one.
func TestRealUpgradedInterpreter(t *testing.T) {
	p := newPlace(t)
	// To the toy, a script's name is a step: this one removes its argument.
	script := write(t, p.dir, "remove", "#!"+p.path+"\n", 0o755)
	cmd := exec.Command(p.path, "remove", write(t, p.dir, "victim", "", 0o644))
	cmd.Dir = p.dir
	pid, _ := start(t, cmd)
	p.upgrade(t)
	v := verdict(t, Spec{Executable: script})
	wantReal(t, v, pid, Up, counts)
	if len(v.Matches) != 1 || !v.Matches[0].OldImage {
		t.Errorf("%+v", v)
	}
}

// Regression: -e stops a shell at the first error; its script passed for code.
func TestRealErrexit(t *testing.T) {
	p := newPlace(t)
	for name, line := range map[string]string{"e": "#!/bin/sh -e", "ue": "#!/bin/sh -ue"} {
		script := write(t, p.dir, name, line+"\n"+shellLives, 0o755)
		pid := run(t, nil, script)
		wantReal(t, verdict(t, Spec{Executable: script}), pid, Up, counts)
	}
}

// Regression: a script that went to another folder after it was started by a
// relative path, or into a chroot, can no longer be seen by that path; it passed
// for another script of that name, and the daemon for dead.
func TestRealScriptOutOfSight(t *testing.T) {
	needPerl(t)
	p := newPlace(t)
	for _, tc := range []struct{ name, does, by string }{
		{"relative path, then chdir", "chdir '/';", "./"},
		{"chroot", "chroot '" + p.home + "';", p.dir + "/"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			script := write(t, p.dir, p.script, "#!/usr/bin/perl\n"+tc.does+perlLives, 0o755)
			cmd := exec.Command("/usr/bin/perl", tc.by+p.script)
			cmd.Dir = p.dir
			pid, _ := start(t, cmd)
			if v := verdict(t, Spec{Executable: script}); v.State == Down {
				t.Errorf("process %d runs, and yet: %+v", pid, v)
			}
		})
	}
}

// Regression: a perl daemon that writes its title into $0, as amavisd and spamd
// do, overwrites its arguments; it passed for dead and was restarted each minute.
func TestRealTitle(t *testing.T) {
	needPerl(t)
	p := newPlace(t)
	script := write(t, p.dir, "amavisd-toy", "#!/usr/bin/perl -T\n$0 = 'amavisd-toy (master)';\n"+perlLives, 0o755)
	pid := run(t, nil, script)
	if v := verdict(t, Spec{Executable: script}); v.State == Down {
		t.Errorf("process %d runs, and yet: %+v", pid, v)
	}
}
