package rcd

import (
	"strconv"
	"strings"
	"time"
)

// timespan reads a time as systemctl show prints one: "1min 30s", "100ms", "1.5s". ok is
// false for "infinity" and any other text.
func timespan(text string) (d time.Duration, ok bool) {
	units := map[string]time.Duration{ // of format_timespan() of systemd
		"y": 31557600 * time.Second, "month": 2629800 * time.Second, "w": 7 * 24 * time.Hour, "d": 24 * time.Hour,
		"h": time.Hour, "min": time.Minute, "s": time.Second, "ms": time.Millisecond, "us": time.Microsecond,
	}
	for word := range strings.FieldsSeq(text) {
		at := strings.IndexFunc(word, func(c rune) bool { return c != '.' && (c < '0' || c > '9') })
		if at < 1 {
			at = len(word)
		}
		n, err := strconv.ParseFloat(word[:at], 64)
		unit, known := units[word[at:]]
		if word[at:] == "" && word == "0" {
			unit, known = 1, true
		}
		part := n * float64(unit)
		if err != nil || !known || part < 0 || part >= float64(1<<62)-float64(d) {
			return 0, false
		}
		d += time.Duration(part)
		ok = true
	}
	return d, ok
}
