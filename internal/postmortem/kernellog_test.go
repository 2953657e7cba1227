package postmortem

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/words"
)

// inLines are findings, each in a line.
func inLines(list []Finding) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%s, %s, signal %d, main %t: %s\n", f.Cause, f.Sure, f.Signal, f.Main, f.Text)
	}
	return b.String()
}

func TestKernelFindings(t *testing.T) {
	const head = "4,812,4246000000,-;"
	oom := "Killed process 29789 (java) total-vm:221368kB, anon-rss:20224kB, file-rss:6736kB, shmem-rss:0kB, UID:0 pgtables:108kB oom_score_adj:0\n SUBSYSTEM=x\n"
	texts := golden.Open(t, "kernel_findings.txtar")
	for _, tc := range []struct {
		name, record string
		slept        time.Duration
	}{
		{"a control group", head + "Memory cgroup out of memory: " + oom, 0},
		{"the machine", head + "Out of memory: " + oom, 0},
		{"an older kernel", head + oom, 0},
		{"written by a user", "12,812,4246000000,-;Out of memory: " + oom, 0},
		{"another process", head + "Out of memory: Killed process 2978 (java) total-vm:1kB", 0},
		{"before it was seen", "4,812,4100000000,-;Out of memory: " + oom, 0},
		{"before it was seen, or after a suspend", "4,812,4100000000,-;Out of memory: " + oom, 300 * time.Second},
		{"a fault", head + "java[29789]: segfault at 0 ip 00007febd9185ad8 sp 00007ffc3f4f12c8 error 4 in libc.so.6[167ad8,7febd9044000+156000] likely on CPU 0 (core 0, socket 0)", 0},
		{"a fault of a thread", head + "worker-7[29791]: segfault at 10 ip 0 sp 0 error 4", 0},
		{"a name that looks like a fault", head + "]: segfault at [29789]: segfault at 0 ip 0", 0},
		{"an instruction", head + "traps: java[29789] trap invalid opcode ip:401136 sp:7ffd error:0 in java[401000+1000]", 0},
		{"a protection fault", head + "traps: java[29789] general protection fault ip:401136 sp:7ffd error:0", 0},
		{"a protection fault of an older kernel", head + "traps: java[29789] general protection ip:401136 sp:7ffd error:0", 0},
		{"a division", head + "traps: java[29789] trap divide error ip:401136 sp:7ffd error:0 in java[401000+1000]", 0},
		{"a breakpoint", head + "traps: java[29789] trap int3 ip:401136 sp:7ffd error:0", 0},
		{"aarch64", head + "java[29789]: unhandled exception: DABT (lower EL), ESR 0x0000000092000005, level 1 translation fault in java[400000+1000]", 0},
		{"riscv64", head + "java[29789]: unhandled signal 4 code 0x1 at 0x0000000000000000 in java[400000+1000]", 0},
		{"ppc64", head + "java[29789]: segfault (11) at 0 nip 10000b5c lr 0 code 1 in java[10000000+10000]", 0},
		{"a name that looks like an exception", head + "[7]: unhandled [29789]: unhandled signal 4 code 0x1", 0},
		{"a name that looks like an amount", head + "Out of memory: Killed process 29789 (anon-rss:5kB) total-vm:221368kB, anon-rss:20224kB, file-rss:6736kB", 0},
		{"a name that looks like one", head + "traps: [29789] trap a][77] trap invalid opcode ip:401136", 0},
		{"no record", "Out of memory: " + oom, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := kernelFindings(kernelRecords{Records: [][]byte{[]byte(tc.record)}, Slept: tc.slept}, jvm())
			texts.Check(t, tc.name, inLines(got))
		})
	}
}

// oomLines are the lines of a real report, of which a task was not there.
const oomLines = `6,1,4245000000,-;java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
6,2,4245000000,-;Tasks state (memory values in pages):
6,3,4245000000,-;[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
6,4,4245000000,-;[  29789]     0 29789    55342     6740     5056     1684         0   110592        0             0 java
6,5,4245000000,-;[    811]   112   811   553420   674000     5056     1684         0   110592        0             0 mysqld
6,6,4245000000,-;[    812]     0   812     5534      740      740        0         0   110592        0             0 a name ] 9
6,7,4245000000,-;[    813]     0   813     5534        1        1        0         0   110592        0             0 tiny
6,8,4245000000,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/dkoom,task_memcg=/dkoom,task=java,pid=29789,uid=0
3,9,4246000000,-;Memory cgroup out of memory: Killed process 29789 (java) total-vm:221368kB, anon-rss:20224kB, file-rss:6736kB, shmem-rss:0kB, UID:0 pgtables:108kB oom_score_adj:0`

