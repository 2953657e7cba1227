//go:build amd64 || arm64

package tracer

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary is the wrapper, and what it is put before.
func TestMain(m *testing.M) {
	if IsStage(os.Args) {
		os.Exit(Main(os.Args, func(o Options) Log {
			f, err := os.OpenFile(o.Tag, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
			if err != nil {
				panic(err)
			}
			return func(warning bool, text string) { fmt.Fprintf(f, "%t %s\n", warning, text) }
		}))
	}
	if len(os.Args) > 1 {
		if act := acts[os.Args[1]]; act != nil {
			act(os.Args[2:])
			os.Exit(0)
		}
	}
	// Whoever runs the tests under nohup(1) ignores these, and so would all that they start; a
	// signal that is caught is the default again for what is executed.
	for _, s := range []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	os.Exit(m.Run())
}

// What the test binary does if it is not the test.
var acts map[string]func(args []string)

func init() {
	acts = map[string]func([]string){
		// wrap LOG FOLLOW PROGRAM [ARG...]
		"wrap": func(args []string) {
			fmt.Println(Start(Options{Tag: args[0], Follow: args[1] == "true"}, args[2:]))
			os.Exit(99)
		},
		"count":     count,
		"daemonize": daemonize,
		"stay":      stay,
		// with IGNORED BLOCKED PROGRAM [ARG...]: masks in hexadecimal
		"with": func(args []string) {
			runtime.LockOSThread()
			ignored, _ := strconv.ParseUint(args[0], 16, 64)
			blocked, _ := strconv.ParseUint(args[1], 16, 64)
			for number := 1; number <= mostSignal; number++ {
				if ignored&bit(number) != 0 {
					_, _ = setAction(number, &sigaction{handler: ignoreAction})
				}
			}
			_ = setMask(blocked)
			panic(syscall.Exec(args[2], args[2:], environment()))
		},
		// named NAME PID: a process of that name sends USR1
		"named": func(args []string) {
			runtime.LockOSThread()
			name := append([]byte(args[0]), 0)
			_ = os.WriteFile("/proc/self/comm", name[:len(name)-1], 0)
			pid, _ := strconv.Atoi(args[1])
			_ = unix.Kill(pid, unix.SIGUSR1)
			time.Sleep(time.Minute)
		},
	}
}

// count FILE STOP writes down each signal that it gets, by number, code and sender; STOP
// ends it by itself, with the count of each.
func count(args []string) {
	runtime.LockOSThread()
	fd, err := catch()
	if err != nil {
		panic(err)
	}
	stop, _ := strconv.Atoi(args[1])
	f, _ := os.Create(args[0])
	counts := make(map[int]int)
	fmt.Fprintln(f, "ready")
	buffer := make([]byte, sizeReceived)
	for {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		_, _ = unix.Poll(fds, -1)
		if n, err := unix.Read(fd, buffer); err != nil || n != sizeReceived {
			continue
		}
		r, _ := parseReceived(buffer, codeBase)
		if r.pid == os.Getpid() {
			continue
		}
		counts[r.number]++
		if counts[r.number] <= 3 {
			fmt.Fprintf(f, "%d %d %d\n", r.number, r.code, r.value)
		}
		if r.number == stop {
			for number, n := range counts {
				fmt.Fprintf(f, "sum %d %d\n", number, n)
			}
			os.Exit(0)
		}
	}
}

type traced struct {
	*exec.Cmd
	t   *testing.T
	log string
	dir string
}

// wrap is the command that wraps a program.
func wrap(t *testing.T, follow bool, program ...string) *traced {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &traced{t: t, dir: dir, log: filepath.Join(dir, "log")}
	w.Cmd = exec.Command(own, append([]string{"wrap", w.log, strconv.FormatBool(follow)}, program...)...)
	w.Stderr = os.Stderr
	t.Cleanup(func() {
		if w.Process != nil {
			_ = w.Process.Kill()
			_ = w.Wait()
		}
		if t.Failed() {
			text, _ := os.ReadFile(w.log)
			t.Logf("the log:\n%s", text)
		}
	})
	return w
}

func (w *traced) begin() *traced {
	w.t.Helper()
	if err := w.Start(); err != nil {
		w.t.Fatal(err)
	}
	return w
}

// counting wraps count, and waits until it counts.
func counting(t *testing.T, stop int) *traced {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := wrap(t, false)
	w.Args = append(w.Args, own, "count", filepath.Join(w.dir, "counted"), strconv.Itoa(stop))
	w.begin()
	w.counted("ready")
	return w
}

// counted waits until a line is in what count has written.
func (w *traced) counted(pattern string) []string {
	w.t.Helper()
	return waitFor(w.t, filepath.Join(w.dir, "counted"), pattern)
}

func (w *traced) logged(pattern string) []string {
	w.t.Helper()
	return waitFor(w.t, w.log, pattern)
}

func waitFor(t *testing.T, file, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	var text []byte
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		text, _ = os.ReadFile(file)
		if m := re.FindStringSubmatch(string(text)); m != nil {
			return m
		}
	}
	t.Fatalf("waited in vain for %q in:\n%s", pattern, text)
	return nil
}

