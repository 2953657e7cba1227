package postmortem

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// journalEntries reads the output of journalctl -o json: one object a line. A field is a
// text, or a list of numbers if its bytes are not text. A field that occurs more than once is
// left out: it is not known which value counts.
func journalEntries(out []byte) []map[string]string {
	var list []map[string]string
	for line := range strings.Lines(string(out)) {
		var raw map[string]json.RawMessage
		if json.Unmarshal([]byte(line), &raw) != nil {
			continue
		}
		entry := make(map[string]string, len(raw))
		for key, value := range raw {
			var text string
			var numbers []int
			if json.Unmarshal(value, &text) == nil {
				entry[key] = text
			} else if json.Unmarshal(value, &numbers) == nil {
				text := make([]byte, len(numbers))
				for i, n := range numbers {
					text[i] = byte(n)
				}
				entry[key] = string(text)
			}
		}
		list = append(list, entry)
	}
	return list
}

// journalMicros is a field that counts microseconds.
func journalMicros(text string) (int64, bool) {
	us, err := strconv.ParseInt(text, 10, 54)
	return us, err == nil && us > 0
}

// journalTime is the time of day of an entry.
func journalTime(entry map[string]string) (time.Time, bool) {
	for _, key := range [...]string{"_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"} {
		if us, ok := journalMicros(entry[key]); ok {
			return time.UnixMicro(us), true
		}
	}
	return time.Time{}, false
}

// auditOfJournal is an entry of the journal's as auditd would have written it.
func auditOfJournal(entry map[string]string) string {
	at, ok := journalTime(entry)
	kind := entry["_AUDIT_TYPE_NAME"]
	rest, found := strings.CutPrefix(entry["MESSAGE"], kind+" ")
	if !ok || !found || entry["_TRANSPORT"] != "audit" || kind == "" || strings.ContainsAny(kind+rest, "\n") {
		return ""
	}
	return fmt.Sprintf("type=%s msg=audit(%d.%03d:%s): %s\n", kind, at.Unix(), at.Nanosecond()/1e6, entry["_AUDIT_ID"], rest)
}

// kernelOfJournal is an entry of the journal in the form of /dev/kmsg. Its time is when
// journald got it, because the clock of the kernel's log is never corrected.
func kernelOfJournal(entry map[string]string) string {
	us, ok := journalMicros(entry["__MONOTONIC_TIMESTAMP"])
	if !ok || entry["_TRANSPORT"] != "kernel" || entry["SYSLOG_FACILITY"] != "0" {
		return ""
	}
	return fmt.Sprintf("6,0,%d,-;%s", us, strings.ReplaceAll(entry["MESSAGE"], "\n", `\x0a`))
}
