package postmortem

import (
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// jvm is the daemon of the outage that inspired this: process 29789, with a thread 29791.
func jvm() Dead {
	return Dead{Processes: []words.Process{{PID: 29789, Threads: []int{29789, 29791}}, {PID: 500}}, From: seconds(4200), To: seconds(4260), Wall: time.Unix(1_795_846_215, 0)}
}

const traceHead = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 2/2   #P:2\n#\n"

func record(who, at, what string) string {
	return "            " + who + "   [001] d..1.  " + at + ": " + what + "\n"
}

func sent(sig, code, comm, pid, res string) string {
	return "signal_generate: sig=" + sig + " errno=0 code=" + code + " comm=" + comm + " pid=" + pid + " grp=1 res=" + res
}

func TestTraceFindings(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		whole      bool
		texts      string // of the findings, joined
		sure       Certainty
	}{
		{"nothing", traceHead, true, "", ""},
		{"the number of a thread", traceHead + record("bash-29785", "4246.842240", sent("15", "0", "worker-7", "29791", "0")), true, `SIGTERM was sent by bash(29785) to 29791, which was its thread "worker-7"`, Certain},
		{"the number of the process", traceHead + record("kill-9", "4246.842240", sent("9", "0", "java", "29789", "0")), true, "SIGKILL was sent by kill(9)", Certain},
		{"another process", traceHead + record("kill-9", "4246.842240", sent("9", "0", "java", "2978", "0")), true, "", ""},
		{"ignored", traceHead + record("kill-9", "4246.842240", sent("15", "0", "java", "29789", "1")), true, "", ""},
		{"pending already", traceHead + record("kill-9", "4246.842240", sent("15", "0", "java", "29789", "2")), true, "", ""},
		{"one that ends nothing", traceHead + record("kill-9", "4246.842240", sent("18", "0", "java", "29789", "0")), true, "", ""},
		{"an earlier process of this number", traceHead + record("kill-9", "4100.842240", sent("9", "0", "java", "29789", "0")), true, "", ""},
		{"a later one", traceHead + record("kill-9", "4260.842240", sent("9", "0", "java", "29789", "0")), true, "", ""},
		{"just before it was seen", traceHead + record("kill-9", "4199.842240", sent("9", "0", "java", "29789", "0")), true, "SIGKILL was sent by kill(9)", Likely},
		{"itself", traceHead + record("worker-7-29791", "4246.842240", sent("6", "-6", "java", "29789", "0")), true, "SIGABRT was sent by itself", Certain},
		{"itself, by what another has sent it", traceHead + record("kill-9", "4206.842240", sent("15", "0", "java", "29789", "0")) + record("worker-7-29791", "4207.100000", sent("15", "-6", "java", "29789", "0")) + record("java-29789", "4209.842240", sent("15", "-6", "java", "29789", "0")), true, "SIGTERM was sent by kill(9)", Certain},
		{"itself, by another signal", traceHead + record("kill-9", "4206.842240", sent("15", "0", "java", "29789", "0")) + record("java-29789", "4209.842240", sent("6", "-6", "java", "29789", "0")), true, "SIGTERM was sent by kill(9)|SIGABRT was sent by itself", Certain},
		{"itself, and then another", traceHead + record("java-29789", "4206.842240", sent("15", "-6", "java", "29789", "0")) + record("kill-9", "4209.842240", sent("15", "0", "java", "29789", "0")), true, "SIGTERM was sent by itself|SIGTERM was sent by kill(9)", Certain},
		{"the kernel", traceHead + record("java-29789", "4246.842240", sent("24", "128", "java", "29789", "0")), true, "SIGXCPU was sent by the kernel", Certain},
		{"a forgotten name", traceHead + record("<...>-77", "4246.842240", sent("15", "0", "java", "29789", "0")), true, "SIGTERM was sent by process 77", Certain},
		{"out of memory", traceHead + record("x-77", "4246.842240", "mark_victim: pid=29789 comm=java total-vm=221368kB uid=0"), true, "the kernel has chosen it to end a want of memory", Certain},
		{"out of memory before Linux 6.9", traceHead + record("x-77", "4246.842240", "mark_victim: pid=29789"), true, "the kernel has chosen it to end a want of memory", Certain},
		{"a sender's name that looks like a record", traceHead + record("a-1 [0] d 1.0: -77", "4246.842240", sent("15", "0", "java", "29789", "0")), true, "SIGTERM was sent by a-1 [0] d 1.0: (77)", Certain},
		{"a target's name that looks like a number", traceHead + record("kill-77", "4246.842240", sent("15", "0", "x pid=29789 gr", "12", "0")), true, "", ""},
		{"a name with an escape sequence", traceHead + record("\x1b[2J-77", "4246.842240", sent("15", "0", "java", "29789", "0")), true, `SIGTERM was sent by \x1b[2J(77)`, Certain},
		{"lost records", "# entries-in-buffer/entries-written: 1/9   #P:2\n" + record("kill-9", "4246.842240", sent("9", "0", "java", "29789", "0")), true, "SIGKILL was sent by kill(9)", Likely},
		{"records lost before it was seen", "# entries-in-buffer/entries-written: 2/9   #P:2\n" + record("kill-9", "4000.842240", sent("9", "0", "java", "3", "0")) + record("kill-9", "4246.842240", sent("9", "0", "java", "29789", "0")), true, "SIGKILL was sent by kill(9)", Certain},
		{"cut", traceHead + record("kill-9", "4246.842240", sent("9", "0", "java", "29789", "0")), false, "SIGKILL was sent by kill(9)", Likely},
		{"a line cut in the middle", traceHead + "kill-9   [001] d..1.  4246.842240: signal_generate: sig=9 errno=0 code=0 comm=java pid=297", true, "", ""},
		{"a gap", traceHead + "CPU:1 [LOST 7 EVENTS]\n" + record("kill-9", "4246.842240", sent("9", "0", "java", "29789", "0")), true, "SIGKILL was sent by kill(9)", Likely},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var texts []string
			for _, f := range traceFindings([]byte(tc.text), tc.whole, jvm(), nameless) {
				texts = append(texts, f.Text)
				if f.Sure != tc.sure || !f.Main {
					t.Errorf("%+v", f)
				}
			}
			if got := strings.Join(texts, "|"); got != tc.texts {
				t.Errorf("got  %s\nwant %s", got, tc.texts)
			}
		})
	}
}

