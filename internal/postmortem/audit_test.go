package postmortem

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

// killed is a daemon that has died in the minute before a record of a real kill, which
// stands in real lines of auditd's log.
func killed() Dead {
	return Dead{Processes: []words.Process{{PID: 12849, Threads: []int{12849, 12851}}}, From: seconds(4200), To: seconds(4260), Wall: time.Unix(1_795_233_690, 0)}
}

const (
	auditCall  = `type=SYSCALL msg=audit(1795233668.934:4): arch=c000003e syscall=62 success=yes exit=0 a0=3231 a1=f a2=0 a3=7f49354bfac0 items=0 ppid=12804 pid=12859 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="kill" exe="/usr/bin/kill" key="mykill"` + "\n"
	auditPID   = `type=OBJ_PID msg=audit(1795233668.934:4): opid=12849 oauid=-1 ouid=0 oses=-1 ocomm="sleep"` + "\n"
	auditTitle = `type=PROCTITLE msg=audit(1795233668.934:4): proctitle=6B696C6C002D5445524D003132383439` + "\n"
	auditEnd   = `type=ANOM_ABEND msg=audit(1795233668.950:9): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=12849 comm="clamd" exe="/usr/sbin/clamd" sig=11 res=1` + "\n"
)

const killedBy = "SIGTERM was sent by kill(12859): /usr/bin/kill of user 0 as 'kill -TERM 12849' started by process 12804"

func TestAuditLog(t *testing.T) {
	all := auditCall + auditPID + auditTitle
	swap := strings.NewReplacer
	for _, tc := range []struct {
		name, log string
		texts     string
		sure      Certainty
	}{
		{"nothing", "", "", ""},
		{"a kill", all, killedBy, Certain},
		{"mixed with others", strings.ReplaceAll(auditCall, ":4)", ":3)") + auditCall + strings.NewReplacer(":4)", ":3)", "12849", "77").Replace(auditPID) + "type=EOE msg=audit(1795233668.934:3): \n" + auditTitle + auditPID, killedBy, Certain},
		{"enriched", strings.ReplaceAll(auditCall, "\n", "\x1dARCH=x86_64 SYSCALL=tkill AUID=\"unset\" UID=\"root\" success=no pid=1\n") + strings.ReplaceAll(auditPID, "\n", "\x1dOAUID=\"unset\" opid=1\n") + auditTitle, killedBy, Certain},
		{"without the arguments", auditCall + auditPID, strings.Replace(killedBy, " as 'kill -TERM 12849'", "", 1), Certain},
		{"without the call", auditPID + auditTitle, "", ""},
		{"without the target", auditCall + auditTitle, "", ""},
		{"refused", swap("success=yes", "success=no").Replace(all), "", ""},
		{"signal 0", swap("a1=f", "a1=0").Replace(all), "", ""},
		{"CONT", swap("a1=f", "a1=12").Replace(all), "", ""},
		{"another system call", swap("syscall=62", "syscall=61").Replace(all), "", ""},
		{"an architecture that we do not know", swap("c000003e", "deadbeef").Replace(all), "", ""},
		{"aarch64", swap("c000003e", "c00000b7", "syscall=62", "syscall=129").Replace(all), killedBy, Certain},
		{"tgkill has the signal third", swap("syscall=62", "syscall=234", "a1=f", "a1=3233", "a2=0", "a2=f").Replace(all), killedBy, Certain},
		{"pidfd_send_signal", swap("syscall=62", "syscall=424", "a0=3231", "a0=5").Replace(all), killedBy, Certain},
		{"the number of a thread", swap("a0=3231", "a0=3233").Replace(all), killedBy + " to 12851, which was its thread", Certain},
		{"a thread on purpose", swap("syscall=62", "syscall=200", "a0=3231", "a0=3233").Replace(all), killedBy, Certain},
		{"a group", auditCall + auditPID + swap("12849", "77").Replace(auditPID) + auditTitle, killedBy, Certain},
		{"a group, and the sender may not send to all", swap("euid=0", "euid=1000").Replace(auditCall) + auditPID + swap("12849", "77").Replace(auditPID) + auditTitle, strings.Replace(killedBy, "user 0", "user 1000", 1), Likely},
		{"a user's session", swap("auid=4294967295", "auid=1000").Replace(all), strings.Replace(killedBy, "of user 0", "of user 0 logged in as user 1000", 1), Certain},
		{"another daemon's", swap("opid=12849", "opid=1284").Replace(all), "", ""},
		{"hours ago", swap("1795233668", "1795230000").Replace(all), "", ""},
		{"a name with a line in it", swap(`"kill"`, hex.EncodeToString([]byte("a\ntype=X \x1b[2J"))).Replace(auditCall) + auditPID + auditTitle, strings.Replace(killedBy, "kill(", `a\x0atype=X \x1b[2J(`, 1), Certain},
		{"itself", swap("pid=12859", "pid=12849").Replace(all), "SIGTERM was sent by itself", Certain},
		{"cut", all[:len(all)-len(auditTitle)-30], "", ""},
		{"the beginning cut", all[20:], "", ""},
		{"of another machine", "node=other " + auditCall + "node=other " + auditPID, "", ""},
		{"of this machine, among others", "node=here " + auditCall + "node=here " + auditPID + "node=here " + auditTitle, killedBy, Certain},
		{"a fault", auditEnd, "the audit has SIGSEGV as the end of process 12849", Certain},
		{"seccomp", "type=SECCOMP msg=audit(1795233668.950:9): auid=0 uid=0 gid=0 ses=1 pid=12849 comm=\"clamd\" exe=\"/x\" sig=31 arch=c000003e syscall=57 compat=0 ip=0x7 code=0x80000000\n", "the audit has SIGSYS as the end of process 12849", Certain},
		{"seccomp that only writes down", "type=SECCOMP msg=audit(1795233668.950:9): pid=12849 sig=0 arch=c000003e\n", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			checkAudit(t, auditRecords{Log: []byte(tc.log), Whole: true, Host: "here.example"}, killed(), tc.texts, tc.sure)
		})
	}
	checkAudit(t, auditRecords{Log: []byte(all)}, killed(), killedBy, Likely)
}

