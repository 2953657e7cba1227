package inspect

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

func descriptorRules() []rule {
	return []rule{
		{
			"stdio_terminal", Descriptors, Warning, "a standard descriptor is a terminal",
			"once the terminal is gone, each read and write there fails; until then it writes into somebody's screen",
			"restart it through its service, or start it with </dev/null >/dev/null 2>&1", stdioTerminal,
		},
		{
			"stdio_dead_pipe", Descriptors, Critical, "it writes to a pipe that nobody reads",
			"its next line there ends it with SIGPIPE, or fails if it ignores that",
			"restart it through its service; let it log to a file or to syslog", stdioDeadPipe,
		},
		{
			"stdio_closed", Descriptors, Notice, "a standard descriptor is closed",
			"the next file that it opens gets that number, and what is meant for a log is written into it",
			"start it with </dev/null >/dev/null 2>&1", stdioClosed,
		},
		{
			"stdio_taken", Descriptors, Critical, "a standard descriptor is a file of data",
			"it was closed, and the file that was opened next has got its number: what a library prints there destroys the data",
			"stop it before it prints something; start it with </dev/null >/dev/null 2>&1", stdioTaken,
		},
		{
			"stdio_deleted", Descriptors, Warning, "a standard descriptor is a file that was removed",
			"what it writes there nobody can read, and the file keeps its disk space until the daemon ends",
			"read it while it lasts (/proc/PID/fd); then restart the daemon", stdioDeleted,
		},
		{
			"deleted_space", Descriptors, Warning, "it holds disk space of files that were removed",
			"df counts it and du cannot find it; only the daemon's end, or its closing them, gives it back",
			"let it reopen its files (reload), or restart it", deletedSpace,
		},
		{
			"log_rotated", Descriptors, Warning, "it writes to a log that was rotated away",
			"its lines are in a file that nobody looks at and that is removed soon; the new one stays empty",
			"let it reopen its log (reload, or the signal that its manual names), and add that to logrotate's postrotate", logRotated,
		},
		{
			"socket_shared", Descriptors, Warning, "another process, not its own, has its listening socket open, too",
			"connections may reach that one instead; and when the daemon ends, its port stays taken",
			"end that process once you know what it is", socketShared,
		},
		{
			"leaked", Descriptors, Notice, "it has kept something of what has started it",
			"a lock stays taken, a terminal cannot close, whoever waits at the other end waits for as long as the daemon runs",
			"restart it through its service; what starts it should open such files with O_CLOEXEC", leaked,
		},
		{
			"open_to_all", Descriptors, Warning, "it writes to a file that everybody can write",
			"any user can change or forge what stands there",
			"take that away: chmod o-w; then see to its umask", openToAll,
		},
	}
}

var stdio = [...]string{"standard input", "standard output", "standard error"}

// standard are the descriptors 0, 1 and 2, as far as they are open.
func (f Facts) standard() map[int]File {
	list := make(map[int]File)
	for _, x := range f.Files.Value {
		if x.Number < len(stdio) {
			list[x.Number] = x
		}
	}
	return list
}

// eachStandard is the evidence about standard descriptors for which text is not "". Equal texts are
// merged.
func (f Facts) eachStandard(text func(File) string) []evidence {
	if !f.Files.Known {
		return nil
	}
	open := f.standard()
	var list []evidence
	var last string
	for i, name := range stdio {
		x, isOpen := open[i]
		if !isOpen {
			continue
		}
		switch t := text(x); {
		case t == "":
		case len(list) > 0 && t == last:
			list[len(list)-1].text = strings.Replace(list[len(list)-1].text, ": ", ", "+name+": ", 1)
		default:
			list, last = append(list, evidence{text: name + ": " + t}), t
		}
	}
	return list
}

func stdioTerminal(f Facts) []evidence {
	return f.eachStandard(func(x File) string {
		if x.Kind != Terminal {
			return ""
		}
		return x.Path
	})
}

func stdioDeadPipe(f Facts) []evidence {
	return f.eachStandard(func(x File) string {
		if x.Kind != Pipe || !x.Silent || x.Number == 0 {
			return ""
		}
		return x.Path + " has no reader"
	})
}

// stdioTaken looks for files that took the place of a closed standard descriptor. A file that is
// appended to, or not read, is a log. A file that two standard descriptors share is there on purpose.
func stdioTaken(f Facts) []evidence {
	open := f.standard()
	return f.eachStandard(func(x File) string {
		if x.Kind != Regular || !x.Read || !x.Write || x.Append || x.Number == 0 {
			return ""
		}
		for _, y := range open {
			if y.Number != x.Number && y.Kind == Regular && y.Inode == x.Inode && y.Path == x.Path {
				return ""
			}
		}
		return x.Path + " is open for reading and writing there"
	})
}

func stdioClosed(f Facts) []evidence {
	if !f.Files.Known {
		return nil
	}
	open := f.standard()
	var closed []string
	for i, name := range stdio {
		if _, isOpen := open[i]; !isOpen {
			closed = append(closed, name)
		}
	}
	return saw(len(closed) > 0, strings.Join(closed, ", "))
}

// stdioDeleted leaves out logs: there is another rule for them.
func stdioDeleted(f Facts) []evidence {
	return f.eachStandard(func(x File) string {
		if x.Kind != Regular || !x.Deleted || x.Number == 0 || x.isLog() {
			return ""
		}
		return fmt.Sprintf("%s, which holds %s", x.Path, size(x.Held))
	})
}

