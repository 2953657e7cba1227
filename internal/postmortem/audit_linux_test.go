package postmortem

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A log that was rotated lately is read, too, and of a large one the end.
func TestReadAuditLogs(t *testing.T) {
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "audit.log"), filepath.Join(dir, "audit.log.1")}
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := auditCall + auditPID + auditTitle
	old := strings.ReplaceAll(auditCall, "1795233668", "1795233000")
	filler := strings.Repeat(strings.ReplaceAll(auditCall, ":4)", ":7)"), mostAudit/len(auditCall)+1)
	for _, tc := range []struct {
		name, log, before string
		want              string
		sure              Certainty
	}{
		{"one log", old + all, "", killedBy, Certain},
		{"a young log, and no other", all, "", killedBy, Certain},
		{"the events are in the one before", strings.ReplaceAll(auditCall, ":4)", ":7)"), old + all, killedBy, Certain},
		{"an event in both", auditPID + auditTitle, old + auditCall, killedBy, Certain},
		{"gigabytes", filler + all, old, killedBy, Likely},
	} {
		write(paths[0], tc.log)
		_ = os.Remove(paths[1])
		if tc.before != "" {
			write(paths[1], tc.before)
		}
		r, err := readAuditLogs(t.Context(), killed(), paths)
		if err != nil || len(r.Log) > mostAudit {
			t.Errorf("%s: %d bytes, %v", tc.name, len(r.Log), err)
		}
		checkAudit(t, r, killed(), tc.want, tc.sure)
	}
	if _, err := readAuditLogs(t.Context(), killed(), []string{filepath.Join(dir, "none")}); !os.IsNotExist(err) {
		t.Errorf("no log: %v", err)
	}
}
