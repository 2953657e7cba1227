package report

import (
	"fmt"
	"strings"
	"time"
)

// Seconds is how long something took, for people: 40 ms, 1.3 s, 3m20s.
func Seconds(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return Limit(d.Round(time.Second))
}

// Limit is a time that a person has set, as it may be typed: 30s, 2m, 1h.
func Limit(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}

// PIDList names processes, at most five of them.
func PIDList(pids []int) string {
	const most = 5
	switch len(pids) {
	case 0:
		return "no process"
	case 1:
		return fmt.Sprintf("pid %d", pids[0])
	}
	var b strings.Builder
	b.WriteString("pids")
	for i, pid := range pids {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(pids)-most)
			break
		}
		fmt.Fprintf(&b, " %d", pid)
	}
	return b.String()
}
