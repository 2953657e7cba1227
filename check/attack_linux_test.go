package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/apart"
	"daemon-keeper/internal/executable"

	"golang.org/x/sys/unix"
)

// attack builds the neighbour who means no good, see testdata/attack.
var attack = sync.OnceValues(func() (string, error) {
	if _, err := toy(); err != nil { // which makes the folder
		return "", err
	}
	path := filepath.Join(toyDir, "attack")
	return path, executable.Build(path, "daemon-keeper/testdata/attack")
})

// privately runs the rest of a test with mounts of its own, and beside others. It returns true
// there.
func privately(t *testing.T) bool {
	t.Helper()
	if !apart.Inside() { // newPlace does that there
		t.Parallel()
	}
	return apart.Mounts(t)
}

// serve mounts a file system whose files never answer (silent), or only those who write
// do not (mute). Its end is the end of all that wait for it, so it comes first.
func serve(t *testing.T, p place, how string, files ...string) (folder string, pid int) {
	t.Helper()
	program, err := attack()
	must(t, err)
	folder = filepath.Join(p.dir, "served")
	must(t, os.MkdirAll(folder, 0o755))
	pid = run(t, nil, program, append([]string{"fuse", folder, how}, files...)...)
	t.Cleanup(func() { unix.Unmount(folder, unix.MNT_DETACH) })
	return folder, pid
}

// interpreter installs the attack as one, and a script for it.
func interpreter(t *testing.T, p place) (program, script string) {
	t.Helper()
	from, err := attack()
	must(t, err)
	text, err := os.ReadFile(from)
	must(t, err)
	program = filepath.Join(p.dir, "int"+p.name[3:])
	must(t, executable.WriteFile(program, text, 0o755))
	return program, write(t, p.dir, p.script, "#!"+program+"\n", 0o755)
}

// look gives verdicts in one look of one run, and tells how long that took.
func timed(t *testing.T, o *Observer, specs ...Spec) ([]Verdict, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	list := o.Verdicts(ctx, specs, Options{})
	return list, time.Since(began)
}

// slack is for a machine that is busy with something else; without it a look takes
// less than the first of these, and the figures of docs/security.md come from there.
const (
	lookTakes = 2 * time.Second
	slack     = 4 * time.Second
)

func wantSoon(t *testing.T, what string, took time.Duration) {
	t.Helper()
	t.Logf("%s: %v", what, took.Round(time.Millisecond))
	if took > lookTakes+slack {
		t.Errorf("%s took %v", what, took)
	}
}

// named holds a verdict against one that cannot be told because of one process.
func wantClouded(t *testing.T, v Verdict, pid int, text string) {
	t.Helper()
	var clouded *CloudedError
	if v.State != Unknown || !errors.As(v.Err, &clouded) || !strings.Contains(v.Err.Error(), fmt.Sprintf("process %d may be it: %s", pid, text)) {
		t.Errorf("%v: %v; want that process %d cannot be told: %s", v.State, v.Err, pid, text)
	}
}

// Regression: a process that claimed gigabytes of arguments took as much of our memory,
// 36 s, and then all daemons were unknown.
func TestAttackArguments(t *testing.T) {
	p := newPlaceAlone(t) // it counts what this process allocates
	program, script := interpreter(t, p)
	const gigabytes = "4000000000"
	pid := run(t, as(stranger), program, "arguments", gigabytes)
	other, root := run(t, nil, p.path), uint32(0)
	specs := []Spec{{Executable: script}, {Executable: script, User: &root}, {Executable: p.path}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list, took := timed(t, NewObserver(proctable.UsualThreads), specs...)
	runtime.ReadMemStats(&after)
	wantSoon(t, "a look", took)
	if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
		t.Errorf("it took %d bytes", got)
	}
	wantClouded(t, list[0], pid, "it has more arguments than are read")
	if list[1].State != Down || list[2].State != Up || list[2].Matches[0].PID != other {
		t.Errorf("with user root: %v (%v); another daemon: %v", list[1].State, list[1].Err, list[2].State)
	}
}

