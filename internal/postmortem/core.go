package postmortem

import (
	"context"
	"fmt"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// Core has what a process has left behind that a signal has ended: an image of its memory,
// core(5), in a file or in the hands of systemd-coredump(8).
type Core struct {
	Read func(ctx context.Context, d Dead) ([]CoreDump, error)
}

// CoreDump is such an image.
type CoreDump struct {
	PID    int
	Signal int
	When   time.Time
	Exact  bool   // When is the time of the death, not of a file
	File   string // "" if it was not kept
	Exe    string // the program, or "" if that is not known
	Kept   bool   // by systemd-coredump, which opens it
	Doubt  bool   // somebody else than root may have written it
}

const core = "core"

// Name is its name for people.
func (Core) Name() string { return core }

// Ask looks for it.
func (c Core) Ask(ctx context.Context, d Dead) ([]Finding, error) {
	dumps, err := c.Read(ctx, d)
	return coreFindings(dumps, d), err
}

// coreFindings is what images say of a dead daemon. The number of the process stands in
// the image itself, and tells the daemon's from others.
func coreFindings(dumps []CoreDump, d Dead) []Finding {
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
func (c CoreDump) opener(d Dead) string {
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

// shellWord is a text as a shell takes it for one word, and as a terminal shows it. What
// cannot be both is left to the reader.
func shellWord(text string) string {
	switch {
	case words.ASCII(text) != text:
		return "FILE"
	case plainPath.Get().MatchString(text):
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// plainPath is one that a shell takes as it is.
var plainPath = words.Pattern{Text: `^[A-Za-z0-9_/.][A-Za-z0-9_./+:@%-]*$`}
