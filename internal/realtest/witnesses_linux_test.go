package realtest

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/words"
)

// instructions is the smallest program that this kernel executes, with some instructions.
func instructions(t *testing.T, name string, code ...byte) string {
	t.Helper()
	const head, base = 64 + 56, 0x400000
	le := binary.LittleEndian
	b := make([]byte, head)
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], 2)    // executable
	le.PutUint16(b[18:], 0x3e) // x86_64
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[24:], base+head) // where it begins
	le.PutUint64(b[32:], 64)        // its only segment
	le.PutUint16(b[52:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 1)
	le.PutUint32(b[64:], 1)
	le.PutUint32(b[68:], 5) // read and executed
	le.PutUint64(b[80:], base)
	b = append(b, code...)
	le.PutUint64(b[96:], uint64(len(b)))
	le.PutUint64(b[104:], uint64(len(b)))
	le.PutUint64(b[112:], 0x1000)
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// asks is what a witness says of a process that has just died.
func asks(t *testing.T, w postmortem.Witness, pid int, from time.Duration) []postmortem.Finding {
	t.Helper()
	d := postmortem.Dead{Processes: []words.Process{{PID: pid}}, From: from - 10*time.Second, To: uptime(t) + 10*time.Second, Wall: time.Now().Add(10 * time.Second)}
	found, err := w.Ask(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// What the kernel says of real faults is understood.
func TestWitnessFaults(t *testing.T) {
	Need(t)
	if runtime.GOARCH != "amd64" {
		t.Skip("the instructions are x86_64's")
	}
	for _, tc := range []struct {
		name   string
		code   []byte
		signal int
		text   string
	}{
		{"null ] [7]", []byte{0x31, 0xc0, 0x8a, 0x00}, 11, "a segmentation fault at address 0 in null ] "},
		{"opcode", []byte{0x0f, 0x0b}, 4, "a fault of the processor: trap invalid opcode in opcode"},
		{"divide", []byte{0x31, 0xc9, 0xf7, 0xf1}, 8, "a fault of the processor: trap divide error in divide"},
		{"protection", []byte{0xf4}, 11, "a fault of the processor: general protection fault in protection"},
		{"breakpoint", []byte{0xcc}, 5, "a fault of the processor: trap int3 in breakpoint"},
	} {
		path := instructions(t, tc.name, tc.code...)
		var found []postmortem.Finding
		Until(t, "the kernel tells of "+tc.name, func() bool { // it does not tell of more than 10 in 5 s
			from := uptime(t)
			cmd := exec.Command(path)
			_ = cmd.Run()
			found = asks(t, postmortem.KernelLog(), cmd.Process.Pid, from)
			return len(found) > 0
		})
		if len(found) != 1 || found[0].Text != tc.text || found[0].Signal != tc.signal || found[0].Sure != postmortem.Certain || time.Since(found[0].When).Abs() > time.Minute {
			t.Errorf("%s: %+v", tc.name, found)
		}
	}
}

// A control group without memory: who is killed, what it had, and who else was there.
func TestWitnessOutOfMemory(t *testing.T) {
	Need(t)
	const groups = "/sys/fs/cgroup/memory"
	if _, err := os.Stat(groups + "/memory.limit_in_bytes"); err != nil {
		t.Skip("no memory controller of the first version here")
	}
	name := fmt.Sprintf("daemon-keeper-test-%d", os.Getpid())
	group := filepath.Join(groups, name)
	if err := os.Mkdir(group, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		Until(t, "the group is empty", func() bool { return os.Remove(group) == nil })
	})
	if err := os.WriteFile(group+"/memory.limit_in_bytes", []byte("20M"), 0); err != nil {
		t.Fatal(err)
	}
	inGroup := func(command string) *exec.Cmd {
		cmd := exec.Command("/bin/sh", "-c", "echo $$ >"+group+"/cgroup.procs && exec "+command)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	other := inGroup("sleep 600")
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	Until(t, "the other one is in the group", func() bool {
		list, _ := os.ReadFile(group + "/cgroup.procs")
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", other.Process.Pid))
		return strings.Contains(string(list), fmt.Sprintln(other.Process.Pid)) && filepath.Base(exe) == "sleep"
	})
	from := uptime(t)
	greedy := inGroup("tail /dev/zero")
	_ = greedy.Wait()
	var found []postmortem.Finding
	Until(t, "the kernel tells of it", func() bool {
		found = asks(t, postmortem.KernelLog(), greedy.Process.Pid, from)
		return len(found) > 0
	})
	want := []string{"want of memory in its control group, of which it had ", " MiB (/" + name + ")", fmt.Sprintf("the biggest others then were sleep(%d) ", other.Process.Pid)}
	for _, w := range want {
		if len(found) != 1 || found[0].Cause != words.OutOfMemory || found[0].Sure != postmortem.Certain || !strings.Contains(found[0].Text, w) {
			t.Errorf("no %q in %+v", w, found)
		}
	}
}
