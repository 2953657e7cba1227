package postmortem

import (
	"encoding/binary"
	"math"
	"testing"
	"time"
)

// accounted is a record of version 3.
func accounted(order binary.ByteOrder, version byte, pid, status uint32, ended time.Time, took time.Duration) []byte {
	b := make([]byte, accountSize)
	b[1] = version
	order.PutUint32(b[4:], status)
	order.PutUint32(b[16:], pid)
	order.PutUint32(b[24:], uint32(ended.Add(-took).Unix()))
	order.PutUint32(b[28:], math.Float32bits(float32(took.Seconds()*100)))
	copy(b[48:], "java")
	return b
}

func TestAccountFindings(t *testing.T) {
	died := jvm().Wall.Add(-10 * time.Second)
	le := func(pid, status uint32, ended time.Time) []byte {
		return accounted(binary.LittleEndian, 3, pid, status, ended, time.Hour)
	}
	for _, tc := range []struct {
		name   string
		data   []byte
		text   string
		cause  Cause
		signal int
		sure   Certainty
	}{
		{"TERM", le(29789, 15, died), "its main process was killed by SIGTERM", Signalled, 15, Certain},
		{"a core", le(29789, 139, died), "its main process was killed by SIGSEGV and dumped core", DumpedCore, 11, Certain},
		{"status 7", le(29789, 1792, died), "its main process has exited with status 7", Exited, 0, Certain},
		{"status 143", le(29789, 143<<8, died), "its main process has exited with status 143", Exited, 15, Certain},
		{"big-endian", accounted(binary.BigEndian, 0x83, 29789, 15, died, time.Hour), "its main process was killed by SIGTERM", Signalled, 15, Certain},
		{"version 2", accounted(binary.LittleEndian, 2, 29789, 15, died, time.Hour), "", "", 0, ""},
		{"another process", le(2978, 15, died), "", "", 0, ""},
		{"before it was seen", le(29789, 15, died.Add(-time.Hour)), "", "", 0, ""},
		{"cut", le(29789, 15, died)[:63], "", "", 0, ""},
		{"a thread", le(29791, 15, died), "", "", 0, ""},
		{"no time", accounted(binary.LittleEndian, 3, 29789, 15, died, -time.Hour), "", "", 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := accountFindings(append(le(1, 9, died), tc.data...), jvm())
			if tc.text == "" {
				if len(got) > 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Text != tc.text || got[0].Cause != tc.cause || got[0].Signal != tc.signal || got[0].Sure != tc.sure || !got[0].Main {
				t.Errorf("%+v", got)
			}
		})
	}
	twice := accountFindings(append(le(29789, 15, died), le(29789, 9, died)...), jvm())
	if len(twice) != 2 || twice[0].Sure != Likely || twice[1].Sure != Likely {
		t.Errorf("a number that was used twice: %+v", twice)
	}
}

func FuzzAccounting(f *testing.F) {
	f.Add(accounted(binary.LittleEndian, 3, 29789, 15, jvm().Wall, time.Hour))
	f.Fuzz(func(_ *testing.T, data []byte) { accountFindings(data, jvm()) })
}
