package postmortem

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// kernelStory is what the lines of Linux say of a dead daemon.
func kernelStory(entries []kernelEntry, d Dead, page int) []Finding {
	var list []Finding
	var memory oomReport
	for _, e := range entries {
		memory.hear(e.text)
		f, pid := kernelLine(e.text)
		p, ours := d.process(pid)
		if !ours {
			continue
		}
		switch {
		case e.sure == "" && f.Aside && e.late:
			f.Sure = Hint
		case e.sure == "":
			continue
		case e.sure == Likely || e.file:
			f.Sure = Likely
		}
		if f.Cause == words.OutOfMemory {
			f.Text += memory.more(pid, page)
		}
		f.Main, f.When, f.Next = d.isMain(p), e.when, fmt.Sprintf("dmesg -T | grep -w %d", pid)
		list = append(list, f)
	}
	return list
}

var (
	victim    = words.Pattern{Text: `^(Out of memory: |Memory cgroup out of memory: |)Killed process ([0-9]{1,9})(?:,| \()`}
	trap      = words.Pattern{Text: `\[([0-9]{1,9})\] (?:trap |general protection)`}
	used      = words.Pattern{Text: `(?:anon|file|shmem)-rss:([0-9]{1,15})kB`}
	hung      = words.Pattern{Text: `^INFO: task .*:([0-9]{1,9}) blocked for more than ([0-9]{1,9}) seconds\.`}
	unhandled = words.Pattern{Text: `^.{1,15}\[([0-9]{1,9})\]: (unhandled (?:signal ([0-9]{1,2})|exception|level)|segfault \(11\))`}
)

// kernelLine is what a line of the kernel's says of a process, and the id of that. A process can
// choose its own name, of up to 15 bytes, so the patterns take no number out of a name.
func kernelLine(text string) (Finding, int) {
	f := Finding{Sure: Certain, Source: kernelLog, Detail: true}
	if m := victim.Get().FindStringSubmatch(text); m != nil {
		return outOfMemory(f, m[1], text), number(m[2])
	}
	// The name cannot hold this mark and a bracketed number, so the first one is the kernel's.
	if head, rest, ok := strings.Cut(text, "]: segfault at "); ok {
		f.Cause, f.Signal = words.Signalled, sigSegv
		address, _, _ := strings.Cut(rest, " ")
		f.Text = fmt.Sprintf("a segmentation fault at address %s%s", words.ASCII(words.Cut(address, 20)), library(rest))
		return f, number(head[strings.LastIndexByte(head, '[')+1:])
	}
	if rest, ok := strings.CutPrefix(text, "traps: "); ok {
		return trapped(f, rest)
	}
	if m := hung.Get().FindStringSubmatch(text); m != nil {
		f.Aside, f.Detail = true, false
		f.Text = "it has hung in the kernel for more than " + m[2] + " s"
		return f, number(m[1])
	}
	if m := unhandled.Get().FindStringSubmatch(text); m != nil { // not on x86
		f.Cause, f.Signal, f.Text = words.Signalled, number(m[3]), "a fault of the processor"+library(text)
		if m[3] == "" && strings.Contains(text, "translation fault") || m[2] == "segfault (11)" {
			f.Signal = sigSegv
		}
		return f, number(m[1])
	}
	return Finding{}, 0
}

// outOfMemory is the end of a process because of too little memory. The kernel's numbers are after
// the name, whatever the name looks like.
func outOfMemory(f Finding, whose, text string) Finding {
	f.Cause, f.Signal = words.OutOfMemory, sigKill
	f.Text = "the kernel has killed it for want of memory"
	if strings.HasPrefix(whose, "Memory cgroup") {
		f.Text += " in its control group"
	}
	sum := 0
	for _, m := range used.Get().FindAllStringSubmatch(text[strings.LastIndex(text, "total-vm:")+1:], -1) {
		kib, _ := strconv.Atoi(m[1])
		sum += kib
	}
	if sum > 0 {
		f.Text += ", of which it had " + kibibytes(sum)
	}
	return f
}

// kibibytes is an amount of memory for people.
func kibibytes(kib int) string {
	switch {
	case kib >= 10<<20:
		return fmt.Sprintf("%d GiB", kib>>20)
	case kib >= 10<<10:
		return fmt.Sprintf("%d MiB", kib>>10)
	}
	return fmt.Sprintf("%d KiB", kib)
}

func trapped(f Finding, rest string) (Finding, int) {
	head, _, _ := strings.Cut(rest, " ip:")
	m := trap.Get().FindAllStringSubmatchIndex(head, -1)
	if len(m) != 1 { // the name looks like a trap
		return Finding{}, 0
	}
	kind := head[m[0][3]+len("] "):]
	f.Cause, f.Signal = words.Signalled, trapSignal(kind)
	f.Text = "a fault of the processor: " + words.ASCII(words.Cut(kind, 60)) + library(rest)
	return f, number(head[m[0][2]:m[0][3]])
}

// trapSignal is the signal that ends a process after such a fault, arch/x86/kernel/traps.c.
func trapSignal(kind string) int {
	switch kind {
	case "general protection fault", "general protection", "trap overflow", "trap bounds", "trap invalid TSS":
		return sigSegv
	case "trap invalid opcode":
		return sigIll
	case "trap divide error":
		return sigFpe
	case "trap int3":
		return sigTrap
	case "trap stack segment", "trap segment not present", "trap alignment check":
		return linuxBus
	}
	return 0
}

// library is the file that the fault was in: "error 4 in libc.so.6[167ad8,7febd9044000+156000]".
func library(rest string) string {
	_, name, ok := strings.Cut(rest, " in ")
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, "[")
	return " in " + words.ASCII(words.Cut(name, 60))
}

// ofInterest reports whether a line is worth keeping.
func ofInterest(text string) bool {
	f, _ := kernelLine(text)
	return f.Text != "" || isOfMachine(text) || strings.HasPrefix(text, "[") || strings.HasPrefix(text, "oom-kill:") ||
		strings.HasPrefix(text, "Tasks state ") || strings.Contains(text, " invoked oom-killer: ")
}

// kernelCovers reports whether the oldest record in /dev/kmsg, of any facility, is the first since
// boot or older than the time in question.
func kernelCovers(record []byte, d Dead) bool {
	fields := strings.SplitN(string(record[:min(len(record), 100)]), ",", 4)
	if len(fields) < 4 {
		return false
	}
	us, err := strconv.ParseUint(fields[2], 10, 50)
	return fields[1] == "0" || err == nil && time.Duration(us)*time.Microsecond < d.From-slack
}

// number is the number of a process; 0 if the text is not one.
func number(text string) int {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
