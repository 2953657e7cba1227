package tracer

import "encoding/binary"

// mostSignal is the highest number of a signal on Linux.
const mostSignal = 64

const everySignal = ^uint64(0)

// Signals that have the same number on every system that this runs on.
const (
	sigHup  = 1
	sigInt  = 2
	sigQuit = 3
	sigKill = 9
	sigTerm = 15
	sigChld = 17
	sigCont = 18
	sigStop = 19
	sigTstp = 20
	sigTtin = 21
	sigTtou = 22
	sigWnch = 28
)

// What a signal's si_code says, sigaction(2).
const (
	codeUser   = 0    // kill(2)
	codeQueue  = -1   // sigqueue(3)
	codeTimer  = -2   // timer_create(2)
	codeThread = -6   // tgkill(2)
	codeKernel = 0x80 // the kernel, for a terminal
)

// received is a signal that has reached us.
type received struct {
	number, code int
	pid          int // of the sender; 0 if it is not in our PID namespace, or if there is no sender
	uid          uint32
	value        uint64 // of sigqueue(3)
}

// sizeReceived is that of a struct signalfd_siginfo.
const sizeReceived = 128

// parseReceived reads a struct signalfd_siginfo, signalfd(2). A handler has added base to codes of
// the kernel's.
func parseReceived(b []byte, base int32) (received, bool) {
	if len(b) < sizeReceived {
		return received{}, false
	}
	word := func(at int) uint32 { return binary.NativeEndian.Uint32(b[at:]) }
	code := int32(word(8))
	if code >= base && code <= base+0xff {
		if code -= base; code > codeKernel {
			code -= 0x100
		}
	}
	return received{int(word(0)), int(code), int(word(12)), word(16), binary.NativeEndian.Uint64(b[48:])}, true
}

// fromProcess reports whether a process has sent it, and not the kernel.
func (r received) fromProcess() bool {
	return r.code == codeUser || r.code == codeThread || r.code < 0 && r.code != codeTimer && r.code != -5
}

// claimed reports whether the sender itself has filled in who it is: the kernel does not check
// what is given to rt_sigqueueinfo(2).
func (r received) claimed() bool { return r.code < 0 && r.code != codeThread }

// terminals reports whether a terminal sends this signal, to a whole group of processes.
func terminals(number int) bool {
	switch number {
	case sigHup, sigInt, sigQuit, sigCont, sigTstp, sigTtin, sigTtou, sigWnch:
		return true
	}
	return false
}

// situation is what matters for whether a signal is passed on.
type situation struct {
	self    int  // our number
	grouped bool // the program is in our process group
	leader  bool // we lead the session
	resumed bool // we had stopped ourselves with the program
	stopped bool // the program is stopped
}

// verdict is what becomes of a signal.
type verdict struct {
	pass bool
	tell bool
	note string // why it is not passed on
}

// judge decides whether a signal is passed on. A terminal sends its signals to a whole process
// group, so the program has them already. Only that of a hangup is sent to the leader of the
// session alone, tty_ioctl(4).
func (r received) judge(s situation) verdict {
	switch {
	case r.number == sigChld && r.code > 0:
		return verdict{}
	case r.pid == s.self && r.fromProcess(): // from Go's runtime, or SIGPIPE for what we have written
		return verdict{}
	case r.number == sigCont && s.resumed && !s.stopped:
		return verdict{tell: true, note: "the program goes on already"}
	case r.code == codeKernel && terminals(r.number) && s.grouped && (!s.leader || r.number != sigHup && r.number != sigCont):
		return verdict{tell: true, note: "the program has it from the terminal, too"}
	}
	return verdict{pass: true, tell: true}
}