func checkAudit(t *testing.T, r auditRecords, d Dead, want string, sure Certainty) {
	t.Helper()
	if err := checkTrail(r.Trail); err != nil {
		t.Error(err)
	}
	found := auditFindings(r, d)
	var texts []string
	for _, f := range found {
		texts = append(texts, f.Text)
		if f.Sure != sure || !f.Main || f.When.IsZero() || f.Next == "" || f.Sender != "" && f.SenderPID == 0 {
			t.Errorf("%+v", f)
		}
	}
	if got := strings.Join(texts, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// These lines a real auditd has written, enriched: HUP to a process, TERM to the number of
// a thread, KILL to a group, and a process that has sent SEGV to itself.
func TestRealAuditLog(t *testing.T) {
	log, err := os.ReadFile("testdata/audit.log")
	if err != nil {
		t.Fatal(err)
	}
	const by = " of user 54321 as '/bin/kill -"
	for _, tc := range []struct {
		pid, thread int
		want        string
	}{
		{19129, 0, "SIGHUP was sent by kill(19130): /usr/bin/kill" + by + "HUP 19129' started by process 19128"},
		{19132, 19145, "SIGTERM was sent by kill(19160): /usr/bin/kill" + by + "TERM 19145' started by process 19128 to 19145, which was its thread"},
		{19163, 0, "SIGKILL was sent by kill(19164): /usr/bin/kill" + by + "KILL -- -19163' started by process 19128"},
		{19167, 0, "the audit has SIGSEGV as the end of process 19167"},
		{19128, 0, ""},
	} {
		d := Dead{Processes: []words.Process{{PID: tc.pid, Threads: []int{tc.thread}}}, From: seconds(100), To: seconds(160), Wall: time.Unix(1_795_900_950, 0)}
		checkAudit(t, auditRecords{Log: log, Whole: true}, d, tc.want, Certain)
	}
}

func TestAuditCovers(t *testing.T) {
	old := strings.ReplaceAll(auditCall, "1795233668", "1795233000")
	for log, want := range map[string]bool{"": false, auditCall: false, old + auditCall: true, "half a line\n" + old: true} {
		if got := auditCovers([]byte(log), killed()); got != want {
			t.Errorf("%q: %t", log, got)
		}
	}
}

// What journald has of the audit is what auditd would have written.
func TestAuditOfJournal(t *testing.T) {
	out := `{"MESSAGE":"OBJ_PID opid=12849 oauid=-1 ouid=0 oses=-1 ocomm=\"sleep\"","_TRANSPORT":"audit","_AUDIT_TYPE_NAME":"OBJ_PID","_AUDIT_ID":"4","_SOURCE_REALTIME_TIMESTAMP":"1795233668934000","X":null,"Y":["a","b"]}
{"MESSAGE":[79,66,74,95,80,73,68,32,120],"_TRANSPORT":"audit","_AUDIT_TYPE_NAME":"OBJ_PID","_AUDIT_ID":"5","_SOURCE_REALTIME_TIMESTAMP":"1795233668934000"}
{"MESSAGE":"OBJ_PID opid=12849","_TRANSPORT":"syslog","_AUDIT_TYPE_NAME":"OBJ_PID","_AUDIT_ID":"4","_SOURCE_REALTIME_TIMESTAMP":"1795233668934000"}
no JSON
`
	var got strings.Builder
	for _, entry := range journalEntries([]byte(out)) {
		got.WriteString(auditOfJournal(entry))
	}
	if want := auditPID + "type=OBJ_PID msg=audit(1795233668.934:5): x\n"; got.String() != want {
		t.Errorf("got  %q\nwant %q", got.String(), want)
	}
}

// bsm makes a record of FreeBSD's audit of its tokens.
func bsm(event uint16, at time.Time, body ...[]byte) []byte {
	b := []byte{tokenHeader, 0, 0, 0, 0, 11}
	b = binary.BigEndian.AppendUint16(b, event)
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(at.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(at.UnixMilli()%1000))
	for _, token := range body {
		b = append(b, token...)
	}
	b = binary.BigEndian.AppendUint16(append(b, tokenTrailer), trailerMagic)
	b = binary.BigEndian.AppendUint32(b, uint32(len(b)+4))
	binary.BigEndian.PutUint32(b[1:], uint32(len(b)))
	return b
}

func bsmNumbers(kind byte, n ...uint32) []byte {
	b := []byte{kind}
	for _, v := range n {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

const noLogin = 1<<32 - 1

func bsmProcessEx(pid uint32) []byte {
	return bsmNumbers(tokenProcessEx, noLogin, 0, 0, 0, 0, pid, 0, 0, 4, 0)
}

func bsmSubjectOf(login, user, pid uint32) []byte {
	return bsmNumbers(tokenSubject, login, user, 0, user, 0, pid, 0, 0, 0)
}

func bsmArg(which byte, value uint32, name string) []byte {
	b := append([]byte{tokenArg, which}, bsmNumbers(0, value)[1:]...)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(name)+1)), name+"\x00"...)
}

func bsmReturn(status byte, value uint32) []byte {
	return append([]byte{tokenReturn, status}, bsmNumbers(0, value)[1:]...)
}

func bsmPath(path string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{tokenPath}, uint16(len(path)+1)), path+"\x00"...)
}

