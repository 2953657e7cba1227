package check

import (
	"context"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"daemon-keeper/check/proctable"
)

// nearly is the verdict that match shows.
func nearly(t *testing.T, spec Spec) Verdict {
	t.Helper()
	return realVerdict(t, spec, Options{Near: true})
}

// What ps and grep would have shown of real processes, and why it is none.
func TestRealNearMisses(t *testing.T) {
	for _, tc := range []struct {
		name  string
		start func(t *testing.T, p place) int
		want  Reason
	}{
		{"the path as an argument", func(t *testing.T, p place) int {
			return run(t, nil, "/bin/sh", "-c", `echo "up $$"; read x`, "vim", p.path)
		}, Mention},
		{"a file of that name as an argument", func(t *testing.T, p place) int {
			return run(t, nil, p.toy, "pidfile", p.home+"/"+p.name)
		}, Mention},
		{"another user's", func(t *testing.T, p place) int {
			return run(t, as(stranger), p.toy, "pidfile", p.home+"/"+p.name)
		}, Mention},
		{"in a shell's command", func(t *testing.T, p place) int {
			return run(t, nil, "/bin/sh", "-c", `echo "up $$"; read x; `+p.path+` -F`)
		}, Mention},
		{"another argv[0]", func(t *testing.T, p place) int {
			cmd := exec.Command(p.toy)
			cmd.Args[0] = p.name + ": idle"
			pid, _ := start(t, cmd)
			return pid
		}, Namesake},
		{"the kernel's name, with no such argument", func(t *testing.T, p place) int {
			return run(t, nil, p.toy, "name", p.name, "wipe")
		}, Namesake},
		{"another file of that name", func(t *testing.T, p place) int {
			return run(t, nil, p.install(t, p.dir+"/opt/"+p.name))
		}, OtherFile},
		{"nothing of it", func(t *testing.T, p place) int {
			return run(t, nil, p.toy)
		}, unrelated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			pid := tc.start(t, p)
			wantReal(t, nearly(t, Spec{Executable: p.path}), pid, Down, tc.want)
			if tc.want != OtherFile && tc.want != Namesake {
				wantReal(t, nearly(t, Spec{Called: p.name}), pid, Down, tc.want)
			}
		})
	}
}

// A thread with the daemon's name is told by its number.
func TestRealNamedThread(t *testing.T) {
	p := newPlace(t)
	pid := run(t, nil, p.toy, "name-thread", p.name, "name-thread", p.name, "wipe")
	for _, spec := range []Spec{{Executable: p.path}, {Called: p.name}} {
		v := nearly(t, spec)
		wantReal(t, v, pid, Down, Thread)
		i := slices.IndexFunc(v.Excluded, func(x Exclusion) bool { return x.PID == pid })
		if i < 0 || len(v.Excluded[i].Threads) != 2 {
			t.Fatalf("%+v", v.Excluded)
		}
		for _, tid := range v.Excluded[i].Threads {
			if got := proctable.OwnerOf(tid); got.PID != pid || tid == pid {
				t.Errorf("thread %d is of %d", tid, got.PID)
			}
		}
	}
	wantSaid(t, lookAs(t, p.name, as(nobody)), "down <nil>")
}

// What ends while it is looked at is nothing, and no error.
func TestRealNearWhileProcessesEnd(t *testing.T) {
	p := newPlace(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			exec.Command(p.toy, "exit", p.path).Run()
		}
	}()
	for range 20 {
		if v := nearly(t, Spec{Executable: p.path}); v.State != Down || v.Err != nil {
			t.Errorf("%v (%v)", v.State, v.Err)
		}
	}
	cancel()
	<-done
	if list := proctable.At("/proc", proctable.Directly()).Threads(1 << 30); list != nil {
		t.Errorf("no process has the number "+strconv.Itoa(1<<30)+": %v", list)
	}
}
