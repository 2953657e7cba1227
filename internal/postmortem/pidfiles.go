package postmortem

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// PIDFile is one that holds a number.
type PIDFile struct {
	Path    string
	Number  int
	Written time.Time
}

const pidFiles = "pidfiles"

// Naming finds the pidfiles of this machine that hold one of these numbers.
type Naming func(ctx context.Context, numbers []int) ([]PIDFile, error)

// ask looks for pidfiles that name the dead daemon, or one of its threads, and are not its
// own: whoever signals what they name has signalled it. After a reboot they name other
// processes.
func (read Naming) ask(ctx context.Context, d Dead) ([]Finding, error) {
	var numbers []int
	if !d.Rebooted {
		for _, p := range d.Processes {
			numbers = append(append(numbers, p.PID), p.Threads...)
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}
	files, err := read(ctx, numbers)
	return namedBy(files, d), err
}

// mostPIDFiles is how many pidfiles are told.
const mostPIDFiles = 5

func namedBy(files []PIDFile, d Dead) []Finding {
	var list []Finding
	for _, f := range files {
		if p, ok := d.process(f.Number); ok && len(list) < mostPIDFiles {
			if text := strays(f, p, d); text != "" {
				list = append(list, Finding{
					Cause: words.UnknownCause, Text: text, Main: d.isMain(p), Aside: true, Next: searches(f), Sure: Likely, Source: pidFiles,
				})
			}
		}
	}
	return list
}

// strays says why a pidfile does not belong to the daemon; "" if it may. A file that holds
// the number of a process belongs to it, unless the file is older than the process.
func strays(f PIDFile, p words.Process, d Dead) string {
	const tolerance = 2 * time.Second // starts are known by ticks
	before := !p.Started.IsZero() && f.Written.Before(p.Started.Add(-tolerance))
	who := fmt.Sprintf("%s (%d)", words.Printable(d.Daemon), p.PID)
	text := fmt.Sprintf("a stale pidfile names it: %s, written %s", words.Printable(f.Path), f.Written.Local().Format("2006-01-02 15:04"))
	switch {
	case f.Path == d.PIDFile && f.Number == p.PID && d.isMain(p):
		return ""
	case f.Number != p.PID && slices.Contains(p.Threads, f.Number):
		text = fmt.Sprintf("%d was not a process but a thread of %s: %s", f.Number, who, text)
	case before:
		text = fmt.Sprintf("%d was %s: %s", f.Number, who, text)
	default:
		return ""
	}
	if before {
		text += ", before it started"
	}
	return text
}

// searches is a command that finds the programs that read the file; "" if its name would have
// to be quoted.
func searches(f PIDFile) string {
	base := path.Base(f.Path)
	if base == "pid" { // of any daemon
		base = strings.TrimPrefix(f.Path, "/")
	}
	if words.Shell(base) != base {
		return ""
	}
	return "grep -rl " + base + " /etc/logrotate.d /etc/init.d /etc/cron.d /etc/systemd"
}
