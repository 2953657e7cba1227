package osutil

import "testing"

func TestLookups(t *testing.T) {
	if id, err := UserID("root"); err != nil || id != 0 {
		t.Error(id, err)
	}
	for _, look := range []func(string) (uint32, error){UserID, GroupID} {
		if id, err := look("no-such-name"); err == nil {
			t.Error(id)
		}
	}
}