// Regression: a process whose memory is locked for good kept everybody waiting who
// reads arguments, so that nothing was restarted as soon as one daemon was a script.
func TestAttackLockedMemory(t *testing.T) {
	if !privately(t) {
		return
	}
	p := newPlace(t)
	program, script := interpreter(t, p)
	page := write(t, p.dir, "page", strings.Repeat("x", 4096), 0o644)
	folder, server := serve(t, p, "mute", page)
	pid := run(t, as(stranger), program, "locked", folder+"/page")
	t.Cleanup(func() { unix.Kill(server, unix.SIGKILL) }) // first, or the other one cannot be ended
	down := p.install(t, p.dir+"/down")
	run(t, nil, p.path)
	root := uint32(0)
	specs := []Spec{{Executable: script}, {Executable: script, User: &root}, {Executable: p.path}, {Executable: down}}
	o := NewObserver(proctable.UsualThreads)
	list, took := timed(t, o, specs...)
	eventually(t, "the memory is locked", func() bool {
		list, took = timed(t, o, specs...)
		return list[0].State == Unknown
	})
	wantSoon(t, "a look", took)
	wantClouded(t, list[0], pid, fmt.Sprintf("its arguments cannot be read: /proc/%d/cmdline", pid))
	for i, want := range []State{Unknown, Down, Up, Down} {
		if list[i].State != want {
			t.Errorf("daemon %d is %v (%v), want %v", i, list[i].State, list[i].Err, want)
		}
	}
	eventually(t, "it is not waited for again by the same run", func() bool {
		_, again := timed(t, o, specs...)
		return again < 500*time.Millisecond // of what a user's process may cost
	})
}

// Regression: one daemon's file on a file system that never answers made all unknown,
// and the run did not end.
func TestAttackSilentFiles(t *testing.T) {
	if !privately(t) {
		return
	}
	p := newPlace(t)
	folder, server := serve(t, p, "silent")
	down, link := p.install(t, p.dir+"/down"), p.dir+"/link"
	must(t, os.Symlink(folder+"/linked", link))
	script := write(t, p.dir, p.script, "#!"+folder+"/interp\n", 0o755)
	up := run(t, nil, p.path)
	specs := []Spec{
		{Executable: folder + "/daemon"},
		{Executable: link},
		{Executable: script},
		{Executable: p.path, PIDFile: &PIDFile{Path: folder + "/pid", Locked: true}},
		{Executable: p.path, Listen: []Listen{{Network: "unix", Address: folder + "/socket", Timeout: time.Second}}},
		{Executable: p.path},
		{Executable: down},
	}
	hanging := func(o *Observer, more string) {
		t.Helper()
		list, took := timed(t, o, specs...)
		wantSoon(t, "a look", took)
		for i, want := range []State{Unknown, Unknown, Unknown, Up, Up, Up, Down} {
			if v := list[i]; v.State != want || want == Up && v.Matches[0].PID != up {
				t.Errorf("daemon %d is %v (%v), want %v", i, v.State, v.Err, want)
			}
			if want == Unknown && !strings.Contains(list[i].Err.Error(), "its file system does not answer") {
				t.Errorf("daemon %d: %v", i, list[i].Err)
			}
		}
		if !strings.Contains(list[0].Err.Error(), more) {
			t.Errorf("%v, want %s", list[0].Err, more)
		}
		if text := said(list[3].Faults); len(text) != 1 || !strings.Contains(text[0], "/pid cannot be read: its file system does not answer") {
			t.Errorf("the pidfile: %q", text)
		}
		began := time.Now()
		v := o.Probe(t.Context(), specs[4], list[4], false)
		wantSoon(t, "the probe", time.Since(began))
		if v.State != Unknown || !strings.Contains(v.Err.Error(), "its file system does not answer") {
			t.Errorf("the socket: %v (%v)", v.State, v.Err)
		}
	}
	first := NewObserver(proctable.UsualThreads)
	hanging(first, "waits for it")
	_, again := timed(t, first, specs...)
	wantSoon(t, "the next look of the same run", again)
	count := len(mustPeeks(t, p))
	hanging(NewObserver(proctable.UsualThreads), "since an earlier run") // which sends nobody after it again
	if got := len(mustPeeks(t, p)); got != count || count == 0 {
		t.Errorf("%d processes wait for it, after %d", got, count)
	}
	must(t, unix.Kill(server, unix.SIGKILL))
	eventually(t, "those who waited have ended", func() bool { return len(mustPeeks(t, p)) == 0 })
	if list, _ := timed(t, NewObserver(proctable.UsualThreads), specs[0]); list[0].State != Unknown || errors.Is(list[0].Err, proctable.ErrSilent) {
		t.Errorf("once the server has gone: %v (%v)", list[0].State, list[0].Err)
	}
}

