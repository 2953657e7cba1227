package proctable

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseLocks(t *testing.T) {
	const text = `1: POSIX  ADVISORY  WRITE 684 00:1a:1234 0 EOF
1: -> POSIX  ADVISORY  WRITE 700 00:1a:1234 0 EOF
2: FLOCK  ADVISORY  WRITE 731 fe:00:99 0 EOF
3: OFDLCK ADVISORY  READ -1 fe:00:98 0 EOF
4: LEASE  ACTIVE    READ 800 fe:00:97 0 EOF
5: FLOCK  ADVISORY  WRITE 0 fe:00:96 0 EOF
6: POSIX  ADVISORY  READ 12 00:1a:1234 5 6
7: FLOCK  ADVISORY  WRITE x fe:00:95 0 EOF
8: FLOCK  ADVISORY  WRITE 1 fe:00 0 EOF
nonsense
9: FLOCK  ADVISORY  WRITE 1 fe:00:9`
	got := locksIn([]byte(text))
	for d, want := range map[lockedFile]string{
		{0, 0x1a, 1234}: "[684 12]",
		{0xfe, 0, 99}:   "[731]",
		{0xfe, 0, 98}:   "[-1]",
		{0xfe, 0, 97}:   "[]",
		{0xfe, 0, 96}:   "[-1]",
		{0xfe, 0, 95}:   "[]",
	} {
		if list := fmt.Sprint(got[d]); list != want {
			t.Errorf("%v: %s, want %s", d, list, want)
		}
	}
	if len(got) != 4 {
		t.Errorf("%v", got)
	}
}

// However many locks a user takes, those of others are told: the kernel lists the latest first.
func TestManyLocks(t *testing.T) {
	text := strings.Repeat("1: POSIX  ADVISORY  WRITE 9 00:1a:7 0 0\n", 150_000) + "2: FLOCK  ADVISORY  WRITE 731 fe:00:99 0 EOF\n"
	if got := locksIn([]byte(text))[lockedFile{0xfe, 0, 99}]; len(text) > MostLockText || fmt.Sprint(got) != "[731]" {
		t.Errorf("%d bytes: %v", len(text), got)
	}
}

func FuzzParseLocks(f *testing.F) {
	f.Add([]byte("1: POSIX  ADVISORY  WRITE 684 00:1a:1234 0 EOF\n"))
	f.Add([]byte("1: -> FLOCK  ADVISORY  WRITE -1 fe:00:99 0 EOF"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for d, pids := range locksIn(text) {
			for _, pid := range pids {
				if pid == 0 || pid < SomeHolder {
					t.Errorf("%v: %v", d, pids)
				}
			}
		}
	})
}

// A device is the same one whether stat(2) names it or the kernel's list.
func TestIsOn(t *testing.T) {
	for device, row := range map[uint64]string{0x801: "08:01", 0x1f: "00:1f", 259<<8 | 10: "103:0a", 8<<8 | 1<<20 | 0x34: "08:134"} {
		for l := range ParseLocks([]byte("1: FLOCK  ADVISORY  WRITE 701 " + row + ":5678 0 EOF\n")) {
			if !l.IsOn(device) || l.IsOn(device+1) || !l.IsWrite || l.Inode != 5678 {
				t.Errorf("%#x: %+v", device, l)
			}
		}
	}
}
