package terminal

import (
	"fmt"
	"strings"
	"time"
)

const (
	Day  = 24 * time.Hour
	Year = 365 * Day
)

// Age formats how long a state has lasted: 45s, 12m, 7h 53m, 3d 4h, 2y 17d.
func Age(d time.Duration) string {
	switch {
	case d < 0: // the clock was set back
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < Day:
		return fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute)
	case d < Year:
		return fmt.Sprintf("%dd %dh", d/Day, d%Day/time.Hour)
	}
	return fmt.Sprintf("%dy %dd", d/Year, d%Year/Day)
}

// Used formats CPU time: 0.4s, 12m 3s, 5h 2m, 3d 4h.
func Used(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", max(d, 0).Truncate(100*time.Millisecond).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm %ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return Age(d)
}

// Size formats a number of bytes: 812 KiB, 1.2 GiB.
func Size(bytes uint64) string {
	const kib = 1 << 10
	n, units := float64(bytes)/kib, []string{"KiB", "MiB", "GiB", "TiB", "PiB"}
	if n < kib-0.5 {
		return fmt.Sprintf("%.0f KiB", n)
	}
	for len(units) > 1 && n >= kib-0.05 { // otherwise 1024.0 would be printed
		n, units = n/kib, units[1:]
	}
	return fmt.Sprintf("%.1f %s", n, units[0])
}

// Seconds formats how long something took: 40 ms, 1.3 s, 3m20s.
func Seconds(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return Limit(d.Round(time.Second))
}

// Limit formats a duration from the configuration or a flag, as it can be typed: 30s, 2m, 1h.
func Limit(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}

// Spelled formats a duration for a sentence, with blanks before the units: 3 d 4 h, 14 s.
func Spelled(d time.Duration) string {
	if d > 0 && d < time.Second {
		return "less than 1 s"
	}
	if d >= time.Minute && d < time.Hour && d%time.Minute >= time.Second {
		return spaced(Used(d))
	}
	return spaced(Age(d))
}

func spaced(text string) string {
	var b strings.Builder
	for i, r := range text {
		if i > 0 && r >= 'a' && r <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
