package inspect

import (
	"fmt"
	"strconv"

	"daemon-keeper/check/proctable"
)

// size is a number of bytes for people.
func size(n uint64) string {
	if n == proctable.Unlimited {
		return "no limit"
	}
	const step = 1024
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	v, i := float64(n), 0
	for v >= step && i < len(units)-1 {
		v, i = v/step, i+1
	}
	if i == 0 || v >= 100 {
		return fmt.Sprintf("%.0f %s", v, units[i])
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}

// count is a limit for people.
func count(n uint64) string {
	if n == proctable.Unlimited {
		return "unlimited"
	}
	return strconv.FormatUint(n, 10)
}
