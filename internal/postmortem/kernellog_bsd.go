package postmortem

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// What FreeBSD's kernel says of a process, sys/kern/kern_sig.c and sys/vm/vm_pageout.c. A process
// can choose its own name, so only what is before the name and at the end of the line is used.
var (
	exited    = words.Pattern{Text: `^pid ([0-9]{1,6}) \((.*)\), (?:jid [0-9]+, )?uid [0-9]+: exited on signal ([0-9]{1,3})( \(core dumped\)| \(no core dump.*\))?$`}
	reclaimed = words.Pattern{Text: `^pid ([0-9]{1,6}) \((.*)\), (?:jid [0-9]+, )?uid [0-9]+, was killed: ([a-z ]{1,80})$`}
)

// freebsdStamp is what kern.msgbuf_show_timestamp puts before a line.
var freebsdStamp = words.Pattern{Text: `^\[[0-9]{1,12}(?:\.[0-9]{1,6})?\] `}

// freebsdLine is what a line says of a process, with the id and the name of that.
func freebsdLine(text string) (f Finding, pid int, name string) {
	f = Finding{Sure: Certain, Source: kernelLog}
	if m := exited.Get().FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[3])
		f.Cause, f.Signal, f.Text = words.Signalled, n, "it was killed by "+osutil.SignalName(n)
		if m[4] == " (core dumped)" {
			f.Cause, f.Text = words.DumpedCore, f.Text+" and dumped core"
		}
		return f, number(m[1]), m[2]
	}
	if m := reclaimed.Get().FindStringSubmatch(text); m != nil {
		f.Cause, f.Signal, f.Detail = words.OutOfMemory, sigKill, true
		f.Text = "the kernel has killed it for want of memory: " + m[3]
		return f, number(m[1]), m[2]
	}
	return Finding{}, 0, ""
}

// freebsdFindings is what FreeBSD's kernel says of a dead daemon. Only the kernel writes to the
// message buffer, but it has no times. The file has times, but any user may write to it. A line
// that is in both is certain.
func freebsdFindings(file []kernelEntry, buffer []byte, hasFile bool, d Dead) []Finding {
	lines := freebsdBuffer(buffer)
	var list []Finding
	said := make(map[string]bool)
	for _, e := range file {
		f, pid, _ := freebsdLine(e.text)
		p, ours := d.process(pid)
		if !ours || e.sure == "" {
			continue
		}
		if f.Sure = Likely; lines[e.text] {
			f.Sure = e.sure
		}
		said[e.text] = true
		f.Main, f.When, f.Next = d.isMain(p), e.when, "grep -w 'pid "+strconv.Itoa(pid)+"' /var/log/messages"
		list = append(list, f)
	}
	for _, text := range slices.Sorted(maps.Keys(lines)) {
		f, pid, name := freebsdLine(text)
		p, ours := d.process(pid)
		if !ours || said[text] {
			continue
		}
		f.Sure = Hint // it may be of an earlier process of this number
		if base := filepath.Base(d.Executable); !hasFile && name == base[:min(len(base), freebsdName)] {
			f.Sure = Likely
		}
		f.Main, f.Next = d.isMain(p), "dmesg | grep -w 'pid "+strconv.Itoa(pid)+"'"
		list = append(list, f)
	}
	return list
}

// freebsdName is how many bytes of a program's name the kernel keeps, MAXCOMLEN.
const freebsdName = 19

// freebsdBuffer is the kernel's own lines in the message buffer. Other messages begin with a
// priority that has another facility.
func freebsdBuffer(buffer []byte) map[string]bool {
	lines := make(map[string]bool)
	for line := range bytes.Lines(buffer) {
		text := strings.TrimRight(string(line), "\r\n\x00")
		if priority, rest, ok := strings.Cut(text, ">"); ok && strings.HasPrefix(priority, "<") {
			if n, err := strconv.Atoi(priority[1:]); err == nil {
				if n>>3 != 0 {
					continue
				}
				text = rest
			}
		}
		text = freebsdStamp.Get().ReplaceAllLiteralString(text, "")
		if strings.HasPrefix(text, "pid ") {
			lines[text] = true
		}
	}
	return lines
}
