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

// FuzzField: a value is of a line of its own.
func FuzzField(f *testing.F) {
	for _, seed := range []string{"", recordedInfo, "mnt_id:\t29", "mnt_id:", "x mnt_id:\t1\nmnt_id:\t2\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := Field([]byte(text), "mnt_id")
		if strings.ContainsAny(got, "\n") || got != strings.TrimSpace(got) || ok && !strings.Contains(text, "mnt_id:") || !ok && got != "" {
			t.Errorf("%q of %q", got, text)
		}
		if got, ok := Field([]byte("mnt_id:\t29\n"+text), "mnt_id"); got != "29" || !ok {
			t.Errorf("%q, with %q behind it", got, text)
		}
	})
}

// FuzzParseLimit: a limit is a number that stands there, or none.
func FuzzParseLimit(f *testing.F) {
	const head = "Limit                     Soft Limit           Hard Limit           Units     \n"
	for _, seed := range []string{
		"", head, head + "Max open files            1024                 524288               files     \n", "Max open files unlimited unlimited files\n",
		"Max open files -1 1\n", "Max open files\n1024", "Max open files 99999999999999999999\n", "xMax open files 5\nMax open files 6\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		soft, hard, ok := ParseLimit([]byte(text), OpenFiles)
		if !ok {
			return
		}
		for _, n := range []uint64{soft, hard} {
			if n != Unlimited && !slices.ContainsFunc(bytes.Fields([]byte(text)), func(w []byte) bool {
				m, err := strconv.ParseUint(strings.TrimPrefix(string(w), "files"), 10, 64)
				return err == nil && m == n
			}) {
				t.Errorf("%d in %q", n, text)
			}
		}
	})
}
