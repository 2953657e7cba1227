package postmortem

import (
	"fmt"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// core finds the image of the memory, core(5), of a process that a signal has ended: a file that
// the kernel has written, or one that systemd-coredump(8) keeps.
const core = "core"

// coreDump is such an image.
type coreDump struct {
	PID    int
	Signal int
	When   time.Time
	Exact  bool   // When is the time of the death, not of a file
	File   string // "" if it was not kept
	Exe    string // the program, or "" if that is not known
	Kept   bool   // by systemd-coredump, which opens it
	Doubt  bool   // another user than root may have written it
}

// coreFindings is what images say of a dead daemon. An image holds the id of its process, so it is
// known which images are the daemon's.
func coreFindings(dumps []coreDump, d Dead) []Finding {
	var list []Finding
	for _, c := range dumps {
		p, ours := d.process(c.PID)
		last := c.When
		if !c.Exact {
			last = c.When.Add(time.Second) // file systems that count seconds
		}
		sure, ok := d.placed(c.When, last)
		if !ours || !ok {
			continue
		}
		if c.Doubt {
			sure = Likely
		}
		f := Finding{Cause: words.DumpedCore, Signal: c.Signal, When: c.When, Main: d.isMain(p), Detail: true, Sure: sure, Source: core, Next: c.opener(d)}
		f.Text = "it dumped core"
		if c.Signal > 0 {
			f.Text += " after " + osutil.SignalName(c.Signal)
		}
		if c.File != "" {
			f.Text += ": " + words.ASCII(words.Cut(c.File, 200))
		}
		list = append(list, f)
	}
	return list
}

// opener is the command that opens an image.
func (c coreDump) opener(d Dead) string {
	if c.Kept {
		return fmt.Sprintf("coredumpctl debug %d", c.PID)
	}
	exe := c.Exe
	if exe == "" {
		exe = d.Executable
	}
	if c.File == "" || exe == "" {
		return ""
	}
	return "gdb " + shellWord(exe) + " " + shellWord(c.File)
}

// shellWord is a text that can be shown on a terminal and pasted to a shell. If it cannot be
// both, the reader has to fill in the name.
func shellWord(text string) string {
	if words.ASCII(text) != text {
		return "FILE"
	}
	return words.Shell(text)
}
