package rcd

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"daemon-keeper/internal/executable"

	"golang.org/x/sys/unix"
)

// ownOf makes a manager of one daemon, whose program is a script.
func ownOf(t *testing.T, script string, change func(*OwnDaemon)) (*Manager, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "server")
	if err := executable.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(dir, "run")
	if err := os.Mkdir(run, 0o755); err != nil {
		t.Fatal(err)
	}
	d := &OwnDaemon{Name: "a", Start: []string{program, dir}}
	if change != nil {
		change(d)
	}
	own := NewOwn(Host{OS: "linux", Root: dir}, []*OwnDaemon{d}, &Outputs{Dir: run})
	t.Cleanup(func() {
		text, err := os.ReadFile(filepath.Join(dir, "pid"))
		if pid, err2 := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && err2 == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return own, dir
}

func startOwn(t *testing.T, own *Manager) error {
	t.Helper()
	program, err := OwnProgram()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return own.Start(ctx, "own:a", With{Program: program})
}

// fileOf waits for a file that the daemon writes at once.
func fileOf(t *testing.T, path string) string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(path); err == nil && strings.HasSuffix(string(text), "end\n") {
			return string(text)
		}
	}
	t.Fatalf("waited in vain for %s", path)
	return ""
}

const report = `echo $$ >"$1/pid"
sh -c 'ls /proc/$PPID/fd >"$1/fds"; readlink /proc/$PPID/fd/1 >"$1/out"' sh "$1"
{ cat /proc/$$/status; echo "cwd $(pwd)"; echo "stat $(cut -d' ' -f5,6 /proc/$$/stat) $$"; env; echo "in $(readlink /proc/$$/fd/0)"; echo "out $(cat "$1/out")"; echo "fds" $(cat "$1/fds"); echo limit $(ulimit -n); echo end; } >"$1/report"
while :; do sleep 1; done
`

// A daemon has nothing of who has started it, and is detached.
func TestLaunch(t *testing.T) {
	own, dir := ownOf(t, report, func(d *OwnDaemon) { d.Environment = []string{"WORD=a b", "PATH=/bin:/usr/bin"} })
	t.Setenv("SECRET", "of the run")
	leak, err := syscall.Open("/dev/null", syscall.O_RDONLY, 0) // not closed by an exec
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(leak)
	if err := startOwn(t, own); err != nil {
		t.Fatal(err)
	}
	text := fileOf(t, dir+"/report")
	for _, want := range []string{
		`(?m)^SigIgn:\t0000000000000000$`, `(?m)^Umask:\t0022$`, `(?m)^cwd /$`, `(?m)^WORD=a b$`, `(?m)^PATH=/bin:/usr/bin$`,
		`(?m)^in /dev/null$`, `(?m)^out .*/run/own:a\.output$`, `(?m)^(HOME|USER|LOGNAME|SHELL)=`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	f := regexp.MustCompile(`(?m)^stat (\d+) (\d+) (\d+)$`).FindStringSubmatch(text)
	if f == nil || f[1] != f[3] || f[2] != f[3] {
		t.Errorf("group, session and process are %q", f)
	}
	if strings.Contains(text, "SECRET") {
		t.Error("it has the run's environment")
	}
	if fds := regexp.MustCompile(`(?m)^fds .*$`).FindString(text); fds != "fds 0 1 10 2" { // 10 is the shell's own
		t.Errorf("it has the descriptors %s", fds)
	}
	if strings.Count(text, "PATH=") != 1 {
		t.Error("a variable is there twice")
	}
	if text := string(must(os.ReadFile(dir + "/run/own:a.output"))); text != "" {
		t.Errorf("the launcher has printed %q", text)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Root gives all of itself up for the daemon's user, and nothing more is had back.
func TestLaunchAsUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	for _, tc := range []struct {
		as, uid, gid, groups string
	}{
		{"65534:65533", "65534", "65533", "65533 "},
		{"4242:4243", "4242", "4243", "4243 "},
		{"0:65533", "0", "65533", ""},
	} {
		t.Run(tc.as, func(t *testing.T) {
			own, dir := ownOf(t, report, func(d *OwnDaemon) { d.As = tc.as })
			if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
				t.Fatal(err)
			}
			if err := startOwn(t, own); err != nil {
				t.Fatal(err)
			}
			text := fileOf(t, dir+"/report")
			four := func(id string) string { return strings.Join([]string{id, id, id, id}, "\t") }
			for _, want := range []string{"\nUid:\t" + four(tc.uid) + "\n", "\nGid:\t" + four(tc.gid) + "\n"} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if tc.groups != "" && !strings.Contains(text, "\nGroups:\t"+tc.groups+"\n") {
				t.Errorf("other groups than %q in\n%s", tc.groups, text)
			}
			if tc.uid != "0" && !regexp.MustCompile(`(?m)^CapInh:\t0+\nCapPrm:\t0+\nCapEff:\t0+\n`).MatchString(text) {
				t.Errorf("it has capabilities:\n%s", text)
			}
		})
	}
}

// What keeps a program from being executed comes back, and so does what it says before it
// ends at once.
func TestLaunchFails(t *testing.T) {
	for name, tc := range map[string]struct {
		script string
		change func(*OwnDaemon)
		want   string // pattern
		output string
	}{
		"missing":       {"", func(d *OwnDaemon) { d.Start[0] += "x" }, `cannot trust .*/serverx: no such file or directory$`, ""},
		"ends at once":  {"echo no; echo such file; exit 9", nil, `^cannot start service own:a: it ended after \d+m?s: exit status 9$`, "no|such file"},
		"is killed":     {"kill -9 $$", nil, `it ended after \d+m?s: signal: killed$`, ""},
		"no directory":  {"", func(d *OwnDaemon) { d.Directory = "/nowhere" }, `cannot change to directory '/nowhere': no such file or directory$`, ""},
		"no user":       {"", func(d *OwnDaemon) { d.As = "nobody-has-this-name" }, `cannot find user nobody-has-this-name$`, ""},
		"a folder":      {"", func(d *OwnDaemon) { d.Start[0] = "/etc" }, `permission denied$`, ""},
		"a zero byte":   {"", func(d *OwnDaemon) { d.Start = append(d.Start, "a\x00b") }, `cannot execute '.*/server': invalid argument$`, ""},
		"no permission": {"", func(d *OwnDaemon) { d.Start[0] = "/etc/passwd" }, `permission denied$`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			own, _ := ownOf(t, tc.script, tc.change)
			err := startOwn(t, own)
			for n := 0; err == nil && n < 20; n++ { // it has taken longer to end than is waited
				err = startOwn(t, own)
			}
			var failed *CommandError
			if !errors.As(err, &failed) || !regexp.MustCompile(tc.want).MatchString(err.Error()) {
				t.Fatalf("got %v, want %s", err, tc.want)
			}
			if got := strings.Join(failed.Output, "|"); got != tc.output {
				t.Errorf("it has said %q, want %q", got, tc.output)
			}
			if c, err := own.Condition(context.Background(), "own:a"); err != nil || !c.Failed {
				t.Errorf("its condition is %+v, %v: a run would wait for it", c, err)
			}
		})
	}
}

