package postmortem

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// machine knows what happened to the whole machine. A reboot explains the end. A suspension, a
// step of the clock or a full table of the kernel may be related to it.
const machine = "machine"

// happened is what was read of the machine.
type happened struct {
	kernel kernelRecords
	ending bootEnd // of the earlier boot, if the daemon was last seen in it
}

// bootEnd is how an earlier boot has ended.
type bootEnd int

const (
	unknownEnding bootEnd = iota
	orderly               // it was shut down
	sudden                // there is no record of a shutdown
)

// readMachine reads the kernel's log, or how the earlier boot has ended.
func readMachine(ctx context.Context, d Dead) (h happened, err error) {
	if d.Rebooted {
		h.ending, err = readEnding(ctx)
		return h, err
	}
	h.kernel, err = readKernelLog(ctx, d)
	return h, err
}

func machineFindings(h happened, d Dead) []Finding {
	if d.Rebooted {
		return []Finding{reboot(h.ending, d)}
	}
	var list []Finding
	if f := clockStep(d); f != nil {
		list = append(list, *f)
	}
	return append(list, machineLines(h.kernel, d)...)
}

// reboot explains the end of a daemon that was last seen in an earlier boot.
func reboot(e bootEnd, d Dead) Finding {
	at := d.day(0)
	f := Finding{When: at, Cause: words.Rebooted, Main: true, Sure: Certain, Source: machine, Next: "last -x -n 10"}
	f.Text = "the machine was rebooted"
	if !at.IsZero() {
		f.Text += ", and came up at " + at.Format(time.DateTime)
	}
	switch e {
	case orderly:
		f.Text += ", after it had been shut down"
	case sudden:
		f.Text += "; nothing tells of a shutdown before, so it may have crashed or lost power"
	}
	return f
}

// clockStep says that the clock was set since the daemon was last seen up.
func clockStep(d Dead) *Finding {
	first, _, stepped := d.span()
	if !stepped {
		return nil
	}
	step, way := d.Wall.Add(d.From-d.To).Sub(d.LastUp), "forward"
	if step < 0 {
		step, way = d.LastUp.Sub(first), "back"
	}
	f := remark("the clock was set "+way+" by "+age(step)+" in that time", Hint)
	return &f
}

// remark is something that happened to the machine.
func remark(text string, sure Certainty) Finding {
	return Finding{Text: text, Main: true, Aside: true, Sure: sure, Source: machine}
}

// wanting are lines of the kernel about a shared resource that is used up. Those of FreeBSD are
// from sys/kern/kern_fork.c, kern_descrip.c and ufs/ffs/ffs_alloc.c.
var wanting = []struct{ mark, text string }{
	{"VFS: file-max limit ", "no further file could be opened on this machine (fs.file-max)"},
	{"maxproc limit exceeded by uid ", "no further process could be started (kern.maxproc)"},
	{"kern.maxfiles limit exceeded by uid ", "no further file could be opened on this machine (kern.maxfiles)"},
}

var (
	rejected   = words.Pattern{Text: `^cgroup: fork rejected by pids controller in (/.{0,300})$`}
	woke       = words.Pattern{Text: `^PM: (?:hibernation: )?(suspend|hibernation) exit$`}
	filesystem = words.Pattern{Text: `^pid [0-9]+ \(.{1,19}\), uid [0-9]+ inumber [0-9]+ on (/.{0,200}): (filesystem full|out of inodes)$`}
)

// isOfMachine reports whether a line of the kernel's is about the whole machine.
func isOfMachine(text string) bool { _, ok := machineLine(text, ""); return ok }

// machineLines are the lines of the time in question, each kind once.
func machineLines(r kernelRecords, d Dead) []Finding {
	var list []Finding
	seen := make(map[string]bool)
	kernel, file := kernelEntries(r, d)
	for _, e := range slices.Concat(kernel, file) {
		f, ok := machineLine(e.text, d.Service)
		if !ok || e.sure == "" || seen[f.Text] {
			continue
		}
		seen[f.Text] = true
		if f.When = e.when; e.file { // any user may have written it
			f.Sure = Hint
		}
		list = append(list, f)
	}
	return list
}

// machineLine is what a line of the kernel's says of the machine.
func machineLine(text, service string) (Finding, bool) {
	if m := rejected.Get().FindStringSubmatch(text); m != nil {
		f := remark("no further process could be started in the control group "+words.ASCII(m[1])+" (pids.max)", Hint)
		if service != "" && strings.Contains(m[1]+"/", "/"+service+".service/") {
			f.Text, f.Sure = "its control group had no room for a further process (TasksMax)", Likely
			f.Next = "systemctl show " + shellWord(service) + " -p TasksMax"
		}
		return f, true
	}
	if m := woke.Get().FindStringSubmatch(text); m != nil {
		return remark(map[string]string{"suspend": "the machine woke up from a suspend", "hibernation": "the machine woke up from hibernation"}[m[1]], Hint), true
	}
	if m := filesystem.Get().FindStringSubmatch(text); m != nil {
		what := "was full"
		if m[2] == "out of inodes" {
			what = "had no room for a further file"
		}
		f := remark(fmt.Sprintf("the file system on %s %s", words.ASCII(m[1]), what), Likely)
		f.Next = "df -hi"
		return f, true
	}
	for _, w := range wanting {
		if strings.HasPrefix(text, w.mark) {
			return remark(w.text, Likely), true
		}
	}
	return Finding{}, false
}
