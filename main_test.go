package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"daemon-keeper/internal/app"
	"daemon-keeper/internal/executable"
	"daemon-keeper/internal/tracer"
	"daemon-keeper/rcd"
)

func TestMain(m *testing.M) {
	if rcd.IsChild(os.Args) || rcd.IsLauncher(os.Args) || tracer.IsStage(os.Args) { // of a run that was started by its own program
		main()
	}
	testscript.Main(m, map[string]func(){"daemon-keeper": main, "ps.monitor": main, "crash": crash})
}

// crash has a mistake, such as daemon-keeper may have one, in another goroutine than
// main's, or one that Go's runtime finds and that cannot be recovered from.
func crash() {
	if len(os.Args) != 2 {
		os.Exit(3)
	}
	app.Main([]string{"daemon-keeper", "--version"})
	mistakes := map[string]func(){
		"panic": func() { panic("a mistake") },
		"throw": func() { // it needs more stack than there is
			debug.SetMaxStack(1 << 20)
			var deeper func(int) int
			deeper = func(n int) int { return deeper(n+1) + n }
			deeper(0)
		},
	}
	go mistakes[os.Args[1]]()
	select {}
}

// TestScript runs the command for real, on real processes. In each script
// $DAEMON is a program of its own, a copy of sleep(1), and $SVC stands for the
// service manager; it notes in the file calls what it was told to do.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setUp,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("there is no condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"keep":  keep,
			"kept":  kept,
			"until": until,
			"end":   end,
		},
	})
}

func setUp(env *testscript.Env) error {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		return err
	}
	daemon := filepath.Join(env.WorkDir, "mydaemon")
	if err := copyProgram(sleep, daemon); err != nil {
		return err
	}
	svc := filepath.Join(env.WorkDir, "svc")
	if err := copyProgram("testdata/svc", svc); err != nil {
		return err
	}
	env.Setenv("DAEMON", daemon)
	env.Setenv("SVC", svc)
	env.Setenv("RUN", filepath.Join(env.WorkDir, "run"))
	env.Setenv("DAEMON_KEEPER_STATE_DIR", filepath.Join(env.WorkDir, "state"))
	env.Setenv("NO_COLOR", "")
	env.Defer(func() { endAll(env.WorkDir) })
	return nil
}

func copyProgram(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return executable.WriteFile(to, data, 0o755)
}

// endAll kills what the service command has started from a folder and noted down there.
func endAll(folder string) {
	text, err := os.ReadFile(filepath.Join(folder, "pids"))
	if err != nil {
		return
	}
	for _, line := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(line); err == nil && mayBeFrom(folder, pid) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// mayBeFrom reports whether a process works in a folder, or executes something there, as far as
// the system tells that. The number of one that has ended may be that of another, or of a thread,
// by now, and a signal to a thread's number ends the whole process.
func mayBeFrom(folder string, pid int) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	proc := fmt.Sprintf("/proc/%d/", pid)
	args, _ := os.ReadFile(proc + "cmdline")
	exe, _ := os.Readlink(proc + "exe")
	cwd, _ := os.Readlink(proc + "cwd")
	return slices.ContainsFunc([]string{string(args), exe, cwd}, func(text string) bool { return strings.Contains(text, folder) })
}

// exits STATUS[|STATUS...] COMMAND [ARG...] runs a command that must end with one of these; that of
// one which a signal ends is 128 more than the signal, as in a shell.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS[|STATUS...] COMMAND [ARG...]")
	}
	got := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
		if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
			got = 128 + int(w.Signal())
		}
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(got)) {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// keep STATUS [FLAG...] is exits for a run that uses $SVC and short times.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: keep STATUS [FLAG...]")
	}
	exits(ts, neg, append([]string{
		args[0], "daemon-keeper", "--service-command", ts.Getenv("SVC"), "--run-dir", ts.Getenv("RUN"), "--no-syslog",
		"--boot-grace", "0", "--recheck", "20ms", "--verify", "20s", "--settle", "100ms", "--backoff", "0s",
	}, args[1:]...))
}

// kept STATUS [ARG...] is exits for a run with the configuration keeper.yaml; its
// times stand there. For commands that only look it leaves out the flags of run.
func kept(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: kept STATUS [ARG...]")
	}
	ts.Setenv("DAEMON_KEEPER_CONFIG", ts.MkAbs("keeper.yaml"))
	argv := append([]string{args[0], "daemon-keeper"}, args[1:]...)
	command := ""
	if len(args) > 1 {
		command = args[1]
	}
	if command != "match" {
		argv = append(argv, "--service-command", ts.Getenv("SVC"))
	}
	if !slices.Contains([]string{"validate", "check", "match"}, command) {
		argv = append(argv, "--run-dir", ts.Getenv("RUN"), "--no-syslog")
	}
	exits(ts, neg, argv)
}

// until FILE waits for a file.
func until(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(path); (err == nil) != neg {
			return
		}
	}
	ts.Fatalf("waited in vain for %s", args[0])
}

// end [TERM | FILE] ends the last process that $SVC has started, or the one of a
// pidfile, and waits for it.
func end(ts *testscript.TestScript, _ bool, args []string) {
	file := "pids"
	if len(args) > 0 && args[0] != "TERM" {
		file = args[0]
	}
	pids := strings.Fields(ts.ReadFile(file))
	pid, err := strconv.Atoi(pids[len(pids)-1])
	ts.Check(err)
	sig := syscall.SIGKILL
	if len(args) > 0 && args[0] == "TERM" {
		sig = syscall.SIGTERM
	}
	ts.Check(syscall.Kill(pid, sig))
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // where there is such a file
		if syscall.Kill(pid, 0) != nil || strings.Contains(string(status), "\nState:\tZ") {
			return
		}
	}
	ts.Fatalf("process %d does not end", pid)
}
