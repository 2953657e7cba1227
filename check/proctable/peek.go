package proctable

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
)

// peekStat asks a peek for what stat(2) tells.
const peekStat = "stat"

// peekFlag is the first argument of a peek, which no person gives.
const peekFlag = "--peek"

// peekStatus is what stat(2) tells.
type peekStatus struct {
	File      FileID
	IsRegular bool
	Error     string // "" also if there is no such file
}

// IsPeek reports whether this process is one that only touches a file for another.
func IsPeek(argv []string) bool { return len(argv) == 4 && argv[1] == peekFlag }

func PeekStat(path string) peekStatus {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		return peekStatus{File: FileIDOf(info), IsRegular: info.Mode().IsRegular()}
	case isAbsence(err):
		return peekStatus{}
	}
	return peekStatus{Error: osutil.Cause(err).Error()}
}

// peeks are the small processes of this program that touch files which others serve.
// One that is kept waiting is left behind: it ends by itself once they answer. No
// second one is sent after the same file, by this run or a later one.
type peeks struct {
	program string                         // ours
	waiting func() (map[string]int, error) // those of runs before, by what they do; by their numbers

	mu     sync.Mutex
	begun  map[string]*peek
	before map[string]int
	looked bool // for those before
}

// mostPeeks bounds those under way at once.
const mostPeeks = 64

// peek is one of them.
type peek struct {
	pid  int
	done chan struct{} // closed once it has ended
	late atomic.Bool   // it has not answered in time
	text []byte
	err  error
}

// forget forgets those that have answered: a new look asks again.
func (p *peeks) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, one := range p.begun {
		select {
		case <-one.done:
			delete(p.begun, key)
		default:
		}
	}
}

// begin has a file be touched, unless that is under way.
func (p *peeks) begin(how, path string) (*peek, error) {
	key := how + " " + path
	p.mu.Lock()
	defer p.mu.Unlock()
	if one, ok := p.begun[key]; ok {
		return one, nil
	}
	if !p.looked {
		p.looked = true
		var err error
		if p.before, err = p.waiting(); err != nil {
			return nil, err
		}
	}
	if pid, ok := p.before[key]; ok {
		return nil, fmt.Errorf("%w (process %d of daemon-keeper has waited for it since an earlier run)", ErrSilent, pid)
	}
	if len(p.begun) >= mostPeeks {
		return nil, fmt.Errorf("%d others do not answer", mostPeeks)
	}
	one := &peek{done: make(chan struct{})}
	if err := one.start(p.program, how, path); err != nil {
		return nil, err
	}
	p.begun[key] = one
	return one, nil
}

// start passes on nothing of ours but the end of a pipe. The peek has a session of its own,
// so that a signal to our process group does not reach it.
func (one *peek) start(program, how, path string) error {
	cmd := exec.Command(program, peekFlag, how, path)
	cmd.Args[0], cmd.Env, cmd.Dir = os.Args[0], []string{"GOMAXPROCS=1"}, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	const most = 64 << 10
	out := &bounded{left: most}
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start a process to look at it: %w", err)
	}
	one.pid = cmd.Process.Pid
	go func() {
		one.err = cmd.Wait()
		one.text = out.text
		close(one.done)
	}()
	return nil
}

// bounded keeps only the first bytes that are written to it.
type bounded struct {
	text []byte
	left int
}

func (b *bounded) Write(text []byte) (int, error) {
	n := min(len(text), b.left)
	b.text, b.left = append(b.text, text[:n]...), b.left-n
	return len(text), nil
}

// ask waits for what a peek tells.
func (p *peeks) ask(how, path string, until time.Time, answer any) error {
	one, err := p.begin(how, path)
	if err != nil {
		return err
	}
	if one.late.Load() {
		until = time.Time{}
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-one.done:
	case <-timer.C:
	}
	select {
	case <-one.done: // at the same time
	default:
		one.late.Store(true)
		return fmt.Errorf("%w in time (process %d of daemon-keeper waits for it)", ErrSilent, one.pid)
	}
	if one.err != nil {
		return fmt.Errorf("cannot look at it: %w", one.err)
	}
	return json.Unmarshal(one.text, answer)
}