func (w *traced) number() int {
	w.t.Helper()
	pid, _ := strconv.Atoi(w.logged(`runs as process (\d+)`)[1])
	return pid
}

func (w *traced) status() syscall.WaitStatus {
	w.t.Helper()
	done := make(chan error, 1)
	go func() { done <- w.Wait() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		w.t.Fatal("it does not end")
	}
	return w.ProcessState.Sys().(syscall.WaitStatus)
}

// It ends as the program ends, and says how that was.
func TestEnds(t *testing.T) {
	for script, tc := range map[string]struct {
		status, signal int
		log            string
	}{
		"exit 0":                                {0, 0, `^false 'sh' \(process \d+\) exited with status 0; it ran for`},
		"exit 3":                                {3, 0, `^true 'sh' \(process \d+\) exited with status 3; it ran for`},
		"exit 143":                              {143, 0, `^true .* exited with status 143;`},
		"kill -TERM $$":                         {0, 15, `^true .* was killed by SIGTERM, which did not come through this wrapper`},
		"kill -KILL $$":                         {0, 9, `^true .* was killed by SIGKILL, which did not come through`},
		"ulimit -c 0; kill -SEGV $$":            {0, 11, `^true .* was killed by SIGSEGV, which did not come through`},
		"kill -ABRT $$":                         {0, 6, `^true .* was killed by SIGABRT`},
		"kill -HUP $$":                          {0, 1, `^true .* was killed by SIGHUP`},
		"kill -40 $$":                           {0, 40, `^true .* was killed by signal 40`},
		"kill -TERM $PPID; while :; do :; done": {0, 15, `^true .* was killed by SIGTERM from process \d+ \(sh\) of \S+: .*sh -c kill -TERM \$PPID.*, [0-9.]+m?s after it came`},
		"trap 'exit 143' TERM; kill -TERM $PPID; while :; do sleep 0.1; done": {143, 0, `^true .* exited with status 143, \S+ after SIGTERM from process`},
	} {
		w := wrap(t, false, "sh", "-c", script)
		w.Dir = t.TempDir()
		got := w.begin().status()
		if tc.signal == 0 && got.ExitStatus() != tc.status || tc.signal != 0 && (!got.Signaled() || int(got.Signal()) != tc.signal || got.CoreDump()) {
			t.Errorf("%s: %+v (%v)", script, got, w.ProcessState)
		}
		w.logged(tc.log)
	}
}

// A program that is not there, or cannot be executed, has the status that a shell gives.
func TestCannotExecute(t *testing.T) {
	for program, want := range map[string]int{"/nowhere/x": 127, "nowhere-at-all": 127, "/etc/passwd": 126, "/": 126} {
		w := wrap(t, false, program)
		w.Stderr = nil
		out := new(strings.Builder)
		w.Stderr = out
		if got := w.begin().status().ExitStatus(); got != want || !strings.HasPrefix(out.String(), "daemon-keeper: error: cannot start '"+program+"': ") {
			t.Errorf("%s: %d, %q", program, got, out)
		}
		w.logged(`^true cannot start '` + program)
	}
}