// A file that cannot be executed though it is there says what is missing.
func TestLaunchWithoutInterpreter(t *testing.T) {
	own, dir := ownOf(t, "", nil)
	for text, want := range map[string]string{
		"#!/nowhere\n": "no such file or directory (the interpreter",
		"text\n":       "exec format error (a script must begin with #!",
	} {
		if err := executable.WriteFile(dir+"/server", []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := startOwn(t, own); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A program that goes into the background has started; one that keeps its output holds
// nobody up.
func TestLaunchIntoTheBackground(t *testing.T) {
	own, dir := ownOf(t, `( ( echo $$ >"$1/pid"; exec sleep 1000 ) & sh -c 'echo $PPID' >/dev/null ) & echo end >"$1/report"; exit 0`, nil)
	began := time.Now()
	if err := startOwn(t, own); err != nil {
		t.Fatal(err)
	}
	fileOf(t, dir+"/report")
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Whoever calls, the daemon has signals and a umask as it should, nothing is open that was,
// and the caller's limits hold.
func TestLaunchByAnybody(t *testing.T) {
	own, dir := ownOf(t, report, nil)
	cmd := exec.Command("sh", "-c", `umask 077; ulimit -Sn 512; exec env --ignore-signal=HUP --block-signal=USR2 "$@"`, "sh", must(os.Executable()), launchName, "own:a")
	cmd.Stdin = bytes.NewReader(launchPlan{OwnDaemon: *ownDaemon(own, "a")}.encode())
	cmd.ExtraFiles = []*os.File{must(os.Open("/dev/null")), must(os.Open("/dev/null"))}
	ignoreSignal32(t)
	out := must(os.Create(dir + "/out.txt")) // a pipe would be the daemon's for years
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text := string(must(os.ReadFile(out.Name())))
		if strings.Contains(text, "unrecognized option") {
			t.Skip("env(1) blocks no signals here")
		}
		t.Fatalf("%v: %s", err, text)
	}
	text := fileOf(t, dir+"/report")
	for _, want := range []string{`(?m)^SigIgn:\t0000000000000000$`, `(?m)^Umask:\t0022$`, `(?m)^fds 0 1 10 2$`, `(?m)^limit 512$`} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	noneBlocked(t, dir)
}

// ignoreSignal32 has our children ignore a signal that the C library has for itself, so that
// neither sh(1) nor env(1) can have it ignored.
func ignoreSignal32(t *testing.T) {
	const ignored, maskSize = 1, 8 // SIG_IGN; a sigaction has 20 bytes on 32-bit systems, 32 on others
	set := func(action *[5]uintptr) (before [5]uintptr) {
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, 32, uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(&before)), maskSize, 0, 0)
		if errno != 0 {
			t.Fatal(errno)
		}
		return before
	}
	before := set(&[5]uintptr{ignored})
	t.Cleanup(func() { set(&before) })
}

// noneBlocked waits until the daemon blocks no signals: a shell blocks all of them itself
// while it starts a program.
func noneBlocked(t *testing.T, dir string) {
	t.Helper()
	pid := strings.TrimSpace(string(must(os.ReadFile(dir + "/pid"))))
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(string(must(os.ReadFile("/proc/"+pid+"/status"))), "\nSigBlk:\t0000000000000000\n"); {
		if time.Now().After(deadline) {
			t.Fatal("signals are blocked")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Without the launcher's first part the program does not come up behind everybody's back.
func TestStageAlone(t *testing.T) {
	own, dir := ownOf(t, `echo end >"$1/report"`, nil)
	d := ownDaemon(own, "a")
	orders, err := (&launchPlan{OwnDaemon: *d}).orders()
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command([]string{"/proc/self/exe", launchName, launchStage, "own:a"})
	cmd.Stdin = theirs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	_ = orders
	ours.Close() // it has died before it could give orders
	if err := cmd.Wait(); exitStatus(err) != statusNotLaunched {
		t.Errorf("it has ended with %v", err)
	}
	if _, err := os.Stat(dir + "/report"); err == nil {
		t.Error("the program was executed")
	}
}

// ownDaemon is one of those that no manager knows.
func ownDaemon(m *Manager, name string) *OwnDaemon { return m.dialect.(*own).daemons[name] }
