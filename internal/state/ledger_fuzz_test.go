package state

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// Whatever the file holds: no panic, and a line is read or counted; what was read
// means the same when it is written again.
func FuzzLedger(f *testing.F) {
	good, err := ledgerLine(incident(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(append(good, good[:30]...))
	dead := incident(1)
	dead.Death = aDeath()
	if explained, err := ledgerLine(dead); err == nil {
		f.Add(explained)
	}
	f.Add([]byte(`{"daemon":"a","down_at":"2026-11-21T20:49:00Z","up_at":"2026-11-21T20:50:00Z","outcome":"x"}`))
	f.Add([]byte("{\"v\":1,\"daemon\":\"\\ud800\",\"down\":\"0000-01-01T00:00:00+23:59\",\"seconds\":1e9,\"held_seconds\":2e9}\n\x00\n{\"v\":2}"))
	f.Add([]byte(`{"v":1,"daemon":"a","down":"9999-12-31T23:59:59-23:59","up":"2026-11-21T20:50:00Z","steps":[{"exit":3}],"tries":9}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, bad, err := readLedger(bytes.NewReader(data), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		filled := 0
		for l := range bytes.Lines(data) {
			if len(bytes.TrimSpace(l)) > 0 {
				filled++
			}
		}
		if long := len(data) >= longestLine; len(list)+bad != filled && !long {
			t.Errorf("%d read and %d bad of %d lines", len(list), bad, filled)
		}
		for _, i := range list {
			line, err := ledgerLine(i)
			if err != nil {
				t.Fatalf("cannot write %+v: %v", i, err)
			}
			again, err := readLine(bytes.TrimSpace(line))
			if err != nil {
				t.Fatalf("cannot read %s: %v", line, err)
			}
			third, err := ledgerLine(again)
			if err != nil || !json.Valid(line) || !bytes.Equal(third, line) {
				t.Errorf("it changes: %s to %s, %v", line, third, err)
			}
		}
	})
}
