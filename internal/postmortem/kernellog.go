package postmortem

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// KernelLog has what the kernel says of processes that it kills: for want of memory, or
// for a fault.
type KernelLog struct {
	Read func(ctx context.Context) (KernelRecords, error)
}

// KernelRecords are the records of /dev/kmsg, as they were read.
type KernelRecords struct {
	Records [][]byte
	Slept   time.Duration // how long the machine has been suspended since boot: the kernel's log does not count that
}

const kernelLog = "kernel log"

// Name is its name for people.
func (KernelLog) Name() string { return kernelLog }

// Ask reads the kernel's log.
func (k KernelLog) Ask(ctx context.Context, d Dead) ([]Finding, error) {
	r, err := k.Read(ctx)
	return kernelFindings(r, d), err
}

// slack is what the kernel's clocks differ from each other.
const slack = time.Second

// kernelFindings is what records say of a dead daemon.
func kernelFindings(r KernelRecords, d Dead) []Finding {
	var list []Finding
	for _, record := range r.Records {
		at, text, ok := kernelRecord(record)
		if !ok {
			continue
		}
		f, pid := kernelLine(text)
		p, ours := d.process(pid)
		if f.Cause == "" || !ours {
			continue
		}
		// When it was suspended is not known, so it happened somewhere in between.
		first, last := at, at+r.Slept
		switch {
		case last < d.From-slack || first > d.To+slack:
			continue
		case first < d.From || last > d.To:
			f.Sure = Likely
		}
		f.Main = d.isMain(p)
		list = append(list, f)
	}
	return list
}

// kernelRecord is one of /dev/kmsg: "priority,number,microseconds,flags;text", then a line
// for each property. Who writes to it from user space is not of the kernel's facility,
// which is 0.
func kernelRecord(record []byte) (at time.Duration, text string, ok bool) {
	line, _, _ := bytes.Cut(record, []byte("\n"))
	head, body, ok := bytes.Cut(line, []byte(";"))
	if !ok {
		return 0, "", false
	}
	fields := strings.Split(string(head), ",")
	if len(fields) < 4 {
		return 0, "", false
	}
	priority, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil || priority>>3 != 0 {
		return 0, "", false
	}
	us, err := strconv.ParseUint(fields[2], 10, 50)
	if err != nil {
		return 0, "", false
	}
	return time.Duration(us) * time.Microsecond, string(body), true
}

var (
	victim = words.Pattern{Text: `^(Out of memory: |Memory cgroup out of memory: |)Killed process ([0-9]{1,9})(?:,| \()`}
	trap   = words.Pattern{Text: `\[([0-9]{1,9})\] (?:trap |general protection)`}
	rss    = words.Pattern{Text: `anon-rss:([0-9]{1,15})kB`}
)

// kernelLine is what a line of the kernel's says of a process, and its number. A process
// chooses its own name, of 15 bytes at most, so no part of a name may pass for a number.
func kernelLine(text string) (Finding, int) {
	f := Finding{Sure: Certain, Source: kernelLog, Detail: true}
	if m := victim.Get().FindStringSubmatch(text); m != nil {
		f.Cause, f.Signal = OutOfMemory, sigKill
		f.Text = "the kernel has killed it for want of memory"
		if strings.HasPrefix(m[1], "Memory cgroup") {
			f.Text += " in its control group"
		}
		if used := rss.Get().FindAllStringSubmatch(text, -1); len(used) == 1 {
			f.Text += ", of which it had " + used[0][1] + " KiB"
		}
		return f, number(m[2])
	}
	// The name cannot hold this mark and a bracketed number, so the first one is the kernel's.
	if head, rest, ok := strings.Cut(text, "]: segfault at "); ok {
		f.Cause, f.Signal = Signalled, sigSegv
		address, _, _ := strings.Cut(rest, " ")
		f.Text = fmt.Sprintf("a segmentation fault at address %s%s", words.ASCII(words.Cut(address, 20)), library(rest))
		return f, number(head[strings.LastIndexByte(head, '[')+1:])
	}
	if rest, ok := strings.CutPrefix(text, "traps: "); ok {
		head, _, _ := strings.Cut(rest, " ip:")
		m := trap.Get().FindAllStringSubmatchIndex(head, -1)
		if len(m) != 1 { // a name that looks like one
			return Finding{}, 0
		}
		kind := head[m[0][3]+len("] "):]
		f.Cause, f.Signal = Signalled, trapSignal(kind)
		f.Text = "a fault of the processor: " + words.ASCII(words.Cut(kind, 60))
		return f, number(head[m[0][2]:m[0][3]])
	}
	return Finding{}, 0
}

// trapSignal is the signal that ends a process after such a fault, arch/x86/kernel/traps.c.
func trapSignal(kind string) int {
	switch kind {
	case "general protection fault":
		return sigSegv
	case "trap invalid opcode":
		return sigIll
	case "trap divide error":
		return sigFpe
	}
	return 0
}

// library is where the fault was: "error 4 in libc.so.6[167ad8,7febd9044000+156000]".
func library(rest string) string {
	_, name, ok := strings.Cut(rest, " in ")
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, "[")
	return " in " + words.ASCII(words.Cut(name, 60))
}

// number is a process number, or 0.
func number(text string) int {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
