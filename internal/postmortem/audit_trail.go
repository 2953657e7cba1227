package postmortem

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The tokens of a record of FreeBSD's audit, audit.log(5). The text that praudit(1) makes of them
// is not read: there an argument of a program may look like a record.
const (
	tokenTrailer   = 0x13
	tokenHeader    = 0x14
	tokenPath      = 0x23
	tokenSubject   = 0x24
	tokenProcess   = 0x26
	tokenReturn    = 0x27
	tokenText      = 0x28
	tokenArg       = 0x2d
	tokenExecArgs  = 0x3c
	tokenExecEnv   = 0x3d
	tokenAttr      = 0x3e
	tokenZone      = 0x60
	tokenArg64     = 0x71
	tokenReturn64  = 0x72
	tokenAttr64    = 0x73
	tokenSubject64 = 0x75
	tokenProcess64 = 0x77
	tokenHeader64  = 0x74
	tokenSubjectEx = 0x7a
	tokenProcessEx = 0x7b
)

// Events, /etc/security/audit_event.
const (
	eventKill   = 15
	eventExecve = 23
)

const (
	trailerMagic = 0xb105
	trailerSize  = 7
	headerSize   = 18
)

// trailEvents reads the end of a trail. A record begins and ends with its length, so records are
// read from the end on, up to one that is cut.
func trailEvents(trail []byte, d Dead) []auditEvent {
	var list []auditEvent
	var wanted []int // indices into list of events whose sender's program is not known yet
	for r := range lastRecords(trail) {
		if !r.success {
			continue
		}
		switch r.event {
		case eventKill:
			if e, ours := r.kill(d); ours && len(list) < mostAuditEvents {
				wanted = append(wanted, len(list))
				list = append(list, e)
			}
		case eventExecve: // the last one before the signal: the program that the sender was then
			left := wanted[:0]
			for _, i := range wanted {
				if list[i].sender != r.subject.pid {
					left = append(left, i)
					continue
				}
				list[i].exe, list[i].command = r.path, strings.Join(r.args, " ")
				list[i].name = list[i].exe[strings.LastIndexByte(list[i].exe, '/')+1:]
			}
			wanted = left
		}
		if len(wanted) == 0 && beforeSpan(r.at, d) {
			break
		}
	}
	slices.Reverse(list)
	return list
}

// beforeSpan reports whether a record is so old that it and all before it do not matter.
func beforeSpan(at time.Time, d Dead) bool {
	first, _, _ := d.span()
	return at.Before(first.Add(-2 * slack))
}

// lastRecords are the records that can be read, the last one first.
func lastRecords(trail []byte) iter.Seq[bsmRecord] {
	return func(yield func(bsmRecord) bool) {
		for {
			record, rest, ok := lastRecord(trail)
			if !ok {
				return
			}
			if r, ok := trailRecord(record); ok && !yield(r) {
				return
			}
			trail = rest
		}
	}
}

// lastRecord splits off the last record. It must end where the bytes end: an argument of a
// program may hold bytes that look like a record.
func lastRecord(trail []byte) (record, rest []byte, ok bool) {
	i := len(trail) - trailerSize
	if i < headerSize || trail[i] != tokenTrailer || binary.BigEndian.Uint16(trail[i+1:]) != trailerMagic {
		return nil, nil, false
	}
	size := binary.BigEndian.Uint32(trail[i+3:])
	if size < headerSize+trailerSize || uint64(size) > uint64(len(trail)) {
		return nil, nil, false
	}
	record = trail[len(trail)-int(size):]
	return record, trail[:len(trail)-int(size)], record[0] == tokenHeader && binary.BigEndian.Uint32(record[1:]) == size
}

// bsmSubject is the process that does something, or the process that it is done to.
type bsmSubject struct {
	login, user uint32
	pid         int
}

// bsmRecord is what we take from a record.
type bsmRecord struct {
	event    int
	at       time.Time
	success  bool
	signal   int
	number   int
	target   bsmSubject
	targeted bool
	subject  bsmSubject
	path     string
	args     []string
}

// kill is the event of a signal that was sent to the daemon.
func (r bsmRecord) kill(d Dead) (auditEvent, bool) {
	p, ours := d.process(r.target.pid)
	e := auditEvent{
		trail: true, at: r.at, signal: r.signal, target: r.target.pid, number: r.number, sender: r.subject.pid,
		user: strconv.FormatUint(uint64(r.subject.user), 10),
	}
	if r.subject.login != 1<<32-1 {
		e.login = strconv.FormatUint(uint64(r.subject.login), 10)
	}
	return e, r.targeted && ours && p.PID == r.target.pid && r.subject.pid > 0 && !endsNothing(e.signal, freebsdHarmless[:])
}

// freebsdHarmless are the signals that end nothing, signal(3): URG, STOP, TSTP, CONT, CHLD,
// TTIN, TTOU, IO, WINCH, INFO, THR.
var freebsdHarmless = [...]int{16, 17, 18, 19, 20, 21, 22, 23, 28, 29, 32}

