package realtest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/state"
)

// self is where a machine has this test's own program, for what would be too slow to
// do from outside.
const self = "/usr/local/sbin/realtest"

func selfLayer(t *testing.T) *Layer {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := NewLayer(t)
	l.Copy(path, self)
	return l
}

// insideTimeout is for a test inside, which may kill some thousand runs on a busy
// machine.
const insideTimeout = 3 * time.Hour

// inside runs a test inside.
func inside(t *testing.T, m *Machine, test string, env ...string) {
	t.Helper()
	args := slices.Concat([]string{"GORACE=atexit_sleep_ms=0", "DAEMON_KEEPER_REAL=1"}, env, []string{self, "-test.v", "-test.run=" + test})
	out, status := m.RunWithin(t, insideTimeout, "env", args...)
	if status != 0 {
		t.Fatalf("inside:\n%s", out)
	}
	for _, line := range linesWith(out, "killed ") {
		t.Log(strings.TrimSpace(line))
	}
}

// killsRounds is how TestMemoryKillsInside is told how long to go on, and killsManager
// with which manager; "" is the program for --service-command.
const (
	killsRounds  = "DAEMON_KEEPER_KILLS"
	killsManager = "DAEMON_KEEPER_KILLS_MANAGER"
)

const (
	killsDir   = "/run/kills"
	killsState = "/var/lib/daemon-keeper"
)

func TestMemoryKillsInside(t *testing.T) {
	rounds, err := strconv.Atoi(os.Getenv(killsRounds))
	if err != nil {
		t.Skip("this is the part of TestMemoryKills that runs in a machine")
	}
	if err := os.MkdirAll(killsDir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name string
		do   func(*killer)
	}{
		{"steps", (*killer).steps},
		{"finishing", (*killer).finishing},
		{"moments", (*killer).moments},
		{"pairs", (*killer).pairs},
		{"strangers", (*killer).strangers},
		{"reboots", (*killer).reboots},
		{"slow", (*killer).slow},
		{"alone", (*killer).alone},
		{"together", (*killer).together},
		{"twins", (*killer).twins},
	} {
		t.Run(part.name, func(t *testing.T) {
			k := &killer{t: t, rounds: rounds, manager: os.Getenv(killsManager)}
			k.beginAll()
			for range 3 { // the first has to read the program from the disk
				k.unharmed()
			}
			part.do(k)
			t.Logf("killed %d runs, of which %d left something to be finished, and %d a command at work", k.killed, k.left, k.orphans)
		})
	}
}

// killer kills runs.
type killer struct {
	t            *testing.T
	manager      string
	rounds       int
	killed, left int
	orphans      int           // killed runs that have left a command at work
	point        string        // at which a run was killed last
	full         time.Duration // what a run takes that is not killed
}

// start starts a run for a daemon.
func (k *killer) start(name string) (*exec.Cmd, *bytes.Buffer) {
	k.t.Helper()
	cmd, output := exec.Command(program, "run"), new(bytes.Buffer)
	if k.manager == "" {
		cmd.Args = append(cmd.Args, "--service-command", "/usr/local/sbin/manage")
	}
	if name != "" {
		cmd.Args = append(cmd.Args, name)
	}
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	return cmd, output
}

// ended waits for the end of a run that nobody has killed, and returns what it said.
func (k *killer) ended(cmd *exec.Cmd, output *bytes.Buffer) string {
	k.t.Helper()
	_ = cmd.Wait()
	said := output.String()
	if s := cmd.ProcessState.ExitCode(); s != 0 && s != 1 || strings.Contains(said, "cannot ") || strings.Contains(said, "ERROR") {
		k.t.Errorf("status %d: %s", s, said)
	}
	return said
}

func (k *killer) run(name string) string { return k.ended(k.start(name)) }

// unharmed is a round in which nothing is killed, and measures how long that takes.
func (k *killer) unharmed() {
	k.t.Helper()
	k.down()
	began := time.Now()
	k.run("toy")
	if took := time.Since(began); k.full == 0 || took < k.full {
		k.full = took
	}
	k.well()
}

