package postmortem

import (
	"bytes"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// packageLog is where a package manager writes what it does.
type packageLog struct {
	path string
	line func(line string, zone *time.Location, now time.Time) (Change, bool)
}

// packageLogs are those of Debian, of dnf, of yum, of zypper, of pacman, and FreeBSD's pkg,
// which writes to syslog.
var packageLogs = [...]packageLog{
	{"/var/log/dpkg.log", dpkgLine},
	{"/var/log/dnf.rpm.log", dnfLine},
	{"/var/log/zypp/history", zyppLine},
	{"/var/log/pacman.log", pacmanLine},
	{"/var/log/messages", pkgLine},
}

// changes are those that a log's end tells.
func (l packageLog) changes(data []byte, now time.Time) []Change {
	var list []Change
	const most = 4 << 10
	for line := range bytes.Lines(data) {
		if len(line) > most {
			continue
		}
		if c, ok := l.line(strings.TrimSuffix(string(line), "\n"), now.Location(), now); ok && c.Name != "" {
			c.Log = l.path
			list = append(list, c)
		}
	}
	return list
}

// dpkgLine reads "2026-11-28 05:41:58 upgrade clamav-daemon:amd64 1.0.1 1.0.2", dpkg(1).
func dpkgLine(line string, zone *time.Location, _ time.Time) (Change, bool) {
	f := strings.Fields(line)
	if len(f) != 6 {
		return Change{}, false
	}
	at, err := time.ParseInLocation(time.DateTime, f[0]+" "+f[1], zone)
	if err != nil {
		return Change{}, false
	}
	c := Change{At: at, Precision: time.Second, Name: f[3], From: f[4], To: f[5]}
	switch f[2] {
	case "upgrade":
		c.Did = "upgraded"
	case "install":
		c.Did, c.From = "installed", ""
	case "remove", "purge":
		c.Did, c.From, c.To = "removed", "", ""
	default: // configure, trigproc, status
		return Change{}, false
	}
	return c, true
}

var dnfChange = words.Pattern{Text: `^([^ ]+) [A-Z]+ (Upgraded|Upgrade|Installed|Erase|Downgrade|Reinstalled): ([^ ]+)$`}

// dnfLine reads "2026-11-28T05:41:58+0000 SUBDEBUG Upgrade: clamd-1.0.2-1.el9.x86_64".
func dnfLine(line string, _ *time.Location, _ time.Time) (Change, bool) {
	m := dnfChange.Get().FindStringSubmatch(line)
	if m == nil {
		return Change{}, false
	}
	at, err := time.Parse("2006-01-02T15:04:05-0700", m[1])
	if err != nil {
		if at, err = time.Parse("2006-01-02T15:04:05Z", m[1]); err != nil {
			return Change{}, false
		}
	}
	c := Change{At: at, Precision: time.Second, Did: "upgraded"}
	switch m[2] {
	case "Upgraded": // the old one, which goes
		return Change{}, false
	case "Installed", "Reinstalled":
		c.Did = "installed"
	case "Erase":
		c.Did = "removed"
	case "Downgrade":
		c.Did = "downgraded"
	}
	c.Name, c.To = nevra(m[3])
	return c, true
}

// nevra takes the name and the version out of "clamd-1.0.2-1.el9.x86_64".
func nevra(text string) (name, version string) {
	release := strings.LastIndexByte(text, '-')
	if release < 1 {
		return text, ""
	}
	v := strings.LastIndexByte(text[:release], '-')
	if v < 1 {
		return text, ""
	}
	return text[:v], text[v+1:]
}

// zyppLine reads "2026-11-28 05:41:58|install|clamav|1.0.2-1|x86_64|...".
func zyppLine(line string, zone *time.Location, _ time.Time) (Change, bool) {
	f := strings.Split(line, "|")
	if len(f) < 4 || strings.HasPrefix(line, "#") {
		return Change{}, false
	}
	at, err := time.ParseInLocation(time.DateTime, f[0], zone)
	if err != nil {
		return Change{}, false
	}
	c := Change{At: at, Precision: time.Second, Name: f[2]}
	switch strings.TrimSpace(f[1]) {
	case "install":
		c.Did, c.To = "installed", f[3]
	case "remove":
		c.Did = "removed"
	default:
		return Change{}, false
	}
	return c, true
}

var pacmanChange = words.Pattern{Text: `^\[([^\]]{10,30})\] \[ALPM\] (upgraded|installed|removed|downgraded|reinstalled) ([^ ]+) \(([^ ()]+)(?: -> ([^ ()]+))?\)$`}

// pacmanLine reads "[2026-11-28T05:41:58+0000] [ALPM] upgraded clamav (1.0.1-1 -> 1.0.2-1)".
func pacmanLine(line string, _ *time.Location, _ time.Time) (Change, bool) {
	m := pacmanChange.Get().FindStringSubmatch(line)
	if m == nil {
		return Change{}, false
	}
	at, err := time.Parse("2006-01-02T15:04:05-0700", m[1])
	if err != nil {
		return Change{}, false
	}
	c := Change{At: at, Precision: time.Second, Did: m[2], Name: m[3], To: m[4]}
	if m[5] != "" {
		c.From, c.To = m[4], m[5]
	}
	return c, true
}

var (
	pkgUpgrade = words.Pattern{Text: `^([^ ]+) (upgraded|reinstalled|downgraded): ([^ ]+) -> ([^ ]+)$`}
	pkgChange  = words.Pattern{Text: `^([^ ]+)-([^- ]+) (installed|deinstalled)$`}
)

// pkgLine reads "Nov 28 05:41:58 HOST pkg[123]: clamav upgraded: 1.0.1 -> 1.0.2", and
// "pkg: clamav-1.0.2 installed".
func pkgLine(line string, zone *time.Location, now time.Time) (Change, bool) {
	at, precision, rest, ok := syslogTime(line, now.In(zone))
	if !ok {
		return Change{}, false
	}
	_, rest, ok = strings.Cut(rest, " pkg")
	if !ok {
		return Change{}, false
	}
	tag, text, ok := strings.Cut(rest, ": ")
	if !ok || strings.Trim(strings.TrimPrefix(tag, "-static"), "[]0123456789") != "" {
		return Change{}, false
	}
	c := Change{At: at, Precision: precision}
	if m := pkgUpgrade.Get().FindStringSubmatch(text); m != nil {
		c.Name, c.Did, c.From, c.To = m[1], m[2], m[3], m[4]
		return c, true
	}
	m := pkgChange.Get().FindStringSubmatch(text)
	if m == nil {
		return Change{}, false
	}
	c.Name, c.To, c.Did = m[1], m[2], "installed"
	if m[3] == "deinstalled" {
		c.Did, c.To = "removed", ""
	}
	return c, true
}
