package osutil

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"
)

func TestOutput(t *testing.T) {
	if out, whole, err := Output(t.Context(), 100, "echo", "a", "b"); string(out) != "a b\n" || !whole || err != nil {
		t.Errorf("%q %t %v", out, whole, err)
	}
	if out, whole, err := Output(t.Context(), 5, "yes"); string(out) != "y\ny\ny" || whole || err != nil {
		t.Errorf("one that does not end: %q %t %v", out, whole, err)
	}
	if _, _, err := Output(t.Context(), 5, "ls", "/nonexistent/file"); err == nil {
		t.Error("one that fails: no error")
	}
	if _, _, err := Output(t.Context(), 5, "no-such-program"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is missing: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := Output(ctx, 5, "sleep", "600"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that takes too long: %v", err)
	}
}
