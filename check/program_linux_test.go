package check

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// realProgram is what a process is to be known by, on the real table.
func realProgram(t *testing.T, pid int) Program {
	t.Helper()
	list, err := Programs(t.Context(), []Sought{{Main: pid}})
	must(t, err)
	return list[0]
}

// What real processes are to be known by.
func TestRealPrograms(t *testing.T) {
	needPerl(t)
	p := newPlace(t)
	script := write(t, p.dir, p.script, "#!/usr/bin/perl\n"+perlLives, 0o755)
	brief, twin := p.install(t, p.dir+"/brief"), p.install(t, p.dir+"/twin")
	for _, c := range []struct {
		name  string
		start func(t *testing.T) int
		want  string
	}{
		{"plain", func(t *testing.T) int { return run(t, nil, p.path) }, p.path},
		{"by a symbolic link", func(t *testing.T) int { return run(t, nil, link(t, p.toy, p.dir+"/link")) }, p.toy},
		{"a script", func(t *testing.T) int { return run(t, nil, script) }, script},
		{"by a relative path", func(t *testing.T) int {
			cmd := exec.Command("/usr/bin/perl", "./"+p.script)
			cmd.Dir = p.dir
			pid, _ := start(t, cmd)
			return pid
		}, script},
		{"in a PID namespace", func(t *testing.T) int { return run(t, in(unix.CLONE_NEWPID), p.path) }, "nothing: its process is " + Foreign.String()},
		{"a program of that name elsewhere", func(t *testing.T) int {
			return run(t, in(unix.CLONE_NEWNS), p.toy, "private", "tmpfs", p.home, "copy", p.toy, p.home+"/x", "exec", p.home+"/x")
		}, `nothing: cannot look for "` + p.home + `/x": no such file or directory`},
		{"what has deleted itself", func(t *testing.T) int {
			return run(t, nil, brief, "remove", brief)
		}, `nothing: cannot look for "` + brief + `": no such file or directory`},
		{"replaced", func(t *testing.T) int {
			pid := run(t, nil, twin)
			must(t, os.Rename(p.install(t, twin+".new"), twin))
			return pid
		}, twin},
	} {
		t.Run(c.name, func(t *testing.T) {
			pid := c.start(t)
			got := realProgram(t, pid)
			if got.by() != c.want || got.PID != pid || got.OldImage != (c.name == "replaced") {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}