// nameless knows nothing of a sender but its name.
func nameless(s Sender) (name, more string) { return s.Name, "" }

// What it sends itself long after another has sent it the same may be its own doing.
func TestTraceItselfLongAfter(t *testing.T) {
	d := jvm()
	d.To = d.From + 10*time.Minute
	text := traceHead + record("kill-9", "4206.842240", sent("15", "0", "java", "29789", "0")) + record("java-29789", "4297.842240", sent("15", "-6", "java", "29789", "0"))
	if got := traceFindings([]byte(text), true, d, nameless); len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

// Of a sender that still runs more is told; of a worker of the daemon it is known that it
// is not the daemon.
func TestTraceTellsOfSenders(t *testing.T) {
	text := traceHead + record("monit-7", "4246.842240", sent("15", "0", "java", "500", "0"))
	got := traceFindings([]byte(text), true, jvm(), func(s Sender) (string, string) {
		if s != (Sender{7, "monit", seconds(4246.84224)}) {
			t.Errorf("asked about %+v", s)
		}
		return s.Name, "/usr/bin/monit of user 0"
	})
	if len(got) != 1 || got[0].Sender != "monit(7): /usr/bin/monit of user 0" || got[0].Main {
		t.Errorf("%+v", got)
	}
}

// The kernel keeps few names of tasks, and a sender is named all the same.
func TestTraceForgottenNames(t *testing.T) {
	killer := func(id int) (living, bool) {
		return aliveSince(4000, "d-killer", 1, "root", "", "/usr/local/sbin/d-killer", "kill"), id == 100
	}
	began := began("<...>-1", "4000.000000", "100")
	const ours, late = "/usr/local/sbin/d-killer", "4247.000000"
	for _, tc := range []struct {
		name, programs string
		now            census
		want           string
	}{
		{"it executes what was recorded", wholeHead + began + executed("<...>-100", "4000.100000", ours), killer, "d-killer(100): /usr/local/sbin/d-killer kill of user root"},
		{"nothing was recorded", wholeHead, killer, "d-killer(100): /usr/local/sbin/d-killer kill of user root"},
		{"what is executed is not recorded", "", killer, "process 100"},
		{"a record that may be old", cutHead + executed("<...>-100", "4000.100000", "/bin/sh"), killer, "d-killer(100): /usr/local/sbin/d-killer kill of user root"},
		{"it has executed nothing", wholeHead + began, killer, "d-killer(100): /usr/local/sbin/d-killer kill of user root"},
		{"it executes this through a link of another name", wholeHead + began + executed("<...>-100", "4000.100000", "/sbin/init"), killer, "d-killer(100): /usr/local/sbin/d-killer kill of user root"},
		{"it has executed another program since", wholeHead + began + executed("<...>-100", "4000.100000", "/usr/bin/kill") + executed("<...>-100", late, ours), killer, "kill(100): /usr/bin/kill"},
		{"it executed this later", wholeHead + executed("<...>-100", late, ours), killer, "process 100"},
		{"what it has executed since is not recorded", cutHead + executed("x-5", late, "/bin/x"), killer, "process 100"},
		{"it has ended", wholeHead + began + executed("<...>-100", "4000.100000", "/opt/a-very-long-program-name"), nobody, "a-very-long-pro(100): /opt/a-very-long-program-name"},
		{"it has ended, and nothing was recorded", "", nobody, "process 100"},
		{"another process has its number", "", func(int) (living, bool) { return aliveSince(4248, "x", 0, "", "", ""), true }, "process 100"},
	} {
		text := traceHead + record("<...>-100", "4246.842240", sent("15", "0", "java", "29789", "0"))
		got := traceFindings([]byte(text), true, jvm(), func(s Sender) (string, string) {
			p := parsePrograms([]byte(tc.programs))
			s.Name = nameOf(s, p, tc.now)
			return s.Name, describe(s, p, tc.now)
		})
		if len(got) != 1 || got[0].Sender != tc.want || got[0].SenderPID != 100 {
			t.Errorf("%s: %+v\nwant %q", tc.name, got, tc.want)
		}
	}
}

func nobody(int) (living, bool) { return living{}, false }

// A buffer is text with names that anybody chooses: it never names the number of another
// process as ours, and never panics.
func FuzzTrace(f *testing.F) {
	f.Add([]byte(traceHead + record("bash-29785", "4246.842240", sent("15", "0", "worker-7", "29791", "0"))))
	f.Add([]byte(record("x-77", "4246.842240", "mark_victim: pid=29789 comm=java")))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, found := range traceFindings(data, true, jvm(), nameless) {
			if strings.IndexFunc(found.Text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
				t.Errorf("%q", found.Text)
			}
		}
	})
}

// What a process calls itself stands in its record, and must not pass for another number.
func FuzzTraceNames(f *testing.F) {
	f.Add("kill", "worker-7")
	f.Add("a-1 [0] d 1.0: ", "x pid=29789 gr")
	f.Fuzz(func(t *testing.T, sender, target string) {
		if len(sender) > 15 || len(target) > 15 || sender == "" || strings.ContainsAny(sender+target, "\n\x00") {
			return // no process can be called so, or its record would be two lines
		}
		line := strings.TrimSuffix(record(sender+"-77", "4246.842240", sent("15", "0", target, "12", "0")), "\n")
		if r, ok := traceRecord([]byte(line)); ok && (r.sender != 77 || r.target != 12 || r.signal != 15) {
			t.Errorf("%+v of %q", r, line)
		}
	})
}