// The sizes of removed files, together, that make a finding.
const (
	muchDeleted = 64 << 20 // bytes
	tooDeleted  = 1 << 30  // bytes: it is more severe
)

func deletedSpace(f Facts) []evidence {
	seen := make(map[uint64]bool)
	var sum, largest uint64
	var at string
	n := 0
	for _, x := range f.Files.Value {
		if x.Kind != Regular || !x.Deleted || x.Memory || seen[x.Inode] {
			continue
		}
		seen[x.Inode] = true
		sum += x.Held
		n++
		if x.Held >= largest {
			largest, at = x.Held, x.Path
		}
	}
	if sum < muchDeleted {
		return nil
	}
	e := evidence{text: fmt.Sprintf("%s in %s, the largest is %s", size(sum), words.Plural(n, "file"), at)}
	if sum >= tooDeleted {
		e.severity = Critical
	}
	return []evidence{e}
}

// isLog reports whether a file has the name of a log and is appended to, or is not read.
func (x File) isLog() bool {
	if x.Kind != Regular || !x.Write || x.Memory {
		return false
	}
	name := path.Base(x.Path)
	isNamedSo := within(x.Path, "/var/log") || strings.Contains(name, ".log") || strings.HasSuffix(name, ".out") || strings.HasSuffix(name, ".err")
	return isNamedSo && (x.Append || !x.Read)
}

// logRotated looks for logs that were removed or renamed: the kernel shows the new name.
func logRotated(f Facts) []evidence {
	var list []evidence
	told := make(map[string]bool)
	for _, x := range f.Files.Value {
		if !x.isLog() || told[x.Path] {
			continue
		}
		switch {
		case x.Deleted:
			list = append(list, evidence{text: fmt.Sprintf("%s was removed, and holds %s", x.Path, size(x.Held))})
		case isRotatedName(x.Path) && !x.isDatedByItself():
			list = append(list, evidence{text: fmt.Sprintf("descriptor %d is %s", x.Number, x.Path)})
		default:
			continue
		}
		told[x.Path] = true
	}
	return list
}

// isRotatedName reports whether logrotate or newsyslog has named a file: x.log.1, x.log-20261129,
// x.log.0. Files of databases may end with a number, too, so the name must have ".log", or the
// file must be in the folder of logs.
func isRotatedName(name string) bool {
	base := path.Base(name)
	if !within(name, "/var/log") && !strings.Contains(base, ".log") {
		return false
	}
	i := strings.LastIndexAny(base, ".-")
	if i <= 0 {
		return false
	}
	end := base[i+1:]
	if end == "old" {
		return true
	}
	if _, err := strconv.ParseUint(end, 10, 64); err != nil {
		return false
	}
	return base[i] == '.' && len(end) <= 3 || len(end) == 8 && strings.HasPrefix(end, "20")
}

// dayLayout is the form of a date in a name: 20261129.
const dayLayout = "20060102"

// isDatedByItself reports whether a file may have had a date in its name from the beginning. A file
// that got the date when it was rotated was made before that day.
func (x File) isDatedByItself() bool {
	i := strings.LastIndexAny(x.Path, ".-")
	day, err := time.ParseInLocation(dayLayout, x.Path[i+1:], time.Local)
	return err == nil && (x.Born.IsZero() || !x.Born.Before(day))
}

func socketShared(f Facts) []evidence {
	var list []evidence
	for _, l := range f.Listening.Value {
		if len(l.Others) == 0 {
			continue
		}
		var who []string
		for _, o := range l.Others {
			who = append(who, fmt.Sprintf("%s(%d)", o.Name, o.PID))
		}
		list = append(list, evidence{text: fmt.Sprintf("%s is open in %s", l.Socket, strings.Join(who, ", "))})
	}
	return list
}

// starterFiles are files that package managers, cron and this program have open while they start a
// daemon.
var starterFiles = []string{"/var/lib/dpkg/lock", "/var/lib/apt/", "/var/cache/apt/", "/var/cache/debconf/", "/var/lib/rpm/", "/run/daemon-keeper/", "/var/run/daemon-keeper/", "/run/crond", "/etc/init.d/", "/etc/rc.d/", "/usr/local/etc/rc.d/"}

func leaked(f Facts) []evidence {
	var list []evidence
	for _, x := range f.Files.Value {
		if x.Number < len(stdio) {
			continue
		}
		var what string
		switch {
		case x.Kind == Terminal && !strings.HasSuffix(x.Path, "/ptmx") && !strings.HasPrefix(x.Path, "/dev/ttyS"): // a modem or a GPS receiver
			what = x.Path
		case x.Kind == Regular && hasPrefix(x.Path, starterFiles):
			what = x.Path
		case x.Kind == Pipe && x.Foreign != "":
			what = fmt.Sprintf("%s, whose other end %s has", x.Path, x.Foreign)
		default:
			continue
		}
		list = append(list, evidence{text: fmt.Sprintf("descriptor %d is %s", x.Number, what)})
	}
	return list
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func openToAll(f Facts) []evidence {
	var list []evidence
	told := make(map[string]bool)
	for _, x := range f.Files.Value {
		if x.OpenToAll() && !told[x.Path] {
			told[x.Path] = true
			e := evidence{text: fmt.Sprintf("%s has mode %04o", x.Path, x.Mode)}
			switch x.Way {
			case Closed:
				continue
			case NotKnown:
				e.severity = Notice
				e.text += "; whether all users reach its folder is not known"
			}
			list = append(list, e)
		}
	}
	return list
}