// Every signal that can be caught is passed on, and its sender is told.
func TestEverySignal(t *testing.T) {
	w := counting(t, 64)
	for number := 1; number <= mostSignal; number++ {
		if !canCatch(number) || number == 32 {
			continue
		}
		if err := unix.Kill(w.Process.Pid, unix.Signal(number)); err != nil {
			t.Fatal(err)
		}
		if number < 64 {
			w.counted(fmt.Sprintf(`^%d %d 0$`, number, codeUser))
		}
		name := received{number: number}.name()
		w.logged(fmt.Sprintf(`^false '.*' got %s from process %d \(\S+\) of \S+: .*; passed on to process \d+$`, name, os.Getpid()))
	}
	w.counted(`^sum 64 1$`)
	if got := w.status(); got.ExitStatus() != 0 {
		t.Error(got)
	}
}

// kill, tgkill and sigqueue are told apart; a value goes with the signal.
func TestWays(t *testing.T) {
	w := counting(t, 15)
	tid := w.Process.Pid // the first thread
	if err := unix.Tgkill(w.Process.Pid, tid, unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	w.logged(fmt.Sprintf(`got SIGUSR1 by tgkill\(2\), for one thread from process %d`, os.Getpid()))
	w.counted(`^10 `)
	if err := send(w.Process.Pid, received{12, codeQueue, os.Getpid(), uint32(os.Getuid()), 4711}, 0); err != nil {
		t.Fatal(err)
	}
	w.logged(fmt.Sprintf(`got SIGUSR2 by sigqueue\(3\) from process %d .*, as it says itself; passed on`, os.Getpid()))
	w.counted(`^12 -1 4711$`)
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", w.Process.Pid))
	for _, thread := range threads { // also those of Go's
		tid, _ := strconv.Atoi(thread.Name())
		if err := unix.Tgkill(w.Process.Pid, tid, unix.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	w.counted(`^1 `)
	// One that does not exist: its own word is all that there is.
	if err := send(w.Process.Pid, received{15, codeQueue, 0, 0, 0}, 0); err != nil {
		t.Fatal(err)
	}
	w.logged(`got SIGTERM by sigqueue\(3\) from a process that does not say which it is`)
	if got := w.status(); got.ExitStatus() != 0 {
		t.Error(got)
	}
}

// What the wrapper cannot see it does not claim.
func TestNotThroughTheWrapper(t *testing.T) {
	w := wrap(t, false, "sleep", "600").begin()
	if err := unix.Kill(w.number(), unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := w.status(); !got.Signaled() || got.Signal() != unix.SIGTERM {
		t.Error(got)
	}
	w.logged(`was killed by SIGTERM, which did not come through this wrapper`)
	if text, _ := os.ReadFile(w.log); strings.Contains(string(text), " got ") {
		t.Errorf("%s", text)
	}
}

// A wrapper that is killed takes the program with it.
func TestKilled(t *testing.T) {
	w := wrap(t, false, "sleep", "600").begin()
	program, err := unix.PidfdOpen(w.number(), 0)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(program)
	if err := w.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	w.status()
	fds := []unix.PollFd{{Fd: int32(program), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, 60_000)
		if err == unix.EINTR {
			continue
		}
		if n != 1 {
			t.Fatal("it lives on")
		}
		return
	}
}

// What the program is started with is what it would have without the wrapper.
func TestInherits(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const look = `grep -E '^(Sig(Blk|Ign)|Umask|Groups|NoNewPrivs|Seccomp:)' /proc/self/status; cat /proc/self/limits
		ls -l /proc/self/fd/7 /proc/self/fd/9 | sed 's/.* -> //'; ls /proc/self/fd | wc -l; nice; pwd; ps -o pgid=,sid=,tty= -p $$; env -0 | tr '\0' '\n' | grep -v '^_='`
	for _, masks := range [][2]string{{"0", "0"}, {"1", "0"}, {"1000", "0"}, {"4000008a01ab5a07", "8000000404014003"}, {"5006", "ffffffff00000000"}, {"7ffffffc7ffbfeff", "0"}} {
		run := func(wrapped bool) string {
			args := []string{"with", masks[0], masks[1]}
			log := filepath.Join(t.TempDir(), "log")
			if wrapped {
				args = append(args, own, "wrap", log, "false")
			}
			args = append(args, "/bin/sh", "-c", look)
			const outer = `ulimit -n 300; ulimit -c 100; umask 027; exec 7</etc/passwd 9>/dev/null; exec nice -n 3 "$@"`
			cmd := exec.Command("sh", append([]string{"-c", outer, "sh", own}, args...)...)
			cmd.Env = []string{"A=1", "A=2", "PATH=" + os.Getenv("PATH"), "odd", "B=line\nline", "\xff=\xfe"}
			cmd.Dir = "/usr"
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return string(out)
		}
		if without, with := run(false), run(true); with != without {
			t.Errorf("%q: with it\n%s, without it\n%s", masks, with, without)
		}
	}
}

// A name that its owner has chosen changes no line.
func TestHostileNames(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := counting(t, 15)
	for name, want := range map[string]string{"x\n)\x1b[31m": `x\\x0a\)\\x1b\[31m`, ") S 1 1": `\) S 1 1`, "\xff\xfe": `\\xff\\xfe`} {
		cmd := exec.Command(own, "named", name, strconv.Itoa(w.Process.Pid))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.logged(fmt.Sprintf(`got SIGUSR1 from process %d \(%s\) of `, cmd.Process.Pid, want))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	text, _ := os.ReadFile(w.log)
	for s := bufio.NewScanner(strings.NewReader(string(text))); s.Scan(); {
		if !strings.HasPrefix(s.Text(), "false '") {
			t.Errorf("%q", s.Text())
		}
	}
}

// A storm fills no log, loses no real-time signal, and hides no other one.
func TestStorm(t *testing.T) {
	w := counting(t, 64)
	const times = 10_000
	began := time.Now()
	for i := range times {
		for _, number := range []int{40, 10} {
			for {
				err := unix.Kill(w.Process.Pid, unix.Signal(number))
				if err == nil {
					break
				}
				if err != unix.EAGAIN {
					t.Fatal(i, err)
				}
			}
		}
	}
	w.logged(`got signal 40 `)
	if err := unix.Kill(w.Process.Pid, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.logged(fmt.Sprintf(`got SIGTERM from process %d`, os.Getpid()))
	if err := unix.Kill(w.Process.Pid, unix.Signal(64)); err != nil { // the highest is read last, signal(7)
		t.Fatal(err)
	}
	w.counted(`^sum 15 1$`)
	w.counted(fmt.Sprintf(`^sum 40 %d$`, times))
	w.status()
	text, _ := os.ReadFile(w.log)
	later := 4 * int(time.Since(began)/refill) // signals are told one by one again, if only a few
	if n := strings.Count(string(text), "\n"); n > 3*mostAtOnce+20+later {
		t.Errorf("%d lines", n)
	}
	w.logged(`got more signals than are told one by one: .*\d+ signal 40`)
}

// At rest it needs little memory: a fifth of the limit for a small program.
func TestMemory(t *testing.T) {
	w := wrap(t, false, "sleep", "600").begin()
	w.number()
	const most = 8 << 10
	status := fmt.Sprintf("/proc/%d/status", w.Process.Pid)
	var size int
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		m := waitFor(t, status, `^VmRSS:\s+(\d+) kB`)
		if size, _ = strconv.Atoi(m[1]); size <= most {
			t.Logf("%d kB", size)
			return
		}
	}
	t.Errorf("%d kB, of %d", size, most)
}
