package app

import (
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

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/apart"
	"daemon-keeper/internal/pidfiles"
)

// Real processes are told from each other: a thread, a process that was started later, one
// of another user, one that is dead.
func TestPIDFilesOfRealProcesses(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start another user's process")
	}
	dir := t.TempDir()
	sleeper := func(user uint32) int {
		t.Helper()
		cmd := exec.Command("sleep", "300")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}, Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd.Process.Pid
	}
	write := func(name string, number int, change func(path string) error) {
		t.Helper()
		path := filepath.Join(dir, name)
		err := os.WriteFile(path, []byte(strconv.Itoa(number)+"\n"), 0o644)
		if err == nil && change != nil {
			err = change(path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	age := func(path string) error {
		then := time.Now().Add(-time.Minute)
		return os.Chtimes(path, then, then)
	}
	dead := exec.Command("sleep", "0")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	roots, others := sleeper(0), sleeper(65534)
	write("sleep.pid", roots, nil)
	write("reused.pid", roots, age)
	write("theirs.pid", roots, func(path string) error { return os.Chown(path, 65534, 0) })
	write("sleep-theirs.pid", others, func(path string) error { return os.Chown(path, 65534, 0) })
	write("stale.pid", dead.Process.Pid, nil)
	write("thread.pid", apart.Thread(t), nil)
	write("init.pid", 1, nil)

	name := func(id uint32) string { return fmt.Sprint(id) }
	x := pidfiles.Examiner{
		Machine: pidfiles.ThisMachine(name), GroupName: name, Places: []string{dir}, Holder: holders(proctable.Sight(t.Context()) == nil), Patience: time.Minute,
	}
	got := make(map[string]string)
	for _, r := range x.Examine(t.Context()).Reports {
		var list []string
		for _, f := range r.Findings {
			if f.Verdict != pidfiles.Persistent {
				list = append(list, string(f.Verdict))
			}
		}
		slices.Sort(list)
		got[filepath.Base(r.File.Path)] = strings.Join(list, " ")
	}
	want := map[string]string{
		"sleep.pid": "right", "reused.pid": "reused", "theirs.pid": "other_user writable", "sleep-theirs.pid": "right writable",
		"stale.pid": "stale", "thread.pid": "thread", "init.pid": got["init.pid"],
	}
	if !strings.Contains(got["init.pid"], "process_1") && !strings.Contains(got["init.pid"], "right") { // PID 1 may be called init
		t.Errorf("process 1: %s", got["init.pid"])
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

// Who may not see the processes of others does not take what is not seen for gone.
func TestHoldersWithoutSight(t *testing.T) {
	dead := exec.Command("sleep", "0")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	for _, sight := range []bool{true, false} {
		look := holders(sight)
		if h := look(dead.Process.Pid); h.Known != sight || h.PID != 0 {
			t.Errorf("sight %v: %+v", sight, h)
		}
		if h := look(os.Getpid()); !h.Known || h.PID != os.Getpid() {
			t.Errorf("sight %v: %+v", sight, h)
		}
	}
}