func bsmExec(args ...string) []byte {
	return append(bsmNumbers(tokenExecArgs, uint32(len(args))), strings.Join(args, "\x00")+"\x00"...)
}

func bsmAttr() []byte {
	return append(bsmNumbers(tokenAttr, 0o755, 0, 0, 46), make([]byte, 12)...)
}

// The records of death.md, which a real FreeBSD has written: praudit(1) tells the length
// of each, which the tokens must have.
func freebsdKill() (dead Dead, exec, kill, refused, missing []byte) {
	at := time.Unix(1_795_846_215, 0)
	dead = Dead{Processes: []words.Process{{PID: 65}}, From: seconds(100), To: seconds(160), Wall: at.Add(20 * time.Second)}
	exec = bsm(eventExecve, at.Add(289*time.Millisecond), bsmExec("/bin/kill", "-TERM", "65"), bsmPath("/bin/kill"), bsmAttr(), bsmSubjectOf(noLogin, 0, 68), bsmReturn(0, 0))
	kill = bsm(eventKill, at.Add(336*time.Millisecond), bsmArg(2, 15, "signal"), bsmProcessEx(65), bsmSubjectOf(noLogin, 0, 68), bsmReturn(0, 0))
	refused = bsm(eventKill, at, bsmArg(2, 9, "signal"), bsmProcessEx(65), bsmSubjectOf(noLogin, 1001, 101), bsmReturn(1, noLogin))
	missing = bsm(eventKill, at, bsmArg(2, 0, "signal"), bsmArg(1, 0x62, "process"), bsmSubjectOf(noLogin, 0, 102), bsmReturn(3, noLogin))
	return dead, exec, kill, refused, missing
}