func kernelLines(text string) kernelRecords {
	r := kernelRecords{Page: 4096}
	for line := range strings.Lines(text) {
		r.Records = append(r.Records, []byte(line))
	}
	return r
}

// Who else had the memory is told.
func TestKernelTellsOfOthersOutOfMemory(t *testing.T) {
	const head = "the kernel has killed it for want of memory in its control group, of which it had 26 MiB"
	alone := strings.Join([]string{strings.Split(oomLines, "\n")[2], strings.Split(oomLines, "\n")[3], strings.Split(oomLines, "\n")[8]}, "\n")
	older := strings.NewReplacer("rss rss_anon rss_file rss_shmem pgtables_bytes", "rss pgtables_bytes", " 5056     1684         0 ", " ", " 740        0         0 ", " ", " 1        0         0 ", " ").Replace(oomLines)
	for name, tc := range map[string]struct{ lines, want string }{
		"the table":           {oomLines, head + " (/dkoom); the biggest others then were mysqld(811) 2632 MiB, a name ] 9(812) 2960 KiB, tiny(813) 4 KiB"},
		"an older table":      {older, head + " (/dkoom); the biggest others then were mysqld(811) 2632 MiB, a name ] 9(812) 2960 KiB, tiny(813) 4 KiB"},
		"no table":            {strings.Split(oomLines, "\n")[8], head},
		"alone":               {alone, head + "; no other task was in it"},
		"an earlier report":   {strings.ReplaceAll(oomLines, "29789", "29") + "\n" + strings.Join(strings.Split(oomLines, "\n")[:2], "\n") + "\n" + strings.Split(oomLines, "\n")[8], head},
		"rows without a head": {strings.Join(append(strings.Split(oomLines, "\n")[4:7:7], strings.Split(oomLines, "\n")[8]), "\n"), head},
	} {
		got := kernelFindings(kernelLines(tc.lines), jvm())
		if len(got) != 1 || got[0].Text != tc.want || got[0].Next != "dmesg -T | grep -w 29789" || !got[0].When.Equal(jvm().Wall.Add(-14*time.Second)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, line := range strings.Split(oomLines, "\n") {
		if _, text, ok := kernelRecord([]byte(line)); !ok || !ofInterest(text) {
			t.Errorf("%s is left out", line)
		}
	}
}

// A process that hangs is not a death; it may have begun before.
func TestKernelTellsOfHungTasks(t *testing.T) {
	line := func(at string) kernelRecords {
		return kernelLines("3,9," + at + ",-;INFO: task a:b]:9 x:29789 blocked for more than 120 seconds.")
	}
	for at, want := range map[string]Certainty{"4246000000": Certain, "3900000000": Hint, "300000000": "", "4300000000": ""} {
		got := kernelFindings(line(at), jvm())
		if want == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || !got[0].Aside || got[0].Sure != want || got[0].Text != "it has hung in the kernel for more than 120 s" {
			t.Errorf("at %s: %+v", at, got)
		}
	}
}

// What /dev/kmsg has lost stands in the journal, or in a file of syslogd's, where anybody
// may have written it.
func TestKernelFindingsOfOthers(t *testing.T) {
	d := jvm()
	d.Wall = time.Date(2026, 11, 28, 6, 10, 50, 0, time.UTC)
	const what = "java[29789]: segfault at 0 ip 00007febd9185ad8 sp 00007ffc3f4f12c8 error 4 in libc.so.6[167ad8,7febd9044000+156000]"
	const want = "a segmentation fault at address 0 in libc.so.6"
	entry := `{"MESSAGE":"` + what + `","_TRANSPORT":"kernel","SYSLOG_FACILITY":"0","__MONOTONIC_TIMESTAMP":"4246000000"}`
	for _, tc := range []struct {
		name string
		r    kernelRecords
		sure Certainty
	}{
		{"the journal", kernelLines(kernelOfJournal(journalEntries([]byte(entry))[0])), Certain},
		{"the journal, by a user", kernelLines(kernelOfJournal(journalEntries([]byte(strings.Replace(entry, `"0"`, `"1"`, 1)))[0])), ""},
		{"the journal, by a program", kernelLines(kernelOfJournal(journalEntries([]byte(strings.Replace(entry, `"kernel"`, `"syslog"`, 1)))[0])), ""},
		{"a file", kernelRecords{Lines: []byte("Nov 28 06:10:36 host kernel: [ 4246.000000] " + what + "\n")}, Likely},
		{"a file with full dates", kernelRecords{Lines: []byte("2026-11-28T06:10:36.123456+00:00 host kernel: " + what + "\n")}, Likely},
		{"a file, of a year ago", kernelRecords{Lines: []byte("2025-11-28T06:10:36.123456+00:00 host kernel: " + what + "\n")}, ""},
		{"a file, of another day", kernelRecords{Lines: []byte("Nov 29 06:10:36 host kernel: " + what + "\n")}, ""},
		{"a file, of another program", kernelRecords{Lines: []byte("Nov 28 06:10:36 host x: kernel: " + what + "\n")}, ""},
		{"a file, cut", kernelRecords{Lines: []byte("Nov 28 06:10:36 host kernel: " + what)}, ""},
	} {
		got := kernelFindings(tc.r, d)
		if tc.sure == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Text != want || got[0].Sure != tc.sure {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
}

// FreeBSD's kernel has no times in its own buffer, and the file that has them is not its
// own.
func TestFreeBSDKernelFindings(t *testing.T) {
	d := Dead{
		Executable: "/usr/local/sbin/crashd", Processes: []words.Process{{PID: 87}}, From: seconds(100), To: seconds(160),
		Wall: time.Date(2026, 11, 28, 6, 10, 50, 0, time.UTC),
	}
	const core = "pid 87 (crashd), jid 0, uid 0: exited on signal 11 (core dumped)"
	const memory = "pid 87 (crashd), jid 0, uid 0, was killed: failed to reclaim memory"
	in := func(text string) string { return "Nov 28 06:10:36 fb kernel: " + text + "\n" }
	texts := golden.Open(t, "freebsd_kernel_findings.txtar")
	for _, tc := range []struct {
		name, lines, buffer string
	}{
		{"in both", in(core), "boot\n<6>" + core + "\n"},
		{"in the file", in(core), "boot\n"},
		{"in the buffer, and the file knows nothing of it", in("x"), core + "\n"},
		{"in the buffer, without a file", "", core + "\n"},
		{"in the buffer, of another program", "", strings.Replace(core, "crashd", "other", 1) + "\n"},
		{"in the buffer, of a program that writes to the console", "", "<118>" + core + "\n"},
		{"with times", in(core), "[4246] " + core + "\n"},
		{"an hour ago", strings.Replace(in(core), "06:10", "05:10", 1), ""},
		{"memory", in(memory), memory + "\n"},
		{"an allocation", in("pid 87 (crashd), jid 0, uid 0, was killed: a thread waited too long to allocate a page"), ""},
		{"no core", in("pid 87 (crashd), jid 0, uid 0: exited on signal 6 (no core dump - bad address)"), ""},
		{"before there were jails in it", in("pid 87 (crashd), uid 0: exited on signal 6"), ""},
		{"another process", in("pid 8 (87), jid 0, uid 0: exited on signal 11"), ""},
		{"a name that looks like one", in("pid 8 (a), uid 0: exited on signal 6), jid 0, uid 0: exited on signal 11"), ""},
	} {
		got := kernelFindings(kernelRecords{Lines: []byte(tc.lines), Buffer: []byte(tc.buffer)}, d)
		texts.Check(t, tc.name, inLines(got))
	}
}

// The same lines make the same verdict whenever they are read.
func TestFreeBSDKernelFindingsInOrder(t *testing.T) {
	d := Dead{Executable: "/usr/local/sbin/crashd", Processes: []words.Process{{PID: 87}}, Wall: time.Unix(1_795_846_215, 0)}
	var buffer []byte
	for _, signal := range []string{"6", "11", "9", "8", "4"} {
		buffer = append(buffer, "pid 87 (crashd), jid 0, uid 0: exited on signal "+signal+"\n"...)
	}
	first := kernelFindings(kernelRecords{Buffer: buffer}, d)
	for range 20 {
		if got := kernelFindings(kernelRecords{Buffer: buffer}, d); !slices.Equal(got, first) {
			t.Fatalf("%+v\nand %+v", got, first)
		}
	}
}

func TestKernelCovers(t *testing.T) {
	for record, want := range map[string]bool{"6,0,4246000000,-;x": true, "6,9,4246000000,-;x": false, "30,9,100,-;x": true, "6,9": false, "": false} {
		if got := kernelCovers([]byte(record), jvm()); got != want {
			t.Errorf("%q: %t", record, got)
		}
	}
}

// The clock of the kernel's log leaves the one since boot by seconds in a day.
func TestKernelClock(t *testing.T) {
	text := "Sched Debug Version: v0.11, 6.18.44 #1\nktime                                   : 46410023.399585\nsched_clk                               : 46450047.143841\ncpu_clk                                 : 46410024.808801\n\nsysctl_sched\n  .sysctl_sched_base_slice                 : 1.400000\n"
	if lead, ok := clocks([]byte(text)); !ok || lead.Round(time.Millisecond) != 40024*time.Millisecond {
		t.Errorf("%v %t", lead, ok)
	}
	for _, bad := range []string{"", "ktime : 1", "ktime : x\nsched_clk : 1", "ktime : 1\nsched_clk : 1e300"} {
		if lead, ok := clocks([]byte(bad)); ok {
			t.Errorf("%q: %v", bad, lead)
		}
	}
	d := jvm()
	d.From, d.To = d.From+30*24*time.Hour, d.To+30*24*time.Hour
	for _, tc := range []struct {
		at, lead time.Duration // at: behind From
		exact    bool
		sure     Certainty
	}{
		{30 * time.Second, 0, true, Certain},
		{-2 * time.Minute, 0, true, ""},
		{-2 * time.Minute, -150 * time.Second, true, Certain},
		{-2 * time.Minute, 0, false, Likely},
		{-10 * time.Minute, 0, false, ""},
	} {
		record := fmt.Sprintf("4,812,%d,-;Out of memory: Killed process 29789 (java) total-vm:1kB", (d.From + tc.at).Microseconds())
		r := kernelLines(record)
		r.Lead, r.Exact = tc.lead, tc.exact
		got := kernelFindings(r, d)
		if tc.sure == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Sure != tc.sure {
			t.Errorf("%+v: %+v", tc, got)
		}
	}
}

func FuzzKernelLog(f *testing.F) {
	f.Add([]byte("4,812,4246000000,-;traps: java[29789] trap a] ip:1"))
	f.Add([]byte("4,812,4246000000,-;java[29789]: segfault at 0 ip 0 sp 0 error 4 in libc.so.6[1,2+3]"))
	f.Add([]byte("4,812,4246000000,-;Killed process 29789 (java) total-vm:1kB, anon-rss:1kB"))
	f.Fuzz(func(t *testing.T, data []byte) {
		harmless(t, kernelFindings(kernelRecords{Records: [][]byte{data}}, jvm()))
		_, text, _ := kernelRecord(data)
		ofInterest(text)
	})
}

func FuzzKernelLines(f *testing.F) {
	f.Add([]byte(oomLines))
	f.Add([]byte("Nov 28 06:10:36 fb kernel: pid 29789 (java), jid 0, uid 0: exited on signal 11 (core dumped)\n"))
	f.Add([]byte("2026-11-28T06:10:36.123456+00:00 host kernel: java[29789]: segfault at 0 ip 0\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := kernelLines(string(data))
		r.Lines, r.Buffer = data, data
		harmless(t, kernelFindings(r, jvm()))
	})
}

// journalctl prints what anybody has written to the journal.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"MESSAGE":[1,2,300],"_TRANSPORT":"kernel","SYSLOG_FACILITY":"0","__MONOTONIC_TIMESTAMP":"1"}`))
	f.Add([]byte(`{"MESSAGE":"SYSCALL a","_TRANSPORT":"audit","_AUDIT_TYPE_NAME":"SYSCALL","__REALTIME_TIMESTAMP":"1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, entry := range journalEntries(data) {
			if record := auditOfJournal(entry); strings.Count(record, "\n") > 1 {
				t.Errorf("more than one line: %q", record)
			}
			if record := kernelOfJournal(entry); strings.Contains(record, "\n") {
				t.Errorf("more than one line: %q", record)
			}
		}
	})
}