// trailRecord reads the tokens of a record. If it has an unknown token, it cannot be read:
// the length of that token is not known.
func trailRecord(b []byte) (bsmRecord, bool) {
	r := bsmRecord{}
	in := tokens{rest: b}
	if in.byte() != tokenHeader {
		return r, false
	}
	in.skip(5) // length, version
	r.event = int(in.uint16())
	in.skip(2)
	seconds, ms := in.uint32(), in.uint32()
	r.at = time.Unix(int64(seconds), int64(ms%1000)*int64(time.Millisecond))
	for !in.bad && len(in.rest) > 0 {
		if kind := in.byte(); kind == tokenTrailer {
			in.skip(6)
			return r, !in.bad && len(in.rest) == 0
		} else if !r.token(kind, &in) {
			return r, false
		}
	}
	return r, false
}

// token reads a token, and reports whether its kind is known.
func (r *bsmRecord) token(kind byte, in *tokens) bool {
	switch kind {
	case tokenSubject, tokenSubjectEx:
		r.subject = in.subject(kind == tokenSubjectEx, 4)
	case tokenSubject64:
		r.subject = in.subject(false, 8)
	case tokenProcess, tokenProcessEx:
		r.target, r.targeted = in.subject(kind == tokenProcessEx, 4), true
	case tokenProcess64:
		r.target, r.targeted = in.subject(false, 8), true
	case tokenArg, tokenArg64:
		which, value := in.byte(), uint64(0)
		if kind == tokenArg {
			value = uint64(in.uint32())
		} else {
			value = in.uint64()
		}
		switch name := in.text(); {
		case name == "signal" && which == 2 && value < 129:
			r.signal = int(value)
		case which == 1 && value < 1<<31:
			r.number = int(value)
		}
	case tokenReturn:
		r.success = in.byte() == 0
		in.skip(4)
	case tokenReturn64:
		r.success = in.byte() == 0
		in.skip(8)
	case tokenPath:
		r.path = in.text()
	case tokenText, tokenZone:
		in.text()
	case tokenAttr:
		in.skip(28)
	case tokenAttr64:
		in.skip(32)
	case tokenExecArgs, tokenExecEnv:
		list := in.strings()
		if kind == tokenExecArgs {
			r.args = list
		}
	default:
		return false
	}
	return !in.bad
}

// tokens are the bytes of a record that are still to be read.
type tokens struct {
	rest []byte
	bad  bool // there were too few
}

// take removes the first bytes and returns them; zeros if there are too few.
func (t *tokens) take(n int) []byte {
	if n < 0 || n > len(t.rest) {
		t.bad, t.rest = true, nil
		return make([]byte, max(min(n, 16), 8))
	}
	b := t.rest[:n]
	t.rest = t.rest[n:]
	return b
}

func (t *tokens) skip(n int)     { t.take(n) }
func (t *tokens) byte() byte     { return t.take(1)[0] }
func (t *tokens) uint16() uint16 { return binary.BigEndian.Uint16(t.take(2)) }
func (t *tokens) uint32() uint32 { return binary.BigEndian.Uint32(t.take(4)) }
func (t *tokens) uint64() uint64 { return binary.BigEndian.Uint64(t.take(8)) }

// text reads a length and a text with a zero at its end.
func (t *tokens) text() string {
	n := int(t.uint16())
	if t.bad || n > len(t.rest) {
		t.bad = true
		return ""
	}
	return strings.TrimRight(string(t.take(n)), "\x00")
}

// strings reads a count, and so many texts, each with a zero at its end.
func (t *tokens) strings() []string {
	var list []string
	for n := t.uint32(); n > 0 && !t.bad; n-- {
		i := bytes.IndexByte(t.rest, 0)
		if i < 0 {
			t.bad = true
			break
		}
		if text := t.take(i + 1); len(list) < 64 {
			list = append(list, string(text[:i]))
		}
	}
	return list
}

// subject is the audit user, user, group, real user, real group, process, session; then
// the terminal: a port, and an address; in the extended form its length is before it.
func (t *tokens) subject(extended bool, port int) bsmSubject {
	s := bsmSubject{login: t.uint32(), user: t.uint32()}
	t.skip(12)
	s.pid = int(t.uint32() & 0x7fffffff)
	t.skip(4 + port)
	size := 4
	if extended && t.uint32() == 16 { // of an address: 4 or 16 bytes
		size = 16
	}
	t.skip(size)
	return s
}

// checkTrail reports an error if a trail does not end as the kernel ends it.
func checkTrail(trail []byte) error {
	if _, _, ok := lastRecord(trail); !ok && len(trail) > 0 {
		return errors.New("cannot read the trail: it does not end with a whole record")
	}
	return nil
}

// trailCovers reports whether records reach back before the time in question.
func trailCovers(trail []byte, d Dead) bool {
	for r := range lastRecords(trail) {
		if beforeSpan(r.at, d) {
			return true
		}
	}
	return false
}