func TestAuditTrail(t *testing.T) {
	d, exec, kill, refused, missing := freebsdKill()
	for name, r := range map[string]struct {
		record []byte
		size   int
	}{"execve": {exec, 134}, "kill": {kill, 124}, "refused": {refused, 124}, "missing": {missing, 99}} {
		if len(r.record) != r.size {
			t.Errorf("%s has %d bytes, the real one %d", name, len(r.record), r.size)
		}
	}
	at := time.Unix(1_795_846_215, 0)
	by := func(login, user, pid uint32) []byte {
		return bsm(eventKill, at, bsmArg(2, 15, "signal"), bsmProcessEx(65), bsmSubjectOf(login, user, pid), bsmReturn(0, 0))
	}
	forged := bsm(eventExecve, at, bsmExec(string(by(0, 0, 77))), bsmPath("/bin/x"), bsmSubjectOf(noLogin, 1001, 99), bsmReturn(0, 0))
	const known = "SIGTERM was sent by kill(68): /bin/kill of user 0 as '/bin/kill -TERM 65'"
	join := func(records ...[]byte) []byte {
		var all []byte
		for _, r := range records {
			all = append(all, r...)
		}
		return all
	}
	for _, tc := range []struct {
		name  string
		trail []byte
		want  string
	}{
		{"a kill", join(exec, kill), known},
		{"mixed with others", join(exec, refused, kill, missing), known},
		{"without the program", kill, "SIGTERM was sent by process 68: of user 0"},
		{"refused", refused, ""},
		{"no such process", missing, ""},
		{"the program of the sender is the last one before", join(bsm(eventExecve, at, bsmExec("sh"), bsmPath("/bin/sh"), bsmAttr(), bsmSubjectOf(noLogin, 0, 68), bsmReturn(0, 0)), exec, kill), known},
		{"an execve that has failed", join(exec, bsm(eventExecve, at, bsmPath("/sbin/kill"), bsmSubjectOf(noLogin, 0, 68), bsmReturn(2, 0)), kill), known},
		{"signal 0", bsm(eventKill, at, bsmArg(2, 0, "signal"), bsmProcessEx(65), bsmSubjectOf(noLogin, 0, 68), bsmReturn(0, 0)), ""},
		{"hours ago", bsm(eventKill, at.Add(-time.Hour), bsmArg(2, 15, "signal"), bsmProcessEx(65), bsmSubjectOf(noLogin, 0, 68), bsmReturn(0, 0)), ""},
		{"a user's session", by(1001, 0, 68), "SIGTERM was sent by process 68: of user 0 logged in as user 1001"},
		{"an argument that is a record", forged, ""},
		{"the beginning cut", join(exec, kill)[50:], "SIGTERM was sent by process 68: of user 0"},
		{"a token that we do not know", bsm(eventKill, at, []byte{0xee}, bsmArg(2, 15, "signal"), bsmProcessEx(65), bsmSubjectOf(noLogin, 0, 68), bsmReturn(0, 0)), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			checkAudit(t, auditRecords{Trail: tc.trail, Whole: true}, d, tc.want, Certain)
		})
	}
	for name, trail := range map[string][]byte{"the end cut": join(exec, kill)[:250], "an argument that is a record, at a cut end": forged[:len(forged)-40], "an argument that is a record, whose beginning is cut": forged[30:]} {
		found, err := auditFindings(auditRecords{Trail: trail, Whole: true}, d), checkTrail(trail)
		if len(found) > 0 || err == nil {
			t.Errorf("%s: %+v %v", name, found, err)
		}
	}
}

func FuzzAuditLog(f *testing.F) {
	f.Add([]byte(auditCall + auditPID + auditTitle))
	f.Add([]byte("node=here " + auditEnd))
	f.Fuzz(func(t *testing.T, data []byte) {
		harmless(t, auditFindings(auditRecords{Log: data, Host: "here", Whole: true}, killed()))
		auditCovers(data, killed())
	})
}

// Who sends a signal chooses name and arguments, and neither makes another one the sender.
func FuzzAuditNames(f *testing.F) {
	f.Add("kill", "kill -9 1")
	f.Add("x\" pid=1", "type=SYSCALL\n")
	f.Fuzz(func(t *testing.T, name, title string) {
		log := strings.ReplaceAll(auditCall, `"kill"`, hex.EncodeToString([]byte(name))) + auditPID +
			fmt.Sprintf("type=PROCTITLE msg=audit(1795233668.934:4): proctitle=%X\n", title)
		list := auditEvents([]byte(log), "", killed())
		if len(list) != 1 || list[0].sender != 12859 || list[0].signal != 15 || list[0].exe != "/usr/bin/kill" {
			t.Errorf("%+v", list)
		}
	})
}

func FuzzAuditTrail(f *testing.F) {
	d, exec, kill, refused, missing := freebsdKill()
	f.Add(append(exec, kill...))
	f.Add(append(refused, missing...))
	f.Fuzz(func(t *testing.T, data []byte) {
		harmless(t, auditFindings(auditRecords{Trail: data, Whole: true}, d))
		trailCovers(data, d)
		trailRecord(data)
	})
}

// harmless sees to it that what is said of others' bytes can be shown.
func harmless(t *testing.T, list []Finding) {
	t.Helper()
	for _, f := range list {
		for _, text := range []string{f.Text, f.Sender, f.Next} {
			if strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
				t.Errorf("%q", text)
			}
		}
	}
}
