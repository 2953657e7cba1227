package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/apart"
	"daemon-keeper/internal/executable"

	"golang.org/x/sys/unix"
)

// attacked is a folder with the command, a neighbour who means no good and some daemons,
// in a mount namespace of its own, so that what hangs there hangs for nobody else.
type attacked struct {
	dir, keeper, attack string
	daemons             []string
}

const neighbour = 65534

func newAttacked(t *testing.T) *attacked {
	t.Helper()
	dir, err := os.MkdirTemp("", "attacked-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	a := &attacked{dir: dir, keeper: dir + "/daemon-keeper", attack: dir + "/attack"}
	if err := errors.Join(executable.Build(a.keeper, "daemon-keeper"), executable.Build(a.attack, "daemon-keeper/testdata/attack")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, dir + "/home", dir + "/served"} {
		if err := errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir+"/home", neighbour, neighbour); err != nil {
		t.Fatal(err)
	}
	return a
}

// copy puts a program at a path of its own.
func (a *attacked) copy(t *testing.T, from, name string) string {
	t.Helper()
	path := filepath.Join(a.dir, name)
	if err := copyProgram(from, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs a program of our own until the test ends, or until it is killed.
func (a *attacked) start(t *testing.T, user uint32, argv ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}, Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("this machine does not allow the case: ", err)
	}
	t.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "up ") {
		t.Skipf("this machine does not allow the case: %v: %q", argv, lines.Text())
	}
	return cmd
}

// cost is what one run of the command took.
type cost struct {
	status int
	took   time.Duration
	memory int64 // KiB, at the most
	out    string
}

// keep makes a run, as cron does: with no descriptor of ours.
func (a *attacked) keep(t *testing.T, args ...string) cost {
	t.Helper()
	cmd := exec.Command(a.keeper, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "NO_COLOR="}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	peak := int64(0)
	for deadline, running := time.Now().Add(time.Minute), true; running; {
		peak = max(peak, highWater(cmd.Process.Pid))
		select {
		case <-ended:
			running = false
		case <-time.After(2 * time.Millisecond):
			if time.Now().After(deadline) {
				t.Fatalf("the run of %v does not end", args)
			}
		}
	}
	return cost{cmd.ProcessState.ExitCode(), time.Since(began), peak, out.String()}
}

// highWater is the most memory that a process has used so far, in KiB; 0 once it has
// ended. What wait4(2) tells counts also the memory of this test, from before the exec.
func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	_, _ = fmt.Sscan(rest, &kib)
	return kib
}

