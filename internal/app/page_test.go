package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// What a fleet's reports may have together is limited, and each that is left out is named.
func TestReadReports(t *testing.T) {
	var paths []string
	for _, name := range []string{"a.json", "b.json", "c.json"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, make([]byte, 10), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	paths = append(paths, filepath.Join(t.TempDir(), "nosuch.json"))
	if list := readReports(paths, 100); !errors.Is(list[3].Err, os.ErrNotExist) || list[2].Err != nil {
		t.Errorf("got %+v", list)
	}
	list := readReports(paths[:3], 25) // the third one does not fit
	if len(list) != 3 || list[0].Err != nil || len(list[1].Data) != 10 || list[2].Host != "c" || list[2].Data != nil || list[2].Err == nil {
		t.Errorf("got %+v", list)
	}
	if list := readReports(paths, 20); !errors.Is(list[2].Err, errTooLong) || !errors.Is(list[3].Err, errTooLong) {
		t.Errorf("after the limit: %+v", list)
	}
}
