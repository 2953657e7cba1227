package rcd

import (
	"encoding/binary"
	"errors"
	"time"
)

// family is a kind of supervisor, by what it writes into supervise/status.
type family string

// The families, by the prefixes of their services.
const (
	daemontools family = "svc" // daemontools-encore and daemontoolsx, too
	runit       family = "runit"
	s6          family = "s6"
)

// supervised is what a supervisor of the daemontools family says of its service.
type supervised struct {
	family    family
	encore    bool // daemontools-encore, which has words of its own
	at        time.Time
	pid       int  // of the process that it has started; 0: none runs
	wantUp    bool // it would start the daemon again
	wantDown  bool // it is to stay down; neither of the two: it was started once
	paused    bool
	finishing bool // the process is the finish script's
	word      byte // encore's status, see encoreWords
}

// errNoStatus says that a file is not one of theirs.
var errNoStatus = errors.New("it is not a supervisor's status")

// encoreWords are what daemontools-encore's svstat prints for the byte 18 of its status.
var encoreWords = []string{"stopped", "starting", "started", "running", "stopping", "failed", "orphanage"}

const (
	encoreStopped = 0
	encoreOrphans = 6

	runitRun    = 1
	runitFinish = 2
)

// parseSupervised reads supervise/status: 18 bytes of daemontools, 20 of runit, 20, 38 or 40
// of daemontools-encore, the last two with a log service, 35 or 43 of s6. All begin with a
// TAI64N stamp, of the daemon's last start or end. "Once" (svc -o) does not count as wanted up.
//
//	daemontools  stamp 12, pid 4 (the lowest byte first), paused 1, want 1 (u, d, or 0 for once)
//	encore       the same, state 1, 0 1
//	runit        the same, got TERM 1, state 1 (0 down, 1 run, 2 finish)
//	s6           stamp 12, ready stamp 12, pid 8 (the highest byte first), process group 8 or
//	             none, wait status 2, flags 1 (paused 1, finishing 2, want up 4, ready 8)
func parseSupervised(data []byte) (supervised, error) {
	s := supervised{}
	var err error
	switch len(data) {
	case 18, 20, 38, 40:
		s, err = parseDJB(data)
	case 35, 43:
		s = parseS6(data)
	default:
		err = errNoStatus
	}
	if err != nil {
		return supervised{}, err
	}
	at, ok := parseTAI(data)
	if !ok || s.pid < 0 {
		return supervised{}, errNoStatus
	}
	if s.at = at; s.family == s6 {
		s.at = s.at.Add(-leapTime)
	}
	return s, nil
}

// leapTime are the leap seconds since 1972, which s6 counts and the others do not. The last one
// was in 2016; the next is not expected before 2035.
const leapTime = 27 * time.Second

// parseTAI reads a TAI64N stamp, as daemontools and runit count: without leap seconds.
func parseTAI(data []byte) (at time.Time, ok bool) {
	const offset = 1<<62 + 10
	seconds := binary.BigEndian.Uint64(data)
	if seconds < offset || seconds > offset+1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds-offset), int64(binary.BigEndian.Uint32(data[8:]))), true
}

func parseDJB(data []byte) (supervised, error) {
	want := data[17]
	s := supervised{
		family: daemontools, pid: int(int32(binary.LittleEndian.Uint32(data[12:]))),
		paused: data[16] != 0, wantUp: want == 'u', wantDown: want == 'd',
	}
	if want != 'u' && want != 'd' && want != 0 {
		return s, errNoStatus
	}
	if len(data) == 18 {
		return s, nil
	}
	state := data[19]
	if len(data) > 20 || isEncore(data[18], state, s.pid) {
		s.encore, s.word = true, data[18]
		return s, nil
	}
	if state > runitFinish || data[18] > 1 {
		return s, errNoStatus
	}
	s.family, s.finishing = runit, state == runitFinish
	return s, nil
}

// isEncore tells a status of daemontools-encore from one of runit, which has its own state in
// the last byte, which is not 0 while there is a process. Without a process both may end in two
// zeros; then the two cannot be told apart by their status.
func isEncore(state, last byte, pid int) bool {
	return last == 0 && int(state) < len(encoreWords) && (pid != 0 || state > 1)
}

func parseS6(data []byte) supervised {
	const paused, finishing, wantUp = 1, 2, 4
	last := len(data) - 1
	flags := data[last]
	pid := binary.BigEndian.Uint64(data[24:])
	s := supervised{
		family: s6, pid: int(int32(min(pid, 1<<31))), paused: flags&paused != 0, finishing: flags&finishing != 0,
		wantUp: flags&wantUp != 0,
	}
	s.wantDown = !s.wantUp
	return s
}

// isUp reports whether the daemon has a process, or its run script has.
func (s supervised) isUp() bool {
	return s.pid != 0 && !s.finishing && !(s.encore && s.word == encoreStopped)
}

func (s supervised) state() State {
	if s.isUp() {
		return Running
	}
	return Stopped
}

// text is the supervisor's word for its state, where that says more than up or down.
func (s supervised) text() string {
	switch {
	case s.finishing:
		return "finish"
	case s.encore && int(s.word) < len(encoreWords):
		return encoreWords[s.word]
	case s.paused:
		return "paused"
	case s.isUp() && s.wantDown && s.family != s6:
		return "want down"
	case !s.isUp() && s.wantUp:
		return "want up"
	}
	return ""
}
