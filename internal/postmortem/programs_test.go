package postmortem

import (
	"strings"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
)

func began(who, at, child string) string {
	return record(who, at, "task_newtask: pid="+child+" comm=x clone_flags=1200011 oom_score_adj=0")
}

func executed(who, at, file string) string {
	return record(who, at, "sched_process_exec: filename="+file+" pid="+who[strings.LastIndexByte(who, '-')+1:]+" old_pid="+who[strings.LastIndexByte(who, '-')+1:])
}

const (
	wholeHead = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 9/9   #P:2\n#\n"
	cutHead   = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 9/90   #P:2\n#\n"
)

// aliveSince is a process that runs since a time, in seconds since boot.
func aliveSince(start float64, name string, parent int, user, unit, program string, args ...string) living {
	stat := proctable.Stat{Name: name, Parent: parent, Start: seconds(start)}
	return living{proctable.Living{Stat: stat, Program: program, Args: append([]string{name}, args...), Unit: unit}, user}
}

// running700 is the processes that run: cron since the boot, and what had the number 816
// later.
func running700(id int) (living, bool) {
	l, ok := map[int]living{
		1:   aliveSince(0, "systemd", 0, "root", "", "/usr/lib/systemd/systemd"),
		700: aliveSince(10, "cron", 1, "root", "cron.service", "/usr/sbin/cron", "-f"),
		816: aliveSince(4250, "evil", 1, "mallory", "", "/home/mallory/evil"),
		900: aliveSince(20, "monitor", 700, "alice", "monitor.service", "/opt/monitor", "--kill", "java\x1b"),
	}[id]
	return l, ok
}

func TestDescribe(t *testing.T) {
	cron := began("cron-700", "4240.000000", "812") + executed("logrotate-812", "4240.100000", "/usr/sbin/logrotate") +
		began("logrotate-812", "4241.000000", "815") + executed("sh-815", "4241.100000", "/bin/sh") + began("sh-815", "4242.000000", "816")
	kill := executed("kill-816", "4242.100000", "/usr/bin/kill")
	for _, tc := range []struct {
		name, text string
		id         int
		called     string
		want       string
	}{
		{"one that lives", wholeHead, 900, "monitor", `/opt/monitor --kill java\x1b of user alice in monitor.service, started by cron(700)`},
		{"one that lives, of another name", wholeHead, 900, "java", ""},
		{"one that has ended, with its ancestors", wholeHead + cron + kill, 816, "kill", "/usr/bin/kill, started by cron(700) of user root in cron.service -> logrotate(812) -> sh(815)"},
		{"records are missing since", cutHead + began("x-5", "4245.000000", "6") + wholeHead + cron + kill, 816, "kill", "probably /usr/bin/kill, started by cron(700) of user root in cron.service -> logrotate(812) -> sh(815)"},
		{"a shell's own kill", wholeHead + cron, 815, "sh", "/bin/sh, started by cron(700) of user root in cron.service -> logrotate(812)"},
		{"one that has executed nothing", wholeHead + cron, 816, "sh", "started by cron(700) of user root in cron.service -> logrotate(812) -> sh(815)"},
		{"a program in no usual folder", wholeHead + began("cron-700", "4240.000000", "812") + executed("kill-812", "4240.100000", "/opt/x/kill"), 812, "kill", "/opt/x/kill, started by cron(700) of user root in cron.service"},
		{"a program alone, of its name", cutHead + kill, 816, "kill", "probably /usr/bin/kill"},
		{"a program alone, of another name", cutHead + kill, 816, "java", ""},
		{"an earlier process's program", wholeHead + kill + began("sh-815", "4243.000000", "816"), 816, "sh", "started by sh(815)"},
		{"later than the signal", wholeHead + executed("kill-816", "4250.000000", "/usr/bin/kill"), 816, "kill", ""},
		{"records that were lost in between", cutHead + cron + kill + "CPU:1 [LOST 7 EVENTS]\n" + executed("x-5", "4244.000000", "/x"), 816, "kill", "probably /usr/bin/kill, started by cron(700) of user root in cron.service -> logrotate(812) -> sh(815)"},
		{"an ancestor's records were overwritten", cutHead + began("cron-700", "4240.000000", "815") + executed("sh-815", "4241.100000", "/bin/sh") + strings.ReplaceAll(began("x-5", "4241.500000", "6"), "[001]", "[000]") + began("sh-815", "4242.000000", "816") + kill, 816, "kill", "/usr/bin/kill, probably started by cron(700) of user root in cron.service -> sh(815)"},
		{"a path that forges a record", wholeHead + executed("x-99", "4240.000000", "/tmp/x-816 [001] d..1.  4242.000000: sched_process_exec: filename=/bin/forged pid=816 old_pid=816"), 816, "forged", ""},
		{"a record of another's execution", wholeHead + record("x-99", "4240.000000", "sched_process_exec: filename=/bin/x pid=816 old_pid=816"), 816, "x", ""},
		{"ancestors whose names the kernel has forgotten", wholeHead + began("<...>-700", "4240.000000", "812") + executed("<...>-812", "4240.100000", "/usr/sbin/logrotate") + began("<...>-812", "4241.000000", "816") + kill, 816, "kill", "/usr/bin/kill, started by cron(700) of user root in cron.service -> logrotate(812)"},
		{"one of which nothing else is known", wholeHead + began("<...>-812", "4241.000000", "816") + kill, 816, "kill", "/usr/bin/kill, started by process 812"},
		{"one that may have executed another program since", cutHead + began("<...>-900", "4244.000000", "816") + strings.ReplaceAll(began("x-5", "4244.100000", "6"), "[001]", "[000]") + executed("kill-816", "4244.200000", "/usr/bin/kill"), 816, "kill", "probably /usr/bin/kill, started by cron(700) of user root in cron.service -> process 900"},
		{"an ancestor that has executed another program since", wholeHead + began("sh-900", "4241.000000", "816") + kill, 816, "kill", "/usr/bin/kill, started by cron(700) of user root in cron.service -> sh(900)"},
		{"nothing", "", 816, "kill", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := describe(Sender{tc.id, tc.called, seconds(4245)}, parsePrograms([]byte(tc.text)), running700); got != tc.want {
				t.Errorf("%q\nwant %q", got, tc.want)
			}
		})
	}
}

