package words

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for _, tt := range []struct {
		text string
		want time.Duration
		why  string
	}{
		{"0", 0, ""},
		{"0s", 0, ""},
		{"500ms", 500 * time.Millisecond, ""},
		{"1.5s", 1500 * time.Millisecond, ""},
		{".5s", 500 * time.Millisecond, ""},
		{"1h30m", 90 * time.Minute, ""},
		{"2d", 48 * time.Hour, ""},
		{"1d12h", 36 * time.Hour, ""},
		{"12h1d", 36 * time.Hour, ""},
		{"0.5d", 12 * time.Hour, ""},
		{"2w", 14 * 24 * time.Hour, ""},
		{"-5s", -5 * time.Second, ""},
		{"5µs", 5 * time.Microsecond, ""},
		{"100000d", 100000 * 24 * time.Hour, ""},
		{"", 0, "it is empty"},
		{"-", 0, "it is empty"},
		{"--5s", 0, "there is no number"},
		{"5", 0, "the unit is missing"},
		{"1h5", 0, "the unit is missing"},
		{"never", 0, "it is not a duration"},
		{"1h d", 0, "there is no number"},
		{".d", 0, "it is not a duration"},
		{"1h.d", 0, "there is no number"},
		{"+5s", 0, "there is no number"},
		{" 5s", 0, "there is no number"},
		{"5 s", 0, "there is no such unit"},
		{"5y", 0, "there is no such unit"},
		{"5S", 0, "there is no such unit"},
		{"1.2.3s", 0, "it is not a number"},
		{"200000d", 0, "it is too long"},
		{"99999999999999999999s", 0, "it is too long"},
		{"100000d100000d", 0, "it is too long"},
	} {
		got, err := ParseDuration(tt.text)
		why := ""
		if err != nil {
			why = err.Error()
		}
		if got != tt.want || why != tt.why {
			t.Errorf("%q: %v, %q; want %v, %q", tt.text, got, why, tt.want, tt.why)
		}
	}
}

// What Go reads is read in the same way.
func FuzzParseDuration(f *testing.F) {
	for _, text := range strings.Fields("0 0s 1h30m 1.5s .5s 1.s -5s 5µs 2d 1d12h 9223372036854775807ns +1s") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseDuration(text)
		want, goErr := time.ParseDuration(text)
		if goErr == nil && !strings.HasPrefix(text, "+") && (err != nil || got != want) {
			t.Errorf("%q: %v, %v; Go reads %v", text, got, err, want)
		}
		if err == nil && goErr != nil && !strings.ContainsAny(text, "dw") {
			t.Errorf("%q: %v; Go refuses it: %v", text, got, goErr)
		}
	})
}

// What a file says is bounded, and what we have written is read again to the nanosecond.
func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]time.Duration{
		0: 0, -1: 0, 1.5: 1500 * time.Millisecond, math.NaN(): 0, math.Inf(-1): 0, math.Inf(1): 36500 * 24 * time.Hour, 1e300: 36500 * 24 * time.Hour,
		(59*time.Second + 999_999_999).Seconds(): 59*time.Second + 999_999_999,
	} {
		if got := Duration(seconds); got != want {
			t.Errorf("%v: %v, want %v", seconds, got, want)
		}
	}
}
