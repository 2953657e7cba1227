package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The configured path moves while the daemon runs: with real processes.
func TestRealMoves(t *testing.T) {
	needPerl(t)
	perl := "#!/usr/bin/perl\n" + perlLives
	for _, tc := range []struct {
		name string
		// setup returns the configured path, what to run, and how the path moves.
		setup func(t *testing.T, p place) (configured string, run []string, move func())
		says  string // of what it runs now; D is the folder
		moved bool   // the memory is needed; else it is up anyhow
	}{
		{"a link to a release", func(t *testing.T, p place) (string, []string, func()) {
			p.install(t, p.dir+"/r1/"+p.name)
			p.install(t, p.dir+"/r2/"+p.name)
			link(t, "r1", p.dir+"/current")
			path := p.dir + "/current/" + p.name
			return path, []string{path}, func() { relink(t, "r2", p.dir+"/current") }
		}, "runs D/r1/T; D/current/T is D/r2/T now", true},
		{"a link to a release that is removed then", func(t *testing.T, p place) (string, []string, func()) {
			p.install(t, p.dir+"/r1/"+p.name)
			p.install(t, p.dir+"/r2/"+p.name)
			link(t, "r1", p.dir+"/current")
			path := p.dir + "/current/" + p.name
			return path, []string{path}, func() {
				relink(t, "r2", p.dir+"/current")
				must(t, os.RemoveAll(p.dir+"/r1"))
			}
		}, "runs D/r1/T; D/current/T is D/r2/T now", true},
		{"an alternative of another name", func(t *testing.T, p place) (string, []string, func()) {
			p.install(t, p.dir+"/jvm/11/java-"+p.name)
			p.install(t, p.dir+"/jvm/17/java17-"+p.name)
			link(t, p.dir+"/jvm/11/java-"+p.name, p.dir+"/etc-java")
			link(t, p.dir+"/etc-java", p.dir+"/java")
			return p.dir + "/java", []string{p.dir + "/java"}, func() { relink(t, p.dir+"/jvm/17/java17-"+p.name, p.dir+"/etc-java") }
		}, "runs D/jvm/11/java-T; D/java is D/jvm/17/java17-T now", true},
		{"mv prog prog.old; cp new prog", func(t *testing.T, p place) (string, []string, func()) {
			return p.path, []string{p.path}, func() {
				must(t, os.Rename(p.path, p.path+".old"))
				p.install(t, p.path)
			}
		}, "runs D/bin/T.old; D/bin/T is another file now", true},
		{"a folder that was renamed and replaced", func(t *testing.T, p place) (string, []string, func()) {
			return p.path, []string{p.path}, func() {
				must(t, os.Rename(filepath.Dir(p.path), p.dir+"/bin.old"))
				p.install(t, p.path)
			}
		}, "runs D/bin.old/T; D/bin/T is another file now", true},
		{"an upgrade", func(t *testing.T, p place) (string, []string, func()) {
			return p.path, []string{p.path}, func() { p.upgrade(t) }
		}, "runs an old image", false},
		{"a script under such a link, by its own path", func(t *testing.T, p place) (string, []string, func()) {
			for _, r := range []string{"r1", "r2"} {
				must(t, os.Mkdir(p.dir+"/"+r, 0o755))
				write(t, p.dir+"/"+r, p.script, perl, 0o755)
			}
			link(t, "r1", p.dir+"/current")
			return p.dir + "/current/" + p.script, []string{p.dir + "/r1/" + p.script}, func() { relink(t, "r2", p.dir+"/current") }
		}, "runs D/r1/S; D/current/S is D/r2/S now", true},
		{"a script of which the interpreter moves, too", func(t *testing.T, p place) (string, []string, func()) {
			for _, r := range []string{"r1", "r2"} {
				must(t, os.MkdirAll(p.dir+"/"+r+"/bin", 0o755))
				must(t, exec.Command("cp", "/usr/bin/perl", p.dir+"/"+r+"/bin/perl").Run())
				write(t, p.dir+"/"+r, p.script, "#!"+p.dir+"/"+r+"/bin/perl\n"+perlLives, 0o755)
			}
			link(t, "r1", p.dir+"/current")
			path := p.dir + "/current/" + p.script
			return path, []string{p.dir + "/r1/" + p.script}, func() { relink(t, "r2", p.dir+"/current") }
		}, "runs D/r1/S; D/current/S is D/r2/S now", true},
		{"a script by the link", func(t *testing.T, p place) (string, []string, func()) {
			for _, r := range []string{"r1", "r2"} {
				must(t, os.Mkdir(p.dir+"/"+r, 0o755))
				write(t, p.dir+"/"+r, p.script, perl, 0o755)
			}
			link(t, "r1", p.dir+"/current")
			path := p.dir + "/current/" + p.script
			return path, []string{path}, func() { relink(t, "r2", p.dir+"/current") }
		}, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			configured, command, move := tc.setup(t, p)
			pid := run(t, nil, command[0], command[1:]...)
			spec := Spec{Executable: configured}
			v := realVerdict(t, spec, Options{Remember: true})
			if v.State != Up || v.Matches[0].PID != pid {
				t.Fatalf("before: %v (%v), about %v", v.State, v.Err, matching(v))
			}
			move()
			without := realVerdict(t, spec, Options{Remember: true})
			if tc.moved == (without.State == Up) {
				t.Errorf("without a memory it is %v (%v)", without.State, without.Err)
			}
			spec.Remembered = []Remembered{recall(v.Matches[0])}
			for _, opts := range []Options{{}, {Remember: true}, {Full: true}} {
				v = realVerdict(t, spec, opts)
				if v.State != Up || v.Matches[0].PID != pid || v.Matches[0].Moved != tc.moved || v.Matches[0].OldImage != (tc.says != "") {
					t.Fatalf("%+v: %v (%v), %+v", opts, v.State, v.Err, v.Matches)
				}
			}
			says := strings.NewReplacer("D", p.dir, "T", p.name, "S", p.script).Replace(tc.says)
			if got := v.Matches[0].Old(); tc.says != "" && !strings.Contains(got, says) {
				t.Errorf("%q, want %q", got, says)
			}
			spec.Remembered[0].Start++
			if v = realVerdict(t, spec, Options{}); tc.moved && v.State == Up {
				t.Error("another process of that number is the daemon")
			}
			user := uint32(stranger)
			spec.Remembered[0].Start--
			spec.User = &user
			if v = realVerdict(t, spec, Options{}); v.State == Up {
				t.Error("another user's process is the daemon")
			}
		})
	}
}

// relink moves a link as a deploy does, without a moment in which there is none.
func relink(t *testing.T, target, path string) {
	t.Helper()
	link(t, target, path+".new")
	must(t, os.Rename(path+".new", path))
}

// recall is what is remembered of a process that counts.
func recall(m Match) Remembered {
	return Remembered{PID: m.PID, Start: m.Usage.Start, Exe: m.Exe, File: m.File, Script: m.ScriptFile}
}
