package postmortem

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daemon-keeper/internal/words"
)

// The kernel's own records, of a PID namespace of the test's own: process accounting
// there counts that namespace only.
func TestRealAccounting(t *testing.T) {
	if file := os.Getenv("ACCOUNTING_TEST"); file != "" {
		accountFor(t, file)
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "pacct")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	inner := exec.Command("/proc/self/exe", "-test.run=^TestRealAccounting$", "-test.v")
	inner.Env = append(os.Environ(), "ACCOUNTING_TEST="+file)
	inner.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	out, err := inner.CombinedOutput()
	if strings.Contains(string(out), "--- SKIP") || err != nil && strings.Contains(err.Error(), "operation not permitted") {
		t.Skipf("this machine does not account in a PID namespace: %s", out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, tc := range []struct{ name, text string }{
		{"term", "its main process was killed by SIGTERM; it had lived"},
		{"kill", "its main process was killed by SIGKILL; it had lived"},
		{"seven", "its main process has exited with status 7; it had lived"},
	} {
		pid := 0
		_, rest, _ := strings.Cut(string(out), tc.name+"=")
		_, _ = fmt.Sscan(rest, &pid)
		now := time.Now()
		d := Dead{Processes: []words.Process{{PID: pid}}, To: now.Sub(began), Wall: now, LastUp: began}
		r, err := readAccounts(t.Context(), d, []accountFolder{{dir, "pacct"}}, "")
		found := accountFindings(r, d)
		if err != nil || pid == 0 || len(found) != 1 || !strings.HasPrefix(found[0].Text, tc.text) || found[0].Sure != Certain {
			t.Errorf("%s(%d): %+v %v\n%s", tc.name, pid, found, err, out)
		}
	}
}

// accountFor has the ends of some processes written down, and tells their numbers.
func accountFor(t *testing.T, file string) {
	if err := unix.Acct(file); err != nil {
		t.Skip(err)
	}
	for _, p := range []struct {
		name   string
		signal syscall.Signal
		argv   []string
	}{{"term", syscall.SIGTERM, []string{"sleep", "600"}}, {"kill", syscall.SIGKILL, []string{"sleep", "600"}}, {"seven", 0, []string{"sh", "-c", "exit 7"}}} {
		cmd := exec.Command(p.argv[0], p.argv[1:]...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if p.signal != 0 {
			_ = cmd.Process.Signal(p.signal)
		}
		_ = cmd.Wait()
		fmt.Printf("%s=%d\n", p.name, cmd.Process.Pid)
	}
}
