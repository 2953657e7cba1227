package app

import "testing"

// init writes a name, or the number of a user who has none, unless systemd has made that up.
func TestUserName(t *testing.T) {
	for id, want := range map[uint32]string{0: "root", 4_000_000_000: "4000000000", 65196: ""} {
		if got := userName(id); got != want {
			t.Errorf("user %d is written as %q, not %q", id, got, want)
		}
	}
}
