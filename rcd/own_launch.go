package rcd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
)

// The launcher starts a daemon that no manager knows. It is our own program in two parts:
//
//	the launcher   reads the plan, and sees whether the program has come to be executed
//	the stage      has the daemon's process: it becomes its user, and then its program
//
// Between them is systemd-run(1), where there is one: it has the stage's process put into
// a scope and becomes the stage. A socket, which is the stage's standard input, gives it
// its orders, and is closed by the exec that it ends with.

const (
	launchName  = "__launch"
	launchStage = "--stage"
)

// Exit statuses of the launcher. The last line that it prints says why.
const (
	statusNotLaunched = 111 // the program could not be executed
	statusEnded       = 112 // it has ended at once
	statusNoScope     = 113 // systemd has not made a scope
)

func isLaunchStatus(status int) bool { return status >= statusNotLaunched && status <= statusNoScope }

const (
	launchTime = 30 * time.Second       // until the program is executed; systemd may take its time
	earlyTime  = 500 * time.Millisecond // what ends within it has not come up
	maxPlan    = 4 << 20                // bytes; the configuration is smaller
)

// launchPlan is what the launcher reads.
type launchPlan struct {
	OwnDaemon
	Scopes string // the path of systemd-run(1); "": no scope
}

func (p launchPlan) encode() []byte {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts and lists of them
	}
	return text
}

// IsLauncher reports whether our program was started to start a daemon. The main program
// must ask before it does anything else, and then call Launch.
func IsLauncher(args []string) bool { return len(args) >= 3 && args[1] == launchName }

func isLauncherFor(args []string, service string) bool {
	return IsLauncher(args) && args[len(args)-1] == service
}

// Launch is the whole work of the launcher.
func Launch(args []string) int {
	if args[2] == launchStage {
		return stage()
	}
	text, err := io.ReadAll(io.LimitReader(os.Stdin, maxPlan))
	var plan launchPlan
	if err == nil {
		err = json.Unmarshal(text, &plan)
	}
	if err != nil || len(plan.Start) == 0 {
		return failLaunch(statusNotLaunched, errors.New("the launcher was not told what to start"))
	}
	status, err := plan.launch()
	if err != nil {
		return failLaunch(status, err)
	}
	return 0
}

func failLaunch(status int, err error) int {
	fmt.Fprintf(os.Stdout, "\n%s\n", strings.ReplaceAll(err.Error(), "\n", " "))
	return status
}

// stageOrders are what the stage needs to know.
type stageOrders struct {
	Argv        []string
	Environment []string
	Directory   string
	Become      bool // with the following; else it is all of that already
	UID, GID    int
	Groups      []int
}

// orders looks up all that the stage needs, so that the stage has nothing to look up itself.
func (p *launchPlan) orders() (stageOrders, error) {
	a, err := p.account()
	if err != nil {
		return stageOrders{}, err
	}
	return stageOrders{
		Argv: p.Start, Environment: ownEnvironment(a, p.Environment), Directory: cmp.Or(p.Directory, "/"),
		Become: os.Geteuid() == 0, UID: int(a.uid), GID: int(a.gid), Groups: a.groups,
	}, nil
}

// ownEnvironment is all that a daemon gets: what login(1) would set, and its own.
func ownEnvironment(a account, more []string) []string {
	all := []string{
		"PATH=" + strings.Join(searchPath, ":"), "HOME=" + a.home, "LOGNAME=" + a.name, "USER=" + a.name, "SHELL=" + a.shell,
	}
	for _, variable := range more {
		name, _, _ := strings.Cut(variable, "=")
		all = slices.DeleteFunc(all, func(usual string) bool { return strings.HasPrefix(usual, name+"=") })
	}
	return append(all, more...)
}

// launch starts the stage, and waits until it is the daemon's program.
func (p *launchPlan) launch() (status int, err error) {
	orders, err := p.orders()
	if err != nil {
		return statusNotLaunched, err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return statusNotLaunched, err
	}
	defer ours.Close()
	program, err := stageProgram()
	if err != nil {
		return statusNotLaunched, err
	}
	argv := []string{program, launchName, launchStage, p.Service()}
	if p.Scopes != "" {
		argv = append(p.scope(os.Getpid()), argv...)
	}
	osutil.CloseOthersOnExec()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = "/", environment()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	endWithUs(cmd.SysProcAttr)
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return statusNotLaunched, err
	}
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	switch answer, err := converse(ours, orders); {
	case err != nil:
		_ = cmd.Process.Kill()
		return statusNotLaunched, fmt.Errorf("cannot start the launcher's second part: %w", err)
	case answer == "":
		err := <-ended
		if p.Scopes != "" {
			return statusNoScope, fmt.Errorf("%s: %w", p.Scopes, err)
		}
		return statusNotLaunched, fmt.Errorf("the launcher's second part has ended before it was done: %w", err)
	case answer != stageReady:
		return statusNotLaunched, errors.New(answer)
	}
	select {
	case err := <-ended: // without an error it has gone into the background
		if err != nil {
			return statusEnded, fmt.Errorf("it ended after %v: %w", time.Since(began).Round(time.Millisecond), err)
		}
	case <-time.After(earlyTime):
	}
	return 0, nil
}

// stageReady is what the stage says just before it executes the program.
const stageReady = "ready"

// converse gives the stage its orders and takes its answer: stageReady, or why it has
// failed; "" if it has said nothing.
func converse(c *os.File, o stageOrders) (string, error) {
	_ = c.SetDeadline(time.Now().Add(launchTime))
	text, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	_, _ = c.Write(append(text, '\n')) // what cannot be written is not answered
	const most = 8 << 10
	answer, err := io.ReadAll(io.LimitReader(c, most))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "", fmt.Errorf("it took longer than %v", launchTime)
	}
	text = bytes.TrimSuffix(answer, []byte("\n"))
	if ready, failed, ok := bytes.Cut(text, []byte("\n")); ok && string(ready) == stageReady {
		return string(failed), nil // the exec itself has failed
	}
	return string(text), nil
}

// socketPair is a connection whose ends are closed by an exec.
func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, err
	}
	_ = syscall.SetNonblock(fds[0], true) // for its deadline
	return os.NewFile(uintptr(fds[0]), "launcher"), os.NewFile(uintptr(fds[1]), "stage"), nil
}

// scope is the command that puts what follows it into a scope of its own. All scopes of a daemon
// are in one slice, by which its processes are known. Each has another name: processes may be
// left in the one before.
func (p *launchPlan) scope(pid int) []string {
	unit := "own-" + escapeUnit(p.Name) + "-" + strconv.Itoa(pid) + "-" + strconv.FormatInt(time.Now().Unix(), 36) + ".scope"
	return []string{
		p.Scopes, "--scope", "--quiet", "--collect", "--unit=" + unit, "--slice=" + p.slice(),
		"--description=" + p.Name + ", kept by daemon-keeper", "--",
	}
}

// slice is where its scopes are, below system.slice, systemd.slice(5).
func (d *OwnDaemon) slice() string { return "system-" + escapeUnit("own-"+d.Name) + ".slice" }

// escapeUnit escapes what systemd-escape(1) does, and a little more. Dashes must be: in a slice's
// name they are levels.
func escapeUnit(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if isUnitByte(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}

func isUnitByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}
