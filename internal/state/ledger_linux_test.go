package state

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/apart"
)

// ledgerFolder names the folder of a ledger for a child of the tests.
const ledgerFolder = "DAEMON_KEEPER_TEST_LEDGER"

func ledgerChild(t *testing.T, folder string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), ledgerFolder+"="+folder)
	return cmd
}

// A run may be killed at any moment: what it was told that is written is there, in
// order, and the next run goes on.
func TestLedgerOfKilledRuns(t *testing.T) {
	if folder := os.Getenv(ledgerFolder); folder != "" {
		appendForEver(t, folder)
		return
	}
	l := testLedger(t)
	l.lines = killedLines
	last, kills := 0, 60
	if testing.Short() {
		kills = 5
	}
	for range kills {
		cmd := ledgerChild(t, l.store.path)
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s_FROM=%d", ledgerFolder, last+1))
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines, stop := bufio.NewScanner(out), rand.IntN(25)
		for n := 0; lines.Scan(); n++ {
			_, _ = fmt.Sscanf(lines.Text(), "written %d", &last)
			if n == stop {
				time.Sleep(time.Duration(rand.IntN(500)) * time.Microsecond)
				_ = cmd.Process.Kill()
			}
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("it was not killed: %v", err)
		}
		last = max(last, unbroken(t, l, last))
	}
	record(t, l, incident(last+1))
	if got := unbroken(t, l, last+1); got != last+1 {
		t.Errorf("the last is %d, and %d was written", got, last+1)
	}
}

const killedLines = 15

func appendForEver(t *testing.T, folder string) {
	l := newLedger(ledgerStore(t, folder))
	l.lines = killedLines
	var n int
	if _, err := fmt.Sscan(os.Getenv(ledgerFolder+"_FROM"), &n); err != nil {
		t.Fatal(err)
	}
	for ; ; n++ {
		if err := l.append(incident(n)); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("written %d\n", n)
	}
}

// unbroken tells the number of the last incident. All up to it are there, but for
// those that have made room; one may be torn that no run was told is written.
func unbroken(t *testing.T, l ledger, written int) int {
	t.Helper()
	list, bad, err := l.incidents(time.Time{})
	if err != nil || bad > 1 {
		t.Fatalf("%d bad lines, %v", bad, err)
	}
	for k := 1; k < len(list); k++ {
		if list[k].Tries != list[k-1].Tries+1 {
			t.Fatalf("%d follows on %d", list[k].Tries, list[k-1].Tries)
		}
	}
	if len(list) == 0 && written == 0 { // it was killed before its first
		return 0
	}
	if len(list) == 0 || list[len(list)-1].Tries < written || len(list) < min(written, killedLines*9/10) {
		t.Fatalf("%d are there, and %d was written", len(list), written)
	}
	return list[len(list)-1].Tries
}

// On a full disk, and on one that is mounted read-only, the ledger stands as it was,
// and the error says what to do.
func TestLedgerOnADiskThatTakesNothing(t *testing.T) {
	if !apart.Mounts(t) {
		return
	}
	folder := t.TempDir()
	apart.Memory(t, folder, "size=64k,mode=700")
	l := newLedger(ledgerStore(t, folder))
	record(t, l, incident(1))
	if err := os.WriteFile(filepath.Join(folder, "fill"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	before := content(t, l)
	refuses := func(l ledger, text, hint string) {
		t.Helper()
		big := incident(2)
		big.Reason = strings.Repeat("x", 4000) // some of it fits
		big.Cause = big.Reason
		err := l.append(big)
		var h interface{ Hint() string }
		if err == nil || !strings.HasSuffix(err.Error(), ": "+text) || !errors.As(err, &h) || !strings.Contains(h.Hint(), hint) {
			t.Errorf("error %v, want %s; hint %s", err, text, hint)
		}
		if got := content(t, l); got != before {
			t.Errorf("the ledger has %q, and had %q", got, before)
		}
		if entries, _ := os.ReadDir(folder); len(entries) != 3 {
			t.Errorf("left behind: %v", entries)
		}
	}
	refuses(l, "no space left on device", "make room")
	full := l
	full.lines = 1
	refuses(full, "no space left on device", "make room")
	record(t, l, incident(3)) // a small one still fits on the page
	holds(t, l, 0, 1, 3)
	before = content(t, l)
	apart.ReadOnly(t, folder)
	refuses(l, "read-only file system", "mounted read-only")
	holds(t, l, 0, 1, 3)
}