func mustPeeks(t *testing.T, p place) []proctable.Command {
	t.Helper()
	list, err := proctable.Commands(t.Context(), func(argv []string) bool {
		return proctable.IsPeek(argv) && strings.HasPrefix(argv[3], p.dir)
	})
	must(t, err)
	return list
}

// A file system that others serve is as good as any as long as they answer.
func TestServedFiles(t *testing.T) {
	if !privately(t) {
		return
	}
	p := newPlace(t)
	folder, server := serve(t, p, "answering", p.path)
	daemon := folder + "/" + p.name
	pid := run(t, nil, daemon)
	var list []Verdict
	answered := func(v Verdict) bool { return v.State != Unknown || !errors.Is(v.Err, proctable.ErrSilent) }
	eventually(t, "it answers in time, which on a busy machine may be the next", func() bool {
		list, _ = timed(t, NewObserver(proctable.UsualThreads), Spec{Executable: daemon}, Spec{Executable: folder + "/nosuch"})
		return answered(list[0]) && answered(list[1])
	})
	if v := list[0]; v.State != Up || v.Matches[0].PID != pid {
		t.Errorf("%v (%v)", v.State, v.Err)
	}
	if v := list[1]; v.State != Unknown || !errors.Is(v.Err, os.ErrNotExist) {
		t.Errorf("missing: %v (%v)", v.State, v.Err)
	}
	must(t, unix.Kill(server, unix.SIGUSR1)) // it falls silent
	eventually(t, "it is silent", func() bool {
		list, _ = timed(t, NewObserver(proctable.UsualThreads), Spec{Executable: daemon}, Spec{Executable: p.path})
		return list[0].State == Unknown
	})
	if list[1].State != Down {
		t.Errorf("another: %v (%v)", list[1].State, list[1].Err)
	}
	must(t, unix.Kill(server, unix.SIGUSR2))
	eventually(t, "it answers again", func() bool {
		list, _ = timed(t, NewObserver(proctable.UsualThreads), Spec{Executable: daemon})
		return list[0].State == Up
	})
}

// Regression: the mount tables of processes with deleted executables of any name were
// read, 300 times 65,000 mounts.
func TestAttackMounts(t *testing.T) {
	p := newPlace(t)
	program, err := attack()
	must(t, err)
	const doublings, processes = "14", 40
	space := filepath.Join(p.home, "space")
	must(t, os.Mkdir(space, 0o755))
	must(t, os.Chown(space, stranger, stranger))
	holder := run(t, as(stranger), "unshare", "--user", "--map-root-user", "--mount", program, "mounts", doublings, space)
	for i := range processes {
		own := p.install(t, fmt.Sprintf("%s/own%d", p.home, i))
		must(t, os.Chmod(own, 0o777))
		path := own
		if i%2 == 0 { // the daemon's own path
			path = p.path
		}
		_ = holder
		must(t, os.Chown(own, stranger, stranger))
		if i%2 == 0 {
			forge(t, p, "bind", own, path, "exec", path, "remove", own)
			continue
		}
		forge(t, p, "exec", own, "remove", own)
	}
	down := p.install(t, p.dir+"/down")
	list, took := timed(t, NewObserver(proctable.UsualThreads), Spec{Executable: p.path}, Spec{Executable: down})
	wantSoon(t, "a look", took)
	if list[0].State != Down || list[1].State != Down {
		t.Errorf("%v (%v), %v", list[0].State, list[0].Err, list[1].State)
	}
}