// down kills the daemon, or the process of another service.
func (k *killer) down(names ...string) {
	k.t.Helper()
	for _, name := range append(names, "toy") {
		if pid := k.pid(name); pid > 0 { // 0 would be our own process group
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		Until(k.t, name+" is gone", func() bool { return k.pid(name) == 0 && k.hasNoticed(name) })
	}
}

// pid is that of a service's process; 0 if none runs.
func (k *killer) pid(name string) int {
	if k.manager == "systemd" {
		return k.onlyOne(name)
	}
	text, err := os.ReadFile(filepath.Join(killsDir, name+".pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

// at has the next run killed by its own service program.
func (k *killer) at(point string) {
	k.t.Helper()
	k.down()
	k.arm(point)
	k.dead(k.start("toy"))
}

func (k *killer) arm(point string) {
	k.t.Helper()
	k.point = point
	if err := os.WriteFile(filepath.Join(killsDir, "at"), []byte(point+"\n"), 0o644); err != nil {
		k.t.Fatal(err)
	}
}

// dead waits for the end of a run that kills itself.
func (k *killer) dead(cmd *exec.Cmd, output *bytes.Buffer) {
	k.t.Helper()
	_ = cmd.Wait()
	if !cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
		k.t.Fatalf("it was not killed: %s", output)
	}
	k.killed++
}

// shoot kills a run at a random moment, if it has not ended by then.
func (k *killer) shoot(cmd *exec.Cmd, _ *bytes.Buffer) {
	time.Sleep(rand.N(k.full + k.full/8))
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if !cmd.ProcessState.Exited() {
		k.killed++
	}
}

// settle waits until the commands have ended that killed runs have left behind: a
// minute lies between two runs of cron's.
func (k *killer) settle() {
	k.t.Helper()
	Until(k.t, "no service command runs", func() bool {
		return len(k.commands()) == 0
	})
}

// commands are the processes of runs and of what they have started, even if they
// have not come to be the service program yet.
func (k *killer) commands() (list []string) {
	k.t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		k.t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && slices.ContainsFunc(k.marks(), func(mark string) bool { return bytes.Contains(text, []byte(mark)) }) {
			list = append(list, file)
		}
	}
	return list
}

// unfinished is what killed runs have left: of these services at least one does not run,
// so that there is something to be done and said.
func (k *killer) unfinished() []state.Intent {
	k.t.Helper()
	store, err := state.LookStore(killsState)
	if err != nil {
		k.t.Fatal(err)
	}
	list, errs := store.Unfinished()
	if len(errs) > 0 {
		k.t.Error(errors.Join(errs...))
	}
	runs := func(service string) bool { return k.pid(service) > 0 }
	list = slices.DeleteFunc(list, func(i state.Intent) bool { return len(slices.DeleteFunc(i.Stopped(), runs)) == 0 })
	if len(list) > 0 {
		k.left++
	}
	return list
}

// finished fails the test unless this is said of what was left: it was finished, once,
// or a command that was still at work then was waited for.
func (k *killer) finished(said string, left []state.Intent) {
	k.t.Helper()
	for _, i := range left {
		run := fmt.Sprintf("the run of %s, pid %d, left", i.Began.Time.Local().Format(time.TimeOnly), i.PID)
		if n := strings.Count(said, "finishing what "+run); n > 1 || n == 0 && !strings.Contains(said, "which "+run) {
			k.t.Errorf("it was expected once that %s was finished, or waited for, in %s", run, said)
		}
	}
}

// well fails the test unless all services are started, once, and nothing is left.
func (k *killer) well() {
	k.t.Helper()
	for _, name := range []string{"toy", "helper", "other"} {
		exe, _ := os.Readlink("/proc/" + strconv.Itoa(k.pid(name)) + "/exe")
		if exe != "/usr/local/sbin/"+name && name != "helper" || k.pid(name) == 0 {
			k.t.Errorf("service %s is stopped", name)
		}
	}
	k.wellManaged()
	overlaps, err := os.ReadFile(killsDir + "/overlaps")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.t.Fatal(err)
	}
	if len(overlaps) > 0 {
		k.t.Errorf("steps of one service overlap:\n%s", overlaps)
	}
	entries, err := os.ReadDir(killsState)
	if err != nil {
		k.t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); !slices.Contains([]string{"lock", "memory.json", "ledger.jsonl"}, name) && !strings.HasPrefix(name, ".tmp-") {
			k.t.Errorf("%s is left in %s", name, killsState)
		}
	}
	if k.t.Failed() {
		k.t.FailNow()
	}
}

// quiet fails the test unless a run has nothing to do.
func (k *killer) quiet() {
	k.t.Helper()
	if said := k.run(""); said != "" {
		k.t.Errorf("the run after the next says %s", said)
	}
}

// next is the next run.
func (k *killer) next(name string) {
	k.t.Helper()
	k.settle()
	left := k.unfinished()
	said := k.run(name)
	defer func() {
		if k.t.Failed() {
			calls, _ := os.ReadFile(killsDir + "/calls")
			k.t.Logf("the run before was killed at %s and left %+v; this one said %s; the last calls:\n%s", k.point, left, said, calls[max(0, len(calls)-300):])
		}
	}()
	k.finished(said, left)
	k.well()
}

