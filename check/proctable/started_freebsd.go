package proctable

import "time"

// StartTime is the time of day of a start, see Usage.Start; zero if there is none.
func StartTime(start uint64, _ time.Time, _ time.Duration) time.Time {
	if start == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(start))
}
