package proctable

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const recordedInfo = "pos:\t0\nflags:\t02100001\nmnt_id:\t29\nino:\t11691\n"

// FuzzHoldsLock: what stands behind a lock is the kernel's, and nothing but a whole
// line of it says that there is one.
func FuzzHoldsLock(f *testing.F) {
	for _, seed := range []string{
		"", recordedInfo, recordedInfo + "lock:\t1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF\n",
		recordedInfo + "lock:\t1: LEASE  ACTIVE  READ 359 00:13:11691 0 EOF\n", "lock:\t1: POSIX", "lock:", "lock:\t\n", "xlock:\t1: FLOCK\n", "lock:\x00\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		held := holdsLock([]byte(text))
		if held && !strings.Contains(text, "lock:") {
			t.Errorf("a lock in %q", text)
		}
		const lock, lease = "lock:\t1: OFDLCK  ADVISORY  WRITE -1 00:13:11691 0 EOF\n", "lock:\t1: LEASE  ACTIVE  READ 359 00:13:11691 0 EOF\n"
		if !holdsLock([]byte(lock + text)) {
			t.Errorf("no lock with %q behind it", text)
		}
		if holdsLock([]byte(lease+text)) != held {
			t.Errorf("a lease is a lock, with %q behind it", text)
		}
	})
}

// FuzzMountOf: a mount is one line's word, and is found again where it is listed.
func FuzzMountOf(f *testing.F) {
	for _, seed := range []string{
		"", recordedInfo, "mnt_id:\t29", "mnt_id:", "x mnt_id:\t1\nmnt_id:\t2\n",
		"29 1 0:26 / / rw,relatime shared:1 - overlay overlay rw\n30 29 0:27 / /proc rw - proc proc rw\n", "29", "\n", " \n",
	} {
		f.Add(seed, "29")
	}
	f.Fuzz(func(t *testing.T, text, id string) {
		if got := mountOf([]byte(text)); strings.ContainsAny(got, "\n") || got != strings.TrimSpace(got) || got != "" && !strings.Contains(text, "mnt_id:") {
			t.Errorf("mount %q of %q", got, text)
		}
		has := hasMount([]byte(text), id)
		if strings.ContainsAny(id, " \n") {
			if has {
				t.Errorf("mount %q, which is no word, in %q", id, text)
			}
			return
		}
		if has && !strings.Contains(text, id+" ") {
			t.Errorf("mount %q in %q", id, text)
		}
		if !hasMount([]byte(id+" 1 0:26 / / rw - overlay overlay rw\n"+text), id) {
			t.Errorf("no mount %q in front of %q", id, text)
		}
	})
}

// FuzzOpenFiles: a limit is a number that stands there, or an error.
func FuzzOpenFiles(f *testing.F) {
	const head = "Limit                     Soft Limit           Hard Limit           Units     \n"
	for _, seed := range []string{
		"", head, head + "Max open files            1024                 524288               files     \n", "Max open files unlimited unlimited files\n",
		"Max open files -1 1\n", "Max open files\n1024", "Max open files 99999999999999999999\n", "xMax open files 5\nMax open files 6\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := openFiles([]byte(text))
		switch {
		case err != nil && n != 0:
			t.Errorf("%d and %v", n, err)
		case err == nil && (n < 0 || !slices.ContainsFunc(bytes.Fields([]byte(text)), func(w []byte) bool {
			m, err := strconv.Atoi(strings.TrimPrefix(string(w), "files"))
			return err == nil && m == n
		})):
			t.Errorf("%d in %q", n, text)
		}
	})
}
