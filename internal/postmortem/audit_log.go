package postmortem

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
)

// mostAuditEvents bounds how many events of a dead daemon are used, the last ones: a process may
// get any number of signals.
const mostAuditEvents = 64

// auditEvents reads the lines of auditd's log. The lines of one event have the same stamp,
// "audit(SECONDS.MILLISECONDS:SERIAL)"; lines of several events may be interleaved. Texts that
// users choose (names, arguments) are in quotes and have no blanks, or are in hexadecimal.
func auditEvents(log []byte, host string, d Dead) []auditEvent {
	parts := make(map[string]*auditParts)
	for _, stamp := range auditStamps(log, host, d) {
		parts[stamp] = &auditParts{stamp: stamp}
	}
	if len(parts) == 0 {
		return nil
	}
	var order []string
	for line := range bytes.Lines(log) {
		kind, stamp, rest, ok := auditLine(line, host)
		p := parts[stamp]
		if !ok || p == nil {
			continue
		}
		if !slices.Contains(order, stamp) {
			order = append(order, stamp)
		}
		p.add(kind, rest)
	}
	var list []auditEvent
	for _, stamp := range order {
		list = append(list, parts[stamp].events()...)
	}
	return list
}

// auditStamps are the stamps of events that are about processes of the daemon.
func auditStamps(log []byte, host string, d Dead) []string {
	var list []string
	for line := range bytes.Lines(log) {
		if !bytes.Contains(line, []byte("OBJ_PID")) && !bytes.Contains(line, []byte("ANOM_ABEND")) && !bytes.Contains(line, []byte("SECCOMP")) {
			continue
		}
		kind, stamp, rest, ok := auditLine(line, host)
		if !ok {
			continue
		}
		field := "pid"
		if kind == "OBJ_PID" {
			field = "opid"
		}
		if p, ours := d.process(number(auditFields(rest)[field])); !ours || p.PID == 0 || slices.Contains(list, stamp) {
			continue
		}
		list = append(list, stamp)
	}
	return list[max(0, len(list)-mostAuditEvents):]
}

// auditLine splits a line: "[node=NAME ]type=TYPE msg=audit(STAMP): FIELDS". A line of
// another machine is left out.
func auditLine(line []byte, host string) (kind, stamp, rest string, ok bool) {
	const mostLine = 16 << 10 // auditd's own limit is 8970
	if len(line) > mostLine || len(line) == 0 || line[len(line)-1] != '\n' {
		return "", "", "", false // the last line may be cut within a number
	}
	text := string(line[:len(line)-1])
	if node, found := strings.CutPrefix(text, "node="); found {
		name, after, _ := strings.Cut(node, " ")
		if short, _, _ := strings.Cut(host, "."); host == "" || name != host && name != short {
			return "", "", "", false
		}
		text = after
	}
	text, ok = strings.CutPrefix(text, "type=")
	if !ok {
		return "", "", "", false
	}
	kind, text, ok = strings.Cut(text, " msg=audit(")
	if !ok {
		return "", "", "", false
	}
	stamp, rest, ok = strings.Cut(text, "): ")
	return kind, stamp, rest, ok && !strings.Contains(kind, " ")
}

// auditFields are the fields of a line, up to the group separator. The fields after it were added
// by auditd: they say the same with names in place of numbers.
func auditFields(rest string) map[string]string {
	rest, _, _ = strings.Cut(rest, "\x1d")
	fields := make(map[string]string)
	for _, word := range strings.Fields(rest) {
		key, value, ok := strings.Cut(word, "=")
		if _, twice := fields[key]; ok && !twice {
			fields[key] = value
		}
	}
	return fields
}

// auditText is the value of a field that a user may have chosen: it is quoted or in hexadecimal.
func auditText(value string) string {
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		return strings.TrimSuffix(quoted, `"`)
	}
	decoded, err := hex.DecodeString(value)
	if err != nil {
		return ""
	}
	return string(bytes.TrimRight(decoded, "\x00"))
}

// auditParts are the lines of one event.
type auditParts struct {
	stamp     string
	call      map[string]string
	targets   []map[string]string
	proctitle string
	ends      []map[string]string
}

func (p *auditParts) add(kind, rest string) {
	fields := auditFields(rest)
	switch kind {
	case "SYSCALL":
		p.call = fields
	case "OBJ_PID":
		if len(p.targets) < 4<<10 {
			p.targets = append(p.targets, fields)
		}
	case "PROCTITLE":
		p.proctitle = strings.ReplaceAll(auditText(fields["proctitle"]), "\x00", " ")
	case "ANOM_ABEND", "SECCOMP":
		p.ends = append(p.ends, fields)
	}
}

// linuxHarmless are the signals that end nothing, signal(7): CHLD, CONT, STOP, TSTP, TTIN,
// TTOU, URG, WINCH.
var linuxHarmless = [...]int{17, 18, 19, 20, 21, 22, 23, 28}

