package inspect

import (
	"fmt"
	"slices"
	"strings"
)

// A log that grows faster than fastLog, and is larger than largeLog, may soon fill its disk.
const (
	fastLog  = 1 << 30   // bytes in a day
	largeLog = 100 << 20 // bytes
)

func logRules() []rule {
	return []rule{
		{
			"log_fast", Log, Warning, "its log grows by more than 1 GiB a day",
			"the disk fills up, and then nothing on it works; and nobody can read so much",
			"see what it writes (tail -n 50), lower its log level, and rotate by size", logFast,
		},
		{
			"log_nowhere", Log, Notice, "nothing that it says is kept",
			"its output goes to /dev/null and no log is open: when it dies nobody will know why",
			"let it log to syslog or to a file, or set StandardError=journal in the unit", logNowhere,
		},
	}
}

// logFast divides the size of a log by its age since the last rotation. Holes in the file do not
// count.
func logFast(f Facts) []evidence {
	var list []evidence
	told := make(map[string]bool)
	for _, x := range f.Files.Value {
		taken := min(x.Size, x.Held)
		if !x.isLog() || told[x.Path] || taken < largeLog || x.Born.IsZero() {
			continue
		}
		age := f.Now.Sub(x.Born)
		if age <= 0 {
			continue
		}
		rate := float64(taken) / (age.Hours() / 24)
		if rate > fastLog {
			told[x.Path] = true
			list = append(list, evidence{text: fmt.Sprintf("%s has %s after %s, which is %s a day", x.Path, size(taken), spelled(age), size(uint64(rate)))})
		}
	}
	return list
}

// logNowhere leaves out processes with a socket: it may be one to syslog, as the other end is not
// always known.
func logNowhere(f Facts) []evidence {
	open := f.standard()
	out, hasOut := open[1]
	err, hasErr := open[2]
	if !f.Files.Known || !hasOut || !hasErr || out.Kind != Null || err.Kind != Null {
		return nil
	}
	for _, x := range f.Files.Value {
		if x.isLog() || x.Kind == Socket {
			return nil
		}
	}
	return saw(true, "standard output and standard error are /dev/null, and it has no log and no socket open")
}

// logs are the places to which it logs, for people.
func (f Facts) logs() string {
	var list []string
	add := func(s string) {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	for _, x := range f.Files.Value {
		switch {
		case x.Kind == Socket && (strings.Contains(x.Peer, "/journal/stdout") || strings.Contains(x.Peer, "/journal/socket")):
			add("the journal")
		case x.Kind == Socket && (strings.HasSuffix(x.Peer, "/dev-log") || strings.HasSuffix(x.Peer, "/dev/log") || strings.Contains(x.Peer, "/var/run/log")):
			add("syslog")
		case x.isLog() && x.Deleted:
			add(x.Path + " (removed)")
		case x.isLog():
			add(x.Path)
		}
	}
	if len(list) == 0 {
		return "none that can be told"
	}
	return strings.Join(list, ", ")
}
