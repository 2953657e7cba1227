package words

import (
	"errors"
	"math"
	"strings"
	"time"
)

// DurationHint says how a length of time is written.
const DurationHint = "write a time such as 500ms, 30s, 2m, 12h or 2d"

// Duration is a number of seconds that was written down, by us or by somebody else: at least 0
// and at most a hundred years.
func Duration(seconds float64) time.Duration {
	const most = 100 * 365 * 24 * 60 * 60
	if math.IsNaN(seconds) {
		return 0
	}
	return time.Duration(math.Round(min(max(seconds, 0), most) * float64(time.Second)))
}

// ParseDuration reads a length of time as time.ParseDuration does, and knows days of 24
// hours and weeks, too: 500ms, 90m, 1d12h, 2w. The error says what is wrong with the text,
// and leaves out the text itself.
func ParseDuration(text string) (time.Duration, error) {
	text, negative := strings.CutPrefix(text, "-")
	switch text {
	case "":
		return 0, errors.New("it is empty")
	case "0":
		return 0, nil
	}
	if !strings.ContainsAny(text, "0123456789") {
		return 0, errors.New("it is not a duration")
	}
	var sum time.Duration
	for text != "" {
		d, rest, err := firstDuration(text)
		switch {
		case err != nil:
			return 0, err
		case d > math.MaxInt64-sum:
			return 0, errTooLong
		}
		sum, text = sum+d, rest
	}
	if negative {
		return -sum, nil
	}
	return sum, nil
}

var errTooLong = errors.New("it is too long")

// firstDuration reads a number with its unit, and returns what stands behind them.
func firstDuration(text string) (d time.Duration, rest string, err error) {
	behind := strings.TrimLeft(text, "0123456789.")
	rest = strings.TrimLeft(behind, "abcdefghijklmnopqrstuvwxyzµμ")
	number, unit := text[:len(text)-len(behind)], behind[:len(behind)-len(rest)]
	times := time.Duration(1)
	switch unit {
	case "d":
		unit, times = "h", 24
	case "w":
		unit, times = "h", 7*24
	}
	switch {
	case strings.Trim(number, ".") == "":
		return 0, "", errors.New("there is no number")
	case unit == "" && rest == "":
		return 0, "", errors.New("the unit is missing")
	case strings.Count(number, ".") > 1:
		return 0, "", errors.New("it is not a number")
	}
	if _, err := time.ParseDuration("1" + unit); err != nil {
		return 0, "", errors.New("there is no such unit")
	}
	d, err = time.ParseDuration(number + unit)
	if err != nil || d > math.MaxInt64/times {
		return 0, "", errTooLong
	}
	return d * times, rest, nil
}