// events are the signals that the lines of one event tell of. A call that has failed has sent
// nothing. Without its SYSCALL line the sender and the signal are not known.
func (p *auditParts) events() []auditEvent {
	at, ok := auditTime(p.stamp)
	if !ok {
		return nil
	}
	var list []auditEvent
	for _, end := range p.ends {
		if signal := number(end["sig"]); signal > 0 && signal < 65 {
			list = append(list, auditEvent{at: at, signal: signal, target: number(end["pid"]), ended: true})
		}
	}
	signal, given, ok := auditKill(p.call)
	if !ok || p.call["success"] != "yes" {
		return list
	}
	e := auditEvent{
		at: at, signal: signal, number: given, sender: number(p.call["pid"]), parent: number(p.call["ppid"]),
		name: auditText(p.call["comm"]), exe: auditText(p.call["exe"]), command: p.proctitle,
		user: auditUser(p.call["euid"]), login: auditUser(p.call["auid"]),
	}
	if e.sender == 0 || endsNothing(e.signal, linuxHarmless[:]) {
		return list
	}
	// kill(2) of a group succeeds if it may send the signal to at least one of its processes.
	e.doubt = len(p.targets) > 1 && e.user != "0"
	for _, target := range p.targets {
		e.target = number(target["opid"])
		list = append(list, e)
	}
	return list
}

// auditUser is a user's number; "" for the number that means that no user is set.
func auditUser(value string) string {
	if n, err := strconv.ParseUint(value, 10, 32); err != nil || n == 1<<32-1 {
		return ""
	}
	return value
}

// auditTime is the time of a stamp.
func auditTime(stamp string) (time.Time, bool) {
	when, _, _ := strings.Cut(stamp, ":")
	seconds, ms, ok := strings.Cut(when, ".")
	s, err := strconv.ParseUint(seconds, 10, 33)
	m, err2 := strconv.ParseUint(ms, 10, 10)
	return time.Unix(int64(s), int64(m)*int64(time.Millisecond)), ok && err == nil && err2 == nil && len(ms) == 3
}

// killCalls are the numbers of kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo and
// pidfd_send_signal by architecture, as linux/audit.h has it.
var killCalls = map[string][6]int{
	"c000003e": {62, 200, 234, 129, 297, 424},  // x86_64
	"40000003": {37, 238, 270, 178, 335, 424},  // i386
	"c00000b7": {129, 130, 131, 138, 240, 424}, // aarch64
	"c00000f3": {129, 130, 131, 138, 240, 424}, // riscv64
	"c0000102": {129, 130, 131, 138, 240, 424}, // loongarch64
	"40000028": {37, 238, 268, 178, 363, 424},  // arm
	"c0000015": {37, 208, 250, 177, 322, 424},  // ppc64le
	"80000015": {37, 208, 250, 177, 322, 424},  // ppc64
	"80000016": {37, 237, 241, 178, 330, 424},  // s390x
}

// auditKill is the signal that a system call has sent, and the number that was given to it;
// false for other calls. tkill(2) and tgkill(2) take the number of a thread on purpose, so
// theirs is not returned.
func auditKill(call map[string]string) (signal, given int, ok bool) {
	const x32 = 0x40000000
	calls, known := killCalls[call["arch"]]
	which := slices.Index(calls[:], number(call["syscall"])&^x32)
	place := "a1"
	if which == 2 || which == 4 {
		place = "a2"
	}
	value, err := strconv.ParseUint(call[place], 16, 64)
	if !known || which < 0 || err != nil {
		return 0, 0, false
	}
	if signal = int(int32(value)); signal < 0 || signal > 64 {
		return 0, 0, false
	}
	if first, err := strconv.ParseUint(call["a0"], 16, 64); err == nil && (which == 0 || which == 3) {
		given = max(int(int32(first)), 0)
	}
	return signal, given, true
}

// auditCommand shows a record.
func auditCommand(e auditEvent) string {
	if e.trail {
		return "praudit -l /var/audit/current | grep -w " + fmt.Sprint(e.target)
	}
	if e.ended {
		return fmt.Sprintf("ausearch -i -m ANOM_ABEND,SECCOMP -p %d", e.target)
	}
	return fmt.Sprintf("ausearch -i -p %d", e.sender)
}

// wholeLines leaves out the first line if the part of the file begins within it.
func wholeLines(end osutil.End) []byte {
	if end.Whole {
		return end.Data
	}
	_, rest, _ := bytes.Cut(end.Data, []byte("\n"))
	return rest
}

// auditCovers reports whether a log begins before the time in question.
func auditCovers(log []byte, d Dead) bool {
	for line := range bytes.Lines(log) {
		_, stamp, ok := bytes.Cut(line[:min(len(line), 512)], []byte("msg=audit("))
		if !ok {
			continue
		}
		text, _, _ := strings.Cut(string(stamp), ")")
		at, ok := auditTime(text)
		return ok && beforeSpan(at, d)
	}
	return false
}
