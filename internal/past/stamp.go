package past

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// Stamp is a point in time that survives steps of the clock and reboots.
type Stamp struct {
	Time time.Time     // by the wall clock, UTC
	Boot string        // ID of the boot; "" if the system has none
	Up   time.Duration // nanoseconds since that boot; negative before it, see Tally.Wait
}

// Writable limits a time to what JSON can hold: with a clock beyond the year 9999, nothing
// could be written any more. No correct time is before 1970.
func Writable(t time.Time) time.Time {
	t = t.UTC().Round(0) // without Go's monotonic time, which no file keeps
	first, last := time.Unix(0, 0).UTC(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	switch {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	}
	return t
}

// IsZero reports whether the stamp is unset.
func (s Stamp) IsZero() bool { return s.Time.IsZero() && s.Boot == "" && s.Up == 0 }

// Since returns the time from an earlier stamp to this one, never negative: an earlier stamp
// that lies in the future counts as now. Within a boot the wall clock does not matter.
func (s Stamp) Since(earlier Stamp) time.Duration {
	if !s.SameBoot(earlier) {
		return max(s.Time.Sub(earlier.Time), 0)
	}
	if s.Before(earlier) {
		return 0
	}
	since := s.Up - earlier.Up
	if since < 0 { // too long for a Duration: the file was not written by us
		return math.MaxInt64
	}
	return since
}

// Before reports whether s is before other.
func (s Stamp) Before(other Stamp) bool {
	if s.SameBoot(other) {
		return s.Up < other.Up
	}
	return s.Time.Before(other.Time)
}

// clockSlack is how much a correct wall clock may differ from the clock since boot.
const clockSlack = time.Minute

// Retell returns an earlier moment corrected for the present wall clock. Within a boot the
// clock may have been set by years, for example on a machine that keeps no time while it is
// off.
func (s Stamp) Retell(earlier Stamp) Stamp {
	if !s.SameBoot(earlier) {
		return earlier
	}
	if t := s.Time.Add(-s.Since(earlier)); t.Sub(earlier.Time).Abs() > clockSlack {
		earlier.Time = Writable(t)
	}
	return earlier
}

func (s Stamp) SameBoot(other Stamp) bool { return s.Boot != "" && s.Boot == other.Boot }

// MarshalText writes a stamp as one word per field: most of a file consists of stamps, and as
// objects they took encoding/json twice as long.
func (s Stamp) MarshalText() ([]byte, error) {
	text, err := s.Time.AppendText(make([]byte, 0, 96))
	text = strconv.AppendInt(append(text, ' '), int64(s.Up), 10)
	if s.Boot != "" {
		text = append(append(text, ' '), s.Boot...)
	}
	return text, err
}

// UnmarshalJSON reads what MarshalText writes. Only a boot ID that no kernel has made
// contains an escape or invalid UTF-8; every other word is read as it is, which is faster.
func (s *Stamp) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '"' {
		return errors.New("it is not a stamp")
	}
	word := bytes.Trim(data, `"`)
	if bytes.IndexByte(word, '\\') >= 0 || !utf8.Valid(word) {
		var unescaped string
		if err := json.Unmarshal(data, &unescaped); err != nil {
			return err
		}
		word = []byte(unescaped)
	}
	text, rest, _ := bytes.Cut(word, []byte(" "))
	up, id, _ := bytes.Cut(rest, []byte(" "))
	n, err := strconv.ParseInt(string(up), 10, 64)
	if err == nil {
		err = s.Time.UnmarshalText(text)
	}
	s.Up, s.Boot = time.Duration(n), string(id)
	return err
}
