package postmortem

import (
	"strings"
	"testing"
	"time"
)

func TestKernelFindings(t *testing.T) {
	const head = "4,812,4246000000,-;"
	oom := "Killed process 29789 (java) total-vm:221368kB, anon-rss:20224kB, file-rss:6736kB, shmem-rss:0kB, UID:0 pgtables:108kB oom_score_adj:0\n SUBSYSTEM=x\n"
	for _, tc := range []struct {
		name, record string
		slept        time.Duration
		text         string
		cause        Cause
		sure         Certainty
		signal       int
	}{
		{"a control group", head + "Memory cgroup out of memory: " + oom, 0, "the kernel has killed it for want of memory in its control group, of which it had 20224 KiB", OutOfMemory, Certain, 9},
		{"the machine", head + "Out of memory: " + oom, 0, "the kernel has killed it for want of memory, of which it had 20224 KiB", OutOfMemory, Certain, 9},
		{"an older kernel", head + oom, 0, "the kernel has killed it for want of memory, of which it had 20224 KiB", OutOfMemory, Certain, 9},
		{"written by a user", "12,812,4246000000,-;Out of memory: " + oom, 0, "", "", "", 0},
		{"another process", head + "Out of memory: Killed process 2978 (java) total-vm:1kB", 0, "", "", "", 0},
		{"before it was seen", "4,812,4100000000,-;Out of memory: " + oom, 0, "", "", "", 0},
		{"before it was seen, or after a suspend", "4,812,4100000000,-;Out of memory: " + oom, 300 * time.Second, "the kernel has killed it for want of memory, of which it had 20224 KiB", OutOfMemory, Likely, 9},
		{"a fault", head + "java[29789]: segfault at 0 ip 00007febd9185ad8 sp 00007ffc3f4f12c8 error 4 in libc.so.6[167ad8,7febd9044000+156000] likely on CPU 0 (core 0, socket 0)", 0, "a segmentation fault at address 0 in libc.so.6", Signalled, Certain, 11},
		{"a fault of a thread", head + "worker-7[29791]: segfault at 10 ip 0 sp 0 error 4", 0, "a segmentation fault at address 10", Signalled, Certain, 11},
		{"a name that looks like a fault", head + "]: segfault at [29789]: segfault at 0 ip 0", 0, "", "", "", 0},
		{"an instruction", head + "traps: java[29789] trap invalid opcode ip:401136 sp:7ffd error:0 in java[401000+1000]", 0, "a fault of the processor: trap invalid opcode", Signalled, Certain, 4},
		{"a protection fault", head + "traps: java[29789] general protection fault ip:401136 sp:7ffd error:0", 0, "a fault of the processor: general protection fault", Signalled, Certain, 11},
		{"a name that looks like one", head + "traps: [29789] trap a][77] trap invalid opcode ip:401136", 0, "", "", "", 0},
		{"no record", "Out of memory: " + oom, 0, "", "", "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := kernelFindings(KernelRecords{[][]byte{[]byte(tc.record)}, tc.slept}, jvm())
			if tc.text == "" {
				if len(got) > 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Text != tc.text || got[0].Cause != tc.cause || got[0].Sure != tc.sure || got[0].Signal != tc.signal || !got[0].Main {
				t.Errorf("%+v", got)
			}
		})
	}
}

func FuzzKernelLog(f *testing.F) {
	f.Add([]byte("4,812,4246000000,-;traps: java[29789] trap a] ip:1"))
	f.Add([]byte("4,812,4246000000,-;java[29789]: segfault at 0 ip 0 sp 0 error 4 in libc.so.6[1,2+3]"))
	f.Add([]byte("4,812,4246000000,-;Killed process 29789 (java) total-vm:1kB, anon-rss:1kB"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, found := range kernelFindings(KernelRecords{Records: [][]byte{data}}, jvm()) {
			if strings.IndexFunc(found.Text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
				t.Errorf("%q", found.Text)
			}
		}
	})
}