// Parents that lead to each other lead nowhere for ever.
func TestDescribeCircle(t *testing.T) {
	p := parsePrograms([]byte(wholeHead + began("a-5", "1.000000", "6") + began("b-6", "1.000000", "5")))
	if got := describe(Sender{5, "a", seconds(2)}, p, running700); strings.Count(got, "->") > mostAncestors {
		t.Error(got)
	}
}

// Whatever a buffer holds, what is told is printable and of a bounded length.
func FuzzPrograms(f *testing.F) {
	f.Add([]byte(wholeHead+began("sh-815", "4242.000000", "816")+executed("kill-816", "4242.100000", "/usr/bin/kill")), "kill")
	f.Add([]byte("CPU:1 [LOST 7 EVENTS]\n"), "x")
	f.Fuzz(func(t *testing.T, text []byte, name string) {
		got := describe(Sender{816, name, 4245 * time.Second}, parsePrograms(text), running700)
		if len(got) > 8<<10 || strings.IndexFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
			t.Errorf("%q", got)
		}
	})
}

// What a program's path is called, it is a record of the process that has executed it.
func FuzzProgramNames(f *testing.F) {
	f.Add("kill", "/usr/bin/kill")
	f.Add("a-1 [0] d 1.0: ", "/x pid=816 old_pid=816")
	f.Fuzz(func(t *testing.T, name, file string) {
		if name == "" || len(name) > 15 || strings.ContainsAny(name+file, "\n\x00") {
			return // the filter keeps these out, or no process can be called so
		}
		line := strings.TrimSuffix(executed(name+"-77", "4242.000000", file), "\n")
		if r, _, ok := startedRecord(line); ok && (r.id != 77 || r.parent != 0 || r.program != file || r.at != 4242*time.Second) {
			t.Errorf("%+v of %q", r, line)
		}
	})
}
