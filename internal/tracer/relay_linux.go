//go:build amd64 || arm64

package tracer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unsafe"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"

	"golang.org/x/sys/unix"
)

// readSignals reads all signals that have come, reports them and passes them on.
func (w *wrapper) readSignals() {
	var buffer [32 * sizeReceived]byte
	for {
		n, err := unix.Read(w.signals, buffer[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n < sizeReceived {
			return
		}
		var batch []received
		late := false
		for at := 0; at+sizeReceived <= n; at += sizeReceived {
			r, _ := parseReceived(buffer[at:at+sizeReceived], codeBase)
			late = late || r.number == sigCont // we may have been stopped while the others were waiting
			batch = append(batch, r)
		}
		for _, r := range batch {
			w.handle(r, late)
		}
	}
}

// handle first reads about the sender, which may end at any moment; then it passes the signal on,
// and reports it last.
func (w *wrapper) handle(r received, late bool) {
	w.dirty = true
	v := r.judge(w.situation(r))
	if r.number == sigCont {
		w.resumed = false
	}
	if !v.tell {
		if v.pass {
			w.pass(r)
		}
		return
	}
	now := time.Now()
	told := w.buckets[r.number].allow(now)
	var s *sender
	if told && r.fromProcess() && r.pid > 0 {
		before, _ := osutil.Uptime()
		if late {
			before = w.idle
		}
		s = readSender(r.pid, r.uid, before)
	}
	outcome := "not passed on: " + v.note
	if v.pass {
		outcome = w.pass(r)
	}
	if s != nil {
		s.readAncestors()
	}
	who := r.way() + r.text(s, userName)
	w.last[r.number] = heard{r.number, who, now, v.pass}
	if !told {
		w.silent[r.number]++
		return
	}
	w.flushSilent()
	w.log.say(false, fmt.Sprintf("%s got %s%s; %s", w.name(), r.name(), who, outcome))
}

// flushSilent reports the signals that were not reported one by one.
func (w *wrapper) flushSilent() {
	if len(w.silent) == 0 {
		return
	}
	var list []string
	for _, number := range slices.Sorted(maps.Keys(w.silent)) {
		list = append(list, fmt.Sprintf("%d %s", w.silent[number], osutil.SignalName(number)))
	}
	clear(w.silent)
	w.log.say(true, fmt.Sprintf("%s got more signals than are told one by one: %s", w.name(), strings.Join(list, ", ")))
}

func userName(uid uint32) string {
	if name, ok := osutil.ReadAccounts(osutil.UsersFile).Name(uid); ok {
		return words.ASCII(words.Cut(name, 40))
	}
	return fmt.Sprintf("user %d", uid)
}

func (w *wrapper) situation(r received) situation {
	s := situation{self: w.self, leader: w.leader, resumed: w.resumed}
	if w.main == 0 {
		return s
	}
	if r.code == codeKernel && terminals(r.number) {
		theirs, err := unix.Getpgid(w.main)
		s.grouped = err == nil && theirs == unix.Getpgrp()
	}
	if r.number == sigCont {
		task, err := proctable.ReadStat(w.main)
		s.stopped = err == nil && (task.State == 'T' || task.State == 't')
	}
	return s
}

// pass sends the signal to the program, and returns what came of it. The program is our child, and
// its id is not given to another process before we have waited for it.
func (w *wrapper) pass(r received) string {
	if w.main == 0 {
		return "too late, it has ended"
	}
	err := send(w.main, r, w.self)
	switch {
	case err == unix.ESRCH:
		return "too late, it has ended"
	case err != nil:
		return fmt.Sprintf("cannot pass it on to process %d: %v", w.main, err)
	}
	return fmt.Sprintf("passed on to process %d", w.main)
}

// send is kill(2), or sigqueue(3) with the same value if that has sent the signal.
func send(pid int, r received, self int) error {
	if r.code != codeQueue {
		return unix.Kill(pid, unix.Signal(r.number))
	}
	info := struct {
		number, errno, code, _ int32
		pid                    int32
		uid                    uint32
		value                  uint64
		_                      [96]byte
	}{number: int32(r.number), code: codeQueue, pid: int32(r.pid), uid: r.uid, value: r.value}
	_, _, errno := unix.RawSyscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(pid), uintptr(r.number), uintptr(unsafe.Pointer(&info)))
	if errno != 0 {
		return errno
	}
	return nil
}

// stopWith stops us as the program was stopped, if our parent is a shell with job control: then it
// is in another process group of our session. Otherwise we go on, because nobody would continue us.
func (w *wrapper) stopWith(number int) {
	parent, err := proctable.ReadStat(unix.Getppid())
	session, sidErr := unix.Getsid(0)
	if err != nil || sidErr != nil || parent.Session != session || parent.Group == unix.Getpgrp() {
		w.log.say(false, fmt.Sprintf("%s was stopped by %s", w.name(), osutil.SignalName(number)))
		return
	}
	w.resumed = true
	if number == sigStop {
		_ = unix.Kill(w.self, unix.SIGSTOP)
		return
	}
	_, _ = setAction(number, &sigaction{handler: defaultAction})
	_ = setMask(everySignal &^ bit(number))
	_ = unix.Tgkill(w.self, unix.Gettid(), unix.Signal(number)) // we are stopped here
	_ = setMask(everySignal)
	_, _ = setAction(number, ours())
}

// way says how the signal was sent; "" for kill(2).
func (r received) way() string {
	switch {
	case r.code == codeUser:
		return ""
	case r.code == codeThread:
		return " by tgkill(2), for one thread"
	case r.code == codeQueue:
		return " by sigqueue(3)"
	case r.code == codeTimer:
		return " of a timer"
	case r.code == codeKernel && terminals(r.number):
		return " of the terminal"
	case r.code >= 0:
		return " of the kernel"
	}
	return fmt.Sprintf(" with the code %d", r.code)
}

func (r received) name() string { return osutil.SignalName(r.number) }
