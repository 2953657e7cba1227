package proctable

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/executable"
)

// marked reports whether one of the arguments is this test's own mark.
func marked(mark string) func([]string) bool {
	return func(args []string) bool { return slices.Contains(args, mark) }
}

// A command is found by its arguments while it runs, and is not a command any more once
// it has ended, whether or not somebody has reaped it.
func TestCommands(t *testing.T) {
	mark := "mark-" + filepath.Base(t.TempDir()) + t.Name()
	cmd := exec.Command("/bin/sh", "-c", "sleep 100; :", mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(t, cmd.Start())
	defer func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); _ = cmd.Wait() }()
	var list []Command
	// A child of the shell's has its arguments, too, until it executes sleep.
	for end := time.Now().Add(time.Minute); len(list) != 1 && time.Now().Before(end); {
		var err error
		if list, err = Commands(t.Context(), marked(mark)); err != nil {
			t.Fatal(err)
		}
	}
	if len(list) != 1 || list[0].PID != cmd.Process.Pid || !slices.Equal(list[0].Args, cmd.Args) || list[0].Age < 0 || list[0].Age > time.Minute {
		t.Fatalf("%+v, want %d %q", list, cmd.Process.Pid, cmd.Args)
	}
	if runs, err := Runs(list[0].PID, list[0].Start); !runs || err != nil {
		t.Errorf("Runs = %v, %v", runs, err)
	}
	must(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL))
	for end := time.Now().Add(time.Minute); len(list) > 0 && time.Now().Before(end); { // a zombie: nobody waits for it yet
		list, _ = Commands(t.Context(), marked(mark))
	}
	if len(list) > 0 {
		t.Errorf("after its end: %+v", list)
	}
}

// A process that is about to execute a program has no arguments for a moment: a command
// that a killed run had left was overlooked then.
func TestCommandsSeesWhatIsAboutToBeExecuted(t *testing.T) {
	loop := filepath.Join(t.TempDir(), "loop")
	must(t, executable.WriteFile(loop, []byte("#!/bin/sh\nexec \"$0\" stop\n"), 0o755))
	cmd := exec.Command("/bin/sh", loop, "stop")
	must(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	table, self := At("/proc", Directly()), uint32(os.Getuid())
	for range 2000 {
		c, found, err := table.command(t.Context(), cmd.Process.Pid, self, marked(loop))
		if errors.Is(err, errExecuting) { // for longer than is waited: that is an answer, too
			continue
		}
		if !found || err != nil {
			t.Fatalf("%+v, %v", c, err)
		}
	}
}

// What ordinary users run is none of root's commands, whatever they call it; neither
// is what somebody runs in a PID namespace of its own.
func TestCommandsOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start processes for others")
	}
	mark := "mark-" + filepath.Base(t.TempDir()) + t.Name()
	for name, attr := range map[string]*syscall.SysProcAttr{
		"another user": {Credential: &syscall.Credential{Uid: stranger, Gid: stranger}},
		"a namespace":  {Cloneflags: syscall.CLONE_NEWPID},
	} {
		cmd := exec.Command("/bin/sleep", "100")
		cmd.Args = []string{mark, "100"}
		cmd.SysProcAttr = attr
		must(t, cmd.Start())
		defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
		if list, err := Commands(t.Context(), marked(mark)); len(list) > 0 || err != nil {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
}

// Nobody's arguments cost more than 4 KiB, and a look that is over returns.
func TestCommandsLimits(t *testing.T) {
	mark := "mark-" + filepath.Base(t.TempDir()) + t.Name()
	cmd := exec.Command("/bin/sh", "-c", "read x", mark, strings.Repeat("x", 100_000)) // it forks nothing that has its arguments
	_, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	list, err := Commands(t.Context(), marked(mark))
	if err != nil || len(list) != 1 || len(strings.Join(list[0].Args, "\x00")) > mostArgs {
		t.Errorf("%d, %v", len(list), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if list, err := Commands(ctx, marked(mark)); len(list) > 0 || err == nil {
		t.Errorf("after its time: %+v, %v", list, err)
	}
}

// On a busy machine a process may be about to execute its program for longer than is
// waited: then it may be a command, and is not an empty answer. One that has wiped its
// arguments out is none, and costs no time.
func TestCommandsThatCannotBeToldYet(t *testing.T) {
	const stat = "7 (a) b) S 1" + " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 140000"
	for name, c := range map[string]struct {
		argEnd string
		want   error
	}{"executing": {" 0 0 0 0\n", errExecuting}, "wiped out": {" 140099 0 0 0\n", nil}} {
		root := t.TempDir()
		dir := filepath.Join(root, "7")
		must(t, os.Mkdir(dir, 0o755))
		must(t, os.WriteFile(dir+"/cmdline", nil, 0o644))
		must(t, os.WriteFile(dir+"/stat", []byte(stat+c.argEnd), 0o644))
		must(t, os.Symlink("/bin/sh", dir+"/exe"))
		began := time.Now()
		text, err := At(root, Directly()).readExecuted(t.Context(), 7, uint32(os.Getuid()))
		if len(text) > 0 || !errors.Is(err, c.want) || (time.Since(began) >= execTime) != (c.want != nil) {
			t.Errorf("%s: %q, %v after %v", name, text, err, time.Since(began))
		}
	}
}
