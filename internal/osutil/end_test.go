package osutil

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		most  int64
		want  string
		whole bool
	}{{3, "789", false}, {10, "0123456789", true}, {100, "0123456789", true}} {
		got, err := ReadEnd(path, tc.most)
		if err != nil || string(got.Data) != tc.want || got.Whole != tc.whole || got.Modified.IsZero() {
			t.Errorf("the last %d: %q %t %v", tc.most, got.Data, got.Whole, err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{link, t.TempDir()} {
		if _, err := ReadEnd(bad, 3); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