// manage is the service program, run by somebody else.
func (k *killer) manage(name, verb string) {
	k.t.Helper()
	if err := exec.Command("/usr/local/sbin/manage", name, verb).Run(); err != nil {
		k.t.Fatal(err)
	}
}

// points are the places at which a step kills its run.
func points(verbs ...string) (list []string) {
	for _, service := range []string{"toy", "helper"} {
		for _, verb := range verbs {
			for _, place := range []string{"begin", "end", "begin dies", "end dies"} {
				list = append(list, verb+"."+service+"."+place)
			}
		}
	}
	return list
}

// steps: at the beginning and the end of each step.
func (k *killer) steps() {
	for range k.rounds {
		for _, point := range points("stop", "start") {
			k.at(point)
			k.next("toy")
		}
		k.quiet()
	}
}

// finishing: the run that finishes dies as well.
func (k *killer) finishing() {
	for range k.rounds {
		for _, point := range points("start") {
			service := strings.Split(point, ".")[1]
			k.at("stop." + service + ".end")
			k.settle()
			k.arm(point)
			k.dead(k.start("toy"))
			k.next("toy")
		}
		k.quiet()
	}
}

// moments: at any moment, and so does every third of the next runs.
func (k *killer) moments() {
	for i := range k.rounds {
		k.down()
		k.shoot(k.start("toy"))
		if i%3 == 0 {
			k.settle()
			k.shoot(k.start("toy"))
		}
		k.next("toy")
	}
	k.quiet()
}

// pairs: two runs at a time, of which one dies; and two that follow.
func (k *killer) pairs() {
	for range k.rounds {
		k.down()
		first, firstOut := k.start("toy")
		second, secondOut := k.start("toy")
		k.shoot(first, firstOut)
		k.ended(second, secondOut)
		k.settle()
		left := k.unfinished()
		first, firstOut = k.start("toy")
		second, secondOut = k.start("toy")
		k.finished(k.ended(first, firstOut)+k.ended(second, secondOut), left)
		k.well()
	}
	k.quiet()
}

// strangers: the next run was asked for another daemon.
func (k *killer) strangers() {
	for range k.rounds {
		k.down()
		k.shoot(k.start("toy"))
		k.settle()
		left := k.unfinished()
		k.finished(k.run("other"), left)
		for _, i := range left {
			for _, service := range i.Stopped() {
				if k.pid(service) == 0 {
					k.t.Errorf("service %s is stopped", service)
				}
			}
		}
		k.next("toy")
	}
	k.quiet()
}

// reboots: the next run is in another boot.
func (k *killer) reboots() {
	const id = "/proc/sys/kernel/random/boot_id"
	for i := range k.rounds {
		for _, point := range points("stop", "start") {
			k.at(point)
			k.settle()
			k.down("helper")
			if err := errors.Join(os.RemoveAll("/run/daemon-keeper"), os.WriteFile("/run/boot_id", fmt.Appendf(nil, "01234567-89ab-4def-8123-%012x\n", i), 0o644)); err != nil {
				k.t.Fatal(err)
			}
			if err := syscall.Mount("/run/boot_id", id, "", syscall.MS_BIND, ""); err != nil {
				k.t.Fatal(err)
			}
			for _, name := range []string{"toy", "helper"} { // what was not touched, the boot starts
				if !strings.Contains(point, "."+name+".") {
					k.manage(name, "start")
				}
			}
			k.next("toy")
			if err := syscall.Unmount(id, 0); err != nil {
				k.t.Fatal(err)
			}
		}
	}
	k.quiet()
}

// slow: the next run comes while the command still works that the dead one has left.
func (k *killer) slow() {
	for range k.rounds {
		for _, point := range []string{
			"stop.toy.begin slow", "start.toy.begin slow", "stop.helper.begin slow", "start.helper.begin slow",
			"stop.toy.begin both slow", "start.toy.begin both slow", "stop.helper.begin both slow", "start.helper.begin both slow",
		} {
			k.at(point)
			verb, rest, _ := strings.Cut(point, ".")
			service, _, _ := strings.Cut(rest, ".")
			said := k.run("toy")
			if !strings.Contains(said, "waiting for the "+verb+" of service '"+service+"'") {
				k.t.Errorf("%s: it did not wait, and said %s", point, said)
			}
			k.well()
		}
	}
}
