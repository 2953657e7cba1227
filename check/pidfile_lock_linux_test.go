package check

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// The lock of a pidfile is seen, whoever has taken it, and is not taken.
func TestRealPIDFileLock(t *testing.T) {
	none := func(place, int) []string { return nil }
	free := func(p place, pid int) []string {
		return []string{fmt.Sprintf("is not locked by the daemon (pid %d %s of user 0)", pid, p.path)}
	}
	for _, tc := range []struct {
		name  string
		start func(t *testing.T, p place, file string) (pid int)
		want  func(p place, pid int) []string
	}{
		{"flock", func(t *testing.T, p place, file string) int {
			return run(t, nil, p.path, "flock", file)
		}, none},
		{"fcntl", func(t *testing.T, p place, file string) int {
			return run(t, nil, p.path, "lockf", file)
		}, none},
		{"another user's daemon", func(t *testing.T, p place, file string) int {
			return run(t, as(stranger), p.path, "flock", file)
		}, none},
		{"from its parent, which has ended", func(t *testing.T, p place, file string) int {
			_, child := start(t, exec.Command(p.path, "flock", file, "leave", p.path, "pidfile", file))
			return child
		}, none},
		{"not from its parent, which has locked it with fcntl", func(t *testing.T, p place, file string) int {
			_, child := start(t, exec.Command(p.toy, "lockf", file, "leave", p.path, "pidfile", file))
			return child
		}, free},
		{"its supervisor's", func(t *testing.T, p place, file string) int {
			_, child := start(t, exec.Command(p.toy, "lockf", file, "spawn", p.path))
			return child
		}, none},
		{"renamed to its name when it was locked", func(t *testing.T, p place, file string) int {
			pid := run(t, nil, p.path, "flock", file+".new")
			must(t, os.Rename(file+".new", file))
			return pid
		}, none},
		{"open, and not locked", func(t *testing.T, p place, file string) int {
			return run(t, nil, p.path, "pidfile", file)
		}, free},
		{"another file is locked", func(t *testing.T, p place, file string) int {
			return run(t, nil, p.path, "flock", p.home+"/pid", "pidfile", file)
		}, free},
		{"another's lock", func(t *testing.T, p place, file string) int {
			run(t, nil, p.toy, "flock", file)
			return run(t, nil, p.path, "pidfile", file)
		}, free},
		{"replaced", func(t *testing.T, p place, file string) int {
			pid := run(t, nil, p.path, "flock", file)
			must(t, os.Rename(write(t, p.dir, "new", strconv.Itoa(pid), 0o644), file))
			return pid
		}, func(_ place, pid int) []string {
			return []string{fmt.Sprintf("was replaced: process %d holds the lock of the file that was there", pid)}
		}},
		{"removed", func(t *testing.T, p place, file string) int {
			pid := run(t, nil, p.path, "flock", file)
			must(t, os.Remove(file))
			return pid
		}, func(_ place, pid int) []string {
			return []string{fmt.Sprintf("was removed: process %d holds the lock of the file that was there", pid)}
		}},
		{"removed without a lock", func(t *testing.T, p place, file string) int {
			pid := run(t, nil, p.path, "pidfile", file)
			must(t, os.Remove(file))
			return pid
		}, func(place, int) []string { return []string{"is missing"} }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			must(t, os.Mkdir(p.dir+"/run", 0o777))
			must(t, os.Chmod(p.dir+"/run", 0o777))
			must(t, os.Symlink("run", p.dir+"/var")) // the kernel shows the folder by its real name
			pid := tc.start(t, p, p.dir+"/var/app.pid")
			wantTexts(t, pidFileTexts(t, p.path, PIDFile{p.dir + "/var/app.pid", true}), tc.want(p, pid)...)
			wantTexts(t, pidFileTexts(t, p.path, PIDFile{p.dir + "/var/app.pid", false}), removedIsMissing(tc.want(p, pid))...)
		})
	}
}

// removedIsMissing is what is said where nobody has asked about the lock.
func removedIsMissing(texts []string) []string {
	if len(texts) == 1 && (strings.HasPrefix(texts[0], "was removed") || texts[0] == "is missing") {
		return []string{"is missing"}
	}
	return nil
}

// Daemons may share a pidfile: it is read once, and each looked at for its lock.
func TestRealPIDFileShared(t *testing.T) {
	p := newPlace(t)
	file := p.dir + "/pid"
	other := p.install(t, p.dir+"/other")
	pid, idle := run(t, nil, p.path, "flock", file), run(t, nil, other)
	specs := []Spec{
		{Executable: p.path, PIDFile: &PIDFile{file, true}},
		{Executable: other, PIDFile: &PIDFile{file, true}},
		{Executable: other, PIDFile: &PIDFile{file, false}},
	}
	s, err := lookNow(t.Context(), specs, Options{})
	must(t, err)
	isOther := fmt.Sprintf("(pid %d %s of user 0)", idle, other)
	contradiction := fmt.Sprintf("holds %d, which is %s and not the daemon %s", pid, p.name, isOther)
	wantTexts(t, textsOf(Judge(s, specs[0]).Faults, file))
	wantTexts(t, textsOf(Judge(s, specs[1]).Faults, file), contradiction, fmt.Sprintf("is locked by process %d, not by the daemon %s", pid, isOther))
	wantTexts(t, textsOf(Judge(s, specs[2]).Faults, file), contradiction)
}
