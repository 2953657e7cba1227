package proctable

import "time"

// StartTime is the time of day of a start, see Usage.Start, by the clock as it is now; zero if
// there is none. up is how long the machine has been up, suspended time included.
func StartTime(start uint64, now time.Time, up time.Duration) time.Time {
	if start == 0 || start > uint64(up/tick)+1 {
		return time.Time{}
	}
	return now.Add(time.Duration(start)*tick - up)
}
