//go:build amd64 || arm64

package tracer

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"

	"golang.org/x/sys/unix"
)

// Main is the work of the later steps; it returns the exit status.
func Main(args []string, open func(Options) Log) int {
	p, program, ok := parsePlan(args)
	if !ok {
		return failed
	}
	if args[0] == stageExec {
		return execute(p, program)
	}
	runtime.LockOSThread() // the child is killed if this thread ends, PR_SET_PDEATHSIG(2const)
	w := wrapper{self: os.Getpid(), program: program, options: p.Options, last: make(map[int]heard)}
	signals, err := catch()
	if err != nil {
		return w.refuse(err)
	}
	unknown := p.inherited()
	w.log = newBackgroundLog(open(p.Options))
	if unknown != nil {
		w.log.say(false, unknown.Error()+"; the program has those of job control, SIGHUP and SIGINT as without this wrapper, and the others by default")
	}
	return w.run(p, signals)
}

// failed is the exit status if this wrapper could not start the program.
const failed = 3

// quiet is how long it waits without any signal before it gives memory back.
const quiet = 2 * time.Second

type wrapper struct {
	self    int
	program []string
	options Options
	log     *backgroundLog

	signals  int // the descriptor
	children int // that becomes readable if a child has changed
	next     chan struct{}

	main    int // the process that counts; 0 once it has ended
	first   int // the one that was started
	began   time.Time
	start   time.Duration
	leader  bool
	resumed bool

	idle    time.Duration          // since boot, when there was last no signal to be read
	buckets [mostSignal + 1]bucket // each signal has its own: a storm of one must not hide another
	dirty   bool                   // memory was used since it was last given back
	silent  map[int]int            // signals that were not told, by number
	last    map[int]heard
}

func (w *wrapper) refuse(err error) int {
	fmt.Fprintf(os.Stderr, "daemon-keeper: error: %s\n", words.Printable(err.Error()))
	return failed
}

func (w *wrapper) name() string { return "'" + words.ASCII(words.Cut(w.program[0], 100)) + "'" }

// run starts the program, and goes on until it has ended.
func (w *wrapper) run(p plan, signals int) int {
	w.signals, w.next, w.silent = signals, make(chan struct{}, 1), make(map[int]int)
	w.options.Follow = w.options.Follow || w.self == 1
	if w.options.Follow && w.self != 1 {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return w.refuse(fmt.Errorf("cannot follow a program into the background: %w", err))
		}
	}
	session, _ := unix.Getsid(0)
	w.leader = session == w.self
	status, err := w.begin(p)
	if err != nil {
		return w.refuse(err)
	}
	w.children, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return w.refuse(err)
	}
	go w.watchChildren()
	last := w.loop(status)
	return w.endAs(last)
}

// begin starts the last step as a child, which becomes the program. Signals for it are kept until
// it is the program.
func (w *wrapper) begin(p plan) (status int, err error) {
	own, err := ownProgram()
	if err != nil {
		return -1, err
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return -1, fmt.Errorf("cannot start the program: %w", err)
	}
	defer unix.Close(pipe[1])
	// The program inherits all descriptors with their numbers; so the number of this one is passed.
	if _, err := unix.FcntlInt(uintptr(pipe[1]), unix.F_SETFD, 0); err != nil {
		return -1, err
	}
	p.Status, p.Parent = pipe[1], w.self
	w.began = time.Now()
	pid, err := syscall.ForkExec(own, p.args(stageExec, w.program), &syscall.ProcAttr{
		Env: environment(), Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		return -1, fmt.Errorf("cannot start the program: %w", err)
	}
	w.main, w.first = pid, pid
	if task, err := proctable.ReadStat(pid); err == nil { // else no process can be seen later, either
		w.start = task.Start
	}
	return pipe[0], nil
}

// watchChildren tells the loop that a child has ended or stopped. Only the loop waits for the
// child: until then no other process gets its id.
func (w *wrapper) watchChildren() {
	one := [8]byte{1} // both processors are little-endian
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT, nil)
		if err == unix.EINTR {
			continue
		}
		_, _ = unix.Write(w.children, one[:])
		if err != nil { // no child is left
			return
		}
		<-w.next
	}
}

