//go:build linux || freebsd

package postmortem

import (
	"testing"
	"time"
)

// This machine can be read, and its own limits are not those of a number that is too large.
func TestReadRoom(t *testing.T) {
	u, err := readRoom(t.Context(), Dead{Wall: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if old, err := readRoom(t.Context(), Dead{Wall: time.Now().Add(-time.Hour)}); len(old.disks)+len(old.tables) > 0 || err != nil {
		t.Errorf("of an hour ago: %+v, %v", old, err)
	}
	for _, table := range u.tables {
		if table.Max > 0 && table.Used > table.Max {
			t.Errorf("%+v", table)
		}
	}
}
