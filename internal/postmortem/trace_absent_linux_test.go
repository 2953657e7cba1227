package postmortem

import (
	"errors"
	"strings"
	"testing"
)

// Whoever wants a trace is told what is missing for it here, before the key.
func TestTraceIsAbsent(t *testing.T) {
	_, _, err := Tracing{Folder: t.TempDir(), Instance: "x"}.read()
	var absent Absent
	if !errors.As(err, &absent) || !strings.Contains(string(absent), "mount it") && !strings.HasPrefix(string(absent), "in a container ") {
		t.Errorf("%v", err)
	}
}
