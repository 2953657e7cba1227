package check

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/executable"

	"golang.org/x/sys/unix"
)

// The tests on real processes run a toy, a static program whose arguments say
// what happens to it: see testdata/proc/toy.

const (
	stranger   = 12345 // the user id of an unprivileged user
	notAllowed = 77    // the toy's exit status for what this machine forbids
	patience   = time.Minute
	tick       = 10 * time.Millisecond     // the kernel counts by it
	lookEnv    = "DAEMON_KEEPER_TEST_LOOK" // makes the test binary look at that path
)

// places counts them, for their names.
var places atomic.Int64

func TestMain(m *testing.M) {
	if proctable.IsPeek(os.Args) {
		syscall.Exit(Peek(os.Args)) // os.Exit would wait for a second under the race detector
	}
	if path, ok := os.LookupEnv(lookEnv); ok {
		tell(path)
		return
	}
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == flag.Lookup("test.parallel").DefValue {
		_ = flag.Set("test.parallel", "12") // most tests wait for processes
	}
	code := m.Run()
	os.RemoveAll(toyDir)
	os.Exit(code)
}

// tell looks at one path, or for a name that is enough, as whoever we are, and
// says what it sees.
func tell(path string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	spec := Spec{Executable: path}
	if !filepath.IsAbs(path) {
		spec = Spec{Called: path, NameIsEnough: true}
	}
	s, err := lookNow(ctx, []Spec{spec}, Options{})
	if err != nil {
		fmt.Println(Unknown, err)
		return
	}
	v := Judge(s, spec)
	fmt.Println(v.State, v.Err)
	for _, f := range v.Faults {
		fmt.Println(f.Text)
	}
}

var toyDir string

// toy builds the toy once, where everyone may run it.
var toy = sync.OnceValues(func() (string, error) {
	var err error
	if toyDir, err = os.MkdirTemp("", "check-toy-"); err != nil {
		return "", err
	}
	path := filepath.Join(toyDir, "toy")
	return path, errors.Join(executable.Build(path, "daemon-keeper/testdata/proc/toy"), os.Chmod(toyDir, 0o755))
})

// place is a folder that everyone may enter, with a program in it that is the
// daemon, and a home for a user who means no good.
//
// Its names are those of this place alone: a process of another test that has such a name,
// and cannot be told from the daemon, would cloud the verdict.
type place struct {
	dir    string
	toy    string // a program of another name, to start from
	name   string // the daemon's
	script string // the name of a script
	path   string // the daemon
	home   string
}

// The test runs beside others.
func newPlace(t *testing.T) place {
	t.Helper()
	t.Parallel()
	return newPlaceAlone(t)
}

// newPlaceAlone is for a test that looks at more than its own processes, counts what this
// process has open or allocates, or needs a CPU.
func newPlaceAlone(t *testing.T) place {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: to look at every process, and to make the cases")
	}
	toyPath, err := toy()
	must(t, err)
	dir, err := os.MkdirTemp("", "check-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	dir, err = filepath.EvalSymlinks(dir)
	must(t, err)
	own := strconv.FormatInt(int64(os.Getpid()), 36) + "-" + strconv.FormatInt(places.Add(1), 36)
	p := place{dir: dir, toy: toyPath, name: "toy-" + own, script: "s" + own + ".pl", home: filepath.Join(dir, "home")}
	p.path = filepath.Join(dir, "bin", p.name)
	for _, d := range []string{dir, p.home, filepath.Dir(p.path)} {
		must(t, os.MkdirAll(d, 0o755))
		must(t, os.Chmod(d, 0o755))
	}
	must(t, os.Chown(p.home, stranger, stranger))
	p.install(t, p.path)
	return p
}

// install copies the toy.
func (p place) install(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(p.toy)
	must(t, err)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, executable.WriteFile(path, data, 0o755))
	return path
}

// upgrade puts a new file in the daemon's place, as a package manager does.
func (p place) upgrade(t *testing.T) {
	t.Helper()
	must(t, os.Rename(p.install(t, p.path+".new"), p.path))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start runs a command until the test ends, and returns once it says "up".
func start(t *testing.T, cmd *exec.Cmd) (pid, told int) {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	must(t, err)
	out, w, err := os.Pipe()
	must(t, err)
	defer out.Close()
	var trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = w, &trouble, time.Second
	err = cmd.Start()
	w.Close()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) || errors.Is(err, exec.ErrNotFound) {
		stdin.Close()
		t.Skip("this machine does not allow the case: ", err)
	}
	must(t, err)
	end := sync.OnceFunc(func() { stop(cmd, stdin) })
	t.Cleanup(end)
	out.SetReadDeadline(time.Now().Add(patience))
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, scanErr := fmt.Sscanf(line, "up %d", &told); scanErr == nil {
		return cmd.Process.Pid, told
	}
	end()
	if cmd.ProcessState.ExitCode() == notAllowed || strings.Contains(trouble.String(), "Operation not permitted") {
		t.Skip("this machine does not allow the case: ", trouble.String())
	}
	t.Fatalf("%v did not come up: %q, %v, %s", cmd, line, err, trouble.String())
	return 0, 0
}

// stop lets a process end with its standard input, so that it can tidy up, and
// makes it end if it does not.
func stop(cmd *exec.Cmd, stdin io.Closer) {
	stdin.Close()
	done := make(chan struct{})
	go func() {
		cmd.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(200 * time.Millisecond):
		cmd.Process.Kill()
		<-done
	}
}

// run is start for the usual case.
func run(t *testing.T, attr *syscall.SysProcAttr, name string, args ...string) int {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = attr
	pid, _ := start(t, cmd)
	return pid
}

func as(uid uint32) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
}

func in(namespaces uintptr) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Cloneflags: namespaces}
	if namespaces&unix.CLONE_NEWUSER != 0 {
		ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 65536}}
		attr.UidMappings, attr.GidMappings = ids, ids
	}
	return attr
}

// eventually polls until something is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// verdict looks at the real table twice, in full and leanly: both must agree.
func verdict(t *testing.T, spec Spec) Verdict {
	t.Helper()
	lean, full := realVerdict(t, spec, Options{}), realVerdict(t, spec, Options{Full: true})
	if lean.State != full.State {
		t.Errorf("a lean look says %v (%v), a full one %v (%v)", lean.State, lean.Err, full.State, full.Err)
	}
	return full
}

// realVerdict is the verdict of a look at the real table. One that the machine has delayed for
// so long that it gave up is taken again.
func realVerdict(t *testing.T, spec Spec, opts Options) (v Verdict) {
	t.Helper()
	eventually(t, "a look that nothing delays", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		s, err := lookNow(ctx, []Spec{spec}, opts)
		must(t, err)
		v = Judge(s, spec)
		return v.State != Unknown || v.Err == nil || !errors.Is(v.Err, proctable.ErrSilent) && !strings.Contains(v.Err.Error(), "does not come in time")
	})
	return v
}

// wantReal holds the verdict on one real process against what is true of it.
func wantReal(t *testing.T, v Verdict, pid int, state State, reason Reason) {
	t.Helper()
	if v.State != state {
		t.Errorf("it is %v (%v), want %v", v.State, v.Err, state)
	}
	got := unrelated
	for _, x := range v.Excluded {
		if x.PID == pid {
			got = x.Reason
		}
	}
	for _, m := range v.Matches {
		if m.PID == pid {
			got = counts
		} else {
			t.Errorf("process %d counts: %+v", m.PID, m)
		}
	}
	if got != reason {
		t.Errorf("process %d: reason %d (%v), want %d (%v); %+v", pid, got, got, reason, reason, v)
	}
}
