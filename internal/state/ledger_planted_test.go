package state

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What somebody has put in its place is neither read nor written, and nobody waits.
func TestPlantedLedgers(t *testing.T) {
	root := os.Geteuid() == 0
	for _, tc := range []struct {
		name      string
		plant     func(t *testing.T, path string)
		why, hint string
		root      bool
	}{
		{"a link", func(t *testing.T, path string) { write(t, path+"x", 0o600); link(t, path+"x", path) }, "it is not a regular file", "remove it", false},
		{"a link to nothing", func(t *testing.T, path string) { link(t, path+"x", path) }, "it is not a regular file", "remove it", false},
		{"a pipe", func(t *testing.T, path string) {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "it is not a regular file", "remove it", false},
		{"a folder", func(t *testing.T, path string) { mkdir(t, path, 0o700) }, "it is not a regular file", "remove it", false},
		{"writable by all", func(t *testing.T, path string) {
			write(t, path, 0o600)
			if err := os.Chmod(path, 0o666); err != nil {
				t.Fatal(err)
			}
		}, "others can write to it", "chmod go-w ", false},
		{"another user's", func(t *testing.T, path string) { write(t, path, 0o600); chown(t, path) }, "another user owns it", "chown root ", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.root && !root {
				t.Skip("only root can give a file away")
			}
			l := testLedger(t)
			tc.plant(t, l.path())
			_, _, reading := l.incidents(time.Time{})
			for doing, err := range map[string]error{"write": l.append(incident(1)), "read": reading} {
				var h interface{ Hint() string }
				if err == nil || !strings.HasPrefix(err.Error(), "cannot "+doing+" "+l.path()+": ") || !strings.HasSuffix(err.Error(), tc.why) {
					t.Errorf("error %v, want %s", err, tc.why)
				} else if !errors.As(err, &h) || !strings.HasPrefix(h.Hint(), tc.hint) {
					t.Errorf("hint %q, want %q", h.Hint(), tc.hint)
				}
			}
			if data, err := os.ReadFile(l.path() + "x"); err == nil && string(data) != "x" {
				t.Errorf("the link's target has %q", data)
			}
			if _, err := os.Lstat(l.path() + "x"); tc.name == "a link to nothing" && err == nil {
				t.Error("the link's target was made")
			}
		})
	}
}