// A neighbour that does all of it at once delays a healthy run of 20 daemons by at most
// 2 s and the restart of another daemon by at most 5 s, and a run takes at most 64 MiB.
// The figures of docs/security.md come from here; this machine may be busy, so the test
// grants some time more.
func TestNeighbour(t *testing.T) {
	if !apart.Mounts(t) {
		return
	}
	a := newAttacked(t)
	a.daemons = make([]string, 20)
	interpreter := a.copy(t, a.attack, "interp")
	var config strings.Builder
	config.WriteString("daemons:\n")
	for i := range a.daemons {
		name := fmt.Sprintf("d%d", i)
		a.daemons[i] = a.copy(t, a.attack, name)
		fmt.Fprintf(&config, "  %s:\n    executable: %s\n    user: root\n    services: [%s]\n    recheck: 50ms\n    settle: 100ms\n    boot_grace: 0s\n    backoff: [0s]\n", name, a.daemons[i], name)
	}
	script := filepath.Join(a.dir, "script")
	if err := executable.WriteFile(script, []byte("#!"+interpreter+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	served := filepath.Join(a.dir, "served")
	trouble := fmt.Sprintf("  script:\n    executable: %s\n    services: [script]\n    recheck: 50ms\n    boot_grace: 0s\n"+
		"  served:\n    executable: %s/daemon\n    services: [served]\n    recheck: 50ms\n    boot_grace: 0s\n", script, served)
	plain, all := filepath.Join(a.dir, "plain.yaml"), filepath.Join(a.dir, "all.yaml")
	calls := filepath.Join(a.dir, "service")
	for path, text := range map[string]string{
		plain: config.String(), all: config.String() + trouble,
		calls: "#!/bin/sh\n# SERVICE VERB or VERB SERVICE\nfor w; do case $w in d*) n=$w;; start) s=1;; esac; done\n" +
			"[ -z \"$s\" ] || setsid " + a.dir + "/$n none >/dev/null 2>&1 <" + a.dir + "/hold &\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	hold := filepath.Join(a.dir, "hold") // what is restarted lives as long as this is open
	if err := unix.Mkfifo(hold, 0o600); err != nil {
		t.Fatal(err)
	}
	held, err := os.OpenFile(hold, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	var victims []*exec.Cmd
	for _, d := range a.daemons {
		victims = append(victims, a.start(t, 0, d, "none"))
	}
	flags := func(config string) []string {
		return []string{"run", "-c", config, "--service-command", calls, "--run-dir", a.dir + "/run", "--state-dir", a.dir + "/state", "--no-syslog"}
	}
	healthy := func(config string) cost {
		var list []cost
		for range 5 {
			list = append(list, a.keep(t, flags(config)...))
		}
		slices.SortFunc(list, func(a, b cost) int { return int(a.took - b.took) })
		return list[len(list)/2]
	}
	restart := func(config string, i int) cost {
		victims[i].Process.Kill()
		victims[i].Wait()
		c := a.keep(t, flags(config)...)
		if !strings.Contains(c.out, "'d"+strconv.Itoa(i)+"'") && !strings.Contains(c.out, "d"+strconv.Itoa(i)+" was down") {
			t.Errorf("the restart of d%d: status %d, %s", i, c.status, c.out)
		}
		return c
	}
	before, restored := healthy(plain), restart(plain, 0)
	if before.status != 0 || restored.status != 1 {
		t.Fatalf("without a neighbour: %+v; %+v", before, restored)
	}

	server := a.start(t, 0, a.attack, "fuse", served, "silent")
	other := filepath.Join(a.dir, "other")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	serve := []string{a.attack, "fuse", other, "mute"}
	for i := range 12 {
		page := fmt.Sprintf("%s/page%d", a.dir, i)
		if err := os.WriteFile(page, make([]byte, 4096), 0o644); err != nil {
			t.Fatal(err)
		}
		serve = append(serve, page)
	}
	mute := a.start(t, 0, serve...)
	for i := range 12 {
		a.start(t, neighbour, interpreter, "locked", fmt.Sprintf("%s/page%d", other, i))
	}
	for range 20 {
		a.start(t, neighbour, interpreter, "arguments", "4000000000")
	}
	space := filepath.Join(a.dir, "home", "space")
	if err := errors.Join(os.Mkdir(space, 0o755), os.Chown(space, neighbour, neighbour)); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		a.start(t, neighbour, "unshare", "--user", "--map-root-user", "--mount", a.attack, "mounts", map[bool]string{true: "15", false: "1"}[i == 0], space)
		own := a.copy(t, a.attack, fmt.Sprintf("home/own%d", i))
		if err := os.Chown(own, neighbour, neighbour); err != nil {
			t.Fatal(err)
		}
		a.start(t, neighbour, own, "none")
		os.Remove(own)
	}
	setuid := a.daemons[19]
	if err := os.Chmod(setuid, 0o4755); err != nil {
		t.Fatal(err)
	}
	a.start(t, neighbour, setuid, "none")
	t.Cleanup(func() { server.Process.Kill(); mute.Process.Kill() }) // first: the others wait for them

	clean, under := healthy(plain), healthy(all)
	back, backToo := restart(plain, 1), restart(all, 2)
	hidden := restart(all, 19) // of which the neighbour runs the set-user-ID program
	t.Logf("a healthy run: %v before, %v beside the neighbour, %v with two of its daemons in the configuration (at most %d, %d, %d KiB)",
		before.took, clean.took, under.took, before.memory, clean.memory, under.memory)
	t.Logf("a restart: %v before, %v, %v, and %v (at most %d KiB)", restored.took, back.took, backToo.took, hidden.took, backToo.memory)
	const slack = 4 * time.Second
	if clean.status != 0 || under.status != 3 || back.status != 1 {
		t.Errorf("status %d, %d, %d: %s", clean.status, under.status, back.status, under.out)
	}
	for what, late := range map[string]time.Duration{
		"a healthy run": max(clean.took, under.took) - before.took - 2*time.Second,
		"a restart":     max(back.took, backToo.took, hidden.took) - restored.took - 5*time.Second,
	} {
		if late > slack {
			t.Errorf("%s is %v too late", what, late)
		}
	}
	for _, c := range []cost{clean, under, back, backToo} {
		if c.memory > 64<<10 {
			t.Errorf("a run took %d KiB", c.memory)
		}
	}
}

// What is missing is said, with status 3, before the runtime of Go ends the program with
// a status of its own; or the run works with what there is.
func TestScarcity(t *testing.T) {
	a := newAttacked(t)
	config := filepath.Join(a.dir, "c.yaml")
	if err := os.WriteFile(config, []byte("daemons:\n  init:\n    executable: "+a.attack+"\n    services: [x]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.start(t, 0, a.attack, "none")
	limited := func(limit string) cost {
		t.Helper()
		cmd := exec.Command("sh", "-c", limit+" && exec \"$@\"", "sh", a.keeper, "check", "-c", config, "--state-dir", a.dir+"/state", "--service-command", "/bin/true")
		out, _ := cmd.CombinedOutput()
		return cost{status: cmd.ProcessState.ExitCode(), out: string(out)}
	}
	if c := limited("true"); c.status != 0 {
		t.Fatalf("without a limit: %+v", c)
	}
	for _, n := range []int{4, 6, 7, 8, 11, 12, 15, 16, 20, 64} {
		c := limited(fmt.Sprintf("ulimit -n %d", n))
		told := strings.Contains(c.out, "it may open") && strings.Contains(c.out, "hint: ")
		if c.status != 0 && (c.status != 3 || n < 16 && !told) {
			t.Errorf("%d descriptors: status %d: %s", n, c.status, c.out)
		}
	}
	for _, n := range []int{800_000, 820_000, 900_000, 1_000_000, 2_000_000} {
		c := limited(fmt.Sprintf("ulimit -v %d", n))
		if n < 850_000 && strings.Contains(c.out, "fatal error: out of memory") && !strings.Contains(c.out, "main.main") {
			continue // Go itself does not always get to main
		}
		if c.status != 0 && (c.status != 3 || !strings.Contains(c.out, "address space")) {
			t.Errorf("%d KiB of address space: status %d: %s", n, c.status, c.out)
		}
	}
	group := "/sys/fs/cgroup/pids/daemon-keeper-test-" + strconv.Itoa(os.Getpid())
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skip("no control group of its own: ", err)
	}
	t.Cleanup(func() { os.Remove(group) })
	for _, n := range []int{8, 10, 12, 16, 24} {
		c := limited(fmt.Sprintf("echo %d >%s/pids.max && echo $$ >%s/cgroup.procs", n, group, group))
		if c.status != 0 && (c.status != 3 || !strings.Contains(c.out, "it may start")) {
			t.Errorf("%d processes: status %d: %s", n, c.status, c.out)
		}
	}
}