// loop returns how the program has ended.
func (w *wrapper) loop(status int) end {
	fds := []unix.PollFd{{Fd: int32(w.signals), Events: unix.POLLIN}, {Fd: int32(w.children), Events: unix.POLLIN}, {Fd: int32(status), Events: unix.POLLIN}}
	starting := true
	for {
		w.idle, _ = osutil.Uptime()
		if starting {
			fds[0].Fd = -1 // whatever comes waits until there is a program
		} else {
			fds[0].Fd, fds[2].Fd = int32(w.signals), -1
		}
		patience := -1
		if w.dirty {
			patience = int(quiet / time.Millisecond)
		}
		n, err := unix.Poll(fds, patience)
		switch {
		case err != nil && err != unix.EINTR:
			w.log.say(true, fmt.Sprintf("cannot wait for signals: %v", err))
			return end{status: failed}
		case err == nil && n == 0:
			slim()
			w.dirty = false
			continue
		}
		if starting && fds[2].Revents != 0 {
			starting = false
			if text := readAll(status); text != "" {
				return w.notStarted(text)
			}
			w.dirty = true
			w.log.say(false, fmt.Sprintf("%s runs as process %d; its signals are traced by process %d", w.name(), w.main, w.self))
		}
		if !starting {
			w.readSignals()
		}
		if fds[1].Revents != 0 {
			if last, over := w.reap(); over {
				return last
			}
		}
	}
}

// notStarted waits for the last step, which has said why.
func (w *wrapper) notStarted(text string) end {
	fmt.Fprintf(os.Stderr, "daemon-keeper: error: cannot start %s: %s\n", w.name(), words.Printable(text))
	w.log.say(true, fmt.Sprintf("cannot start %s: %s", w.name(), text))
	w.program = nil // nothing else is said of it
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(w.main, &ws, 0, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid != w.main {
			return end{status: failed}
		}
		return endOf(ws)
	}
}

func endOf(ws unix.WaitStatus) end {
	if ws.Signaled() {
		return end{signal: int(ws.Signal()), core: ws.CoreDump()}
	}
	return end{status: ws.ExitStatus()}
}

// reap waits for all children that have ended or stopped.
func (w *wrapper) reap() (last end, over bool) {
	var count [8]byte
	_, _ = unix.Read(w.children, count[:])
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG|unix.WUNTRACED, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			break
		}
		switch {
		case pid != w.main: // an orphan that was left to us
		case ws.Stopped():
			w.stopWith(int(ws.StopSignal()))
		default:
			w.readSignals() // the signal that has ended it may have come here, too
			last, over = endOf(ws), true
			if w.follow(last) {
				over = false
			}
		}
	}
	select {
	case w.next <- struct{}{}:
	default: // watchChildren has not been told of the last one yet
	}
	return last, over
}

// endAs reports how the program has ended, and ends in the same way.
func (w *wrapper) endAs(last end) int {
	if w.program != nil {
		now := time.Now()
		w.flushSilent()
		text, bad := last.account(w.last, now)
		w.log.say(bad, fmt.Sprintf("%s (process %d) %s; it ran for %s", w.name(), w.first, text, since(w.began, now)))
	}
	if w.log.lost > 0 {
		w.log.say(true, words.Plural(w.log.lost, "line")+" of this wrapper could not be written")
	}
	w.log.close(3 * time.Second)
	if last.signal == 0 {
		return last.status
	}
	dieOf(last.signal)
	return 128 + last.signal // the first process of a PID namespace cannot be killed so
}

// dieOf ends us by a signal, without a core: only the program's core is of interest.
func dieOf(number int) {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) // for a core that is piped, core(5)
	if canCatch(number) {
		_, _ = setAction(number, &sigaction{handler: defaultAction})
	}
	_ = setMask(everySignal &^ bit(number))
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.Signal(number))
}

func readAll(fd int) string {
	f := os.NewFile(uintptr(fd), "status")
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, 1<<10))
	return string(text)
}
