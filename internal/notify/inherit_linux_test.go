package notify

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A hook is given three descriptors and a session of its own, whatever we were
// started with: a lock of flock(1) around us would be held by what it leaves.
func TestHookInherits(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err := syscall.Dup(int(f.Fd())) // not close-on-exec
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	h, dir := script(t, `(ls /proc/$$/fd >"$1/descriptors"; cut -d' ' -f1,5,6 /proc/$$/stat >"$1/ids"; readlink /proc/$$/fd/0 >"$1/stdin")`+"\n:")
	if err := h.Tell(t.Context(), Message{}); err != nil {
		t.Fatal(err)
	}
	if got := note(t, dir, "descriptors"); got != "0\n1\n2" {
		t.Errorf("descriptors %q", got)
	}
	if got := note(t, dir, "stdin"); got != os.DevNull {
		t.Errorf("without a report, standard input is %s", got)
	}
	ids := strings.Fields(note(t, dir, "ids"))
	if len(ids) != 3 || ids[0] != ids[1] || ids[0] != ids[2] {
		t.Errorf("process, group and session are %q", ids)
	}
}
