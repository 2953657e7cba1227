package config

import (
	"errors"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"daemon-keeper/internal/golden"
)

// known are the users and groups of the tests.
func known(name string) (uint32, error) {
	switch name {
	case "root":
		return 0, nil
	case "clamav":
		return 64, nil
	case "builder":
		return 1001, nil
	case "slow":
		return 0, errors.New("the server does not answer")
	}
	return 0, user.UnknownUserError(name)
}

func testOptions() Options { return Options{LookupUser: known, LookupGroup: known} }

// Every broken file is refused with all its mistakes, each with a way out.
func TestBrokenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, mistakes, err := Load(file, testOptions())
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Daemons)+len(c.Forbid) > 0 {
				t.Errorf("kept %d daemons and %d rules", len(c.Daemons), len(c.Forbid))
			}
			var got strings.Builder
			for _, m := range mistakes {
				got.WriteString(strings.TrimPrefix(m.Error(), "testdata/broken/") + "\n")
				if m.Hint() == "" {
					t.Errorf("no hint: %s", m)
				}
				got.WriteString("    " + m.Hint() + "\n")
			}
			golden.File(t, strings.TrimSuffix(file, ".yaml")+".want", got.String())
		})
	}
}
