package check

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// bytesText is an amount of memory for people, in powers of 1024.
func bytesText(n uint64) string {
	value, unit := float64(n), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, next
	}
	if value >= 100 || value == float64(uint64(value)) {
		return fmt.Sprintf("%.0f %s", value, unit)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

// percent of one CPU, or of a limit.
func percent(share float64) string {
	return strconv.FormatFloat(float64(int(share*1000+0.5))/10, 'f', -1, 64) + "%"
}

// timeText is a time as it may be typed: 300ms, 30s, 2m, 1h30m.
func timeText(d time.Duration) string {
	unit := time.Second
	if d < time.Minute {
		unit = 100 * time.Millisecond
	}
	text := d.Round(unit).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}
