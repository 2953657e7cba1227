package postmortem

import (
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// syslogEntry reads a line of the kernel's in a file of syslogd's: "Nov 28 06:10:36 HOST
// kernel: TEXT", or with a full date. Any program may write to syslogd under that name.
func syslogEntry(line []byte, d Dead) (kernelEntry, bool) {
	const most = 8 << 10
	if len(line) > most || len(line) == 0 || line[len(line)-1] != '\n' {
		return kernelEntry{}, false
	}
	at, precision, rest, ok := syslogTime(string(line[:len(line)-1]), d.Wall)
	if !ok {
		return kernelEntry{}, false
	}
	if level, after, found := strings.Cut(rest, "> "); found && strings.HasPrefix(level, "<kern.") {
		rest = after // FreeBSD's syslogd -v
	}
	host, text, ok := strings.Cut(rest, " kernel: ")
	if !ok || strings.Contains(host, " ") {
		return kernelEntry{}, false
	}
	e := kernelEntry{text: kernelStamp.Get().ReplaceAllLiteralString(text, ""), when: at, file: true}
	e.sure, ok = d.placed(at, at.Add(precision))
	if !ok {
		first, last, _ := d.span()
		e.late = at.Before(last) && at.After(first.Add(-hungEarlier))
	}
	return e, true
}

// kernelStamp is the time that Linux writes before a line. It has a fraction, unlike the number in
// brackets of a line about a task.
var kernelStamp = words.Pattern{Text: `^\[ *[0-9]{1,12}\.[0-9]{6}\] `}

// syslogTime is the time at the beginning of a line. The old form has no year: it is the current
// year, or the one before.
func syslogTime(line string, now time.Time) (at time.Time, precision time.Duration, rest string, ok bool) {
	first, rest, _ := strings.Cut(line, " ")
	if at, err := time.Parse(time.RFC3339Nano, first); err == nil {
		if strings.Contains(first, ".") {
			return at, 0, rest, true
		}
		return at, time.Second, rest, true
	}
	if len(line) < len(time.Stamp)+1 {
		return time.Time{}, 0, "", false
	}
	at, err := time.ParseInLocation(time.Stamp, line[:len(time.Stamp)], now.Location())
	if err != nil {
		return time.Time{}, 0, "", false
	}
	at = time.Date(now.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, now.Location())
	if at.After(now.Add(24 * time.Hour)) {
		at = at.AddDate(-1, 0, 0)
	}
	return at, time.Second, line[len(time.Stamp)+1:], true
}
