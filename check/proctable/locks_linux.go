package proctable

import (
	"os"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// ReadLocks is nil if the locks cannot be told.
func ReadLocks() Locks {
	text, err := osutil.ReadSome("/proc/locks", MostLockText)
	if err != nil || len(text) == MostLockText {
		return nil
	}
	return locksIn(text)
}

// Holders takes no lock, not even for a moment, in which a daemon could be starting.
// stat(2) names the device of a file of overlayfs or btrfs in another way than /proc/locks;
// then F_GETLK, fcntl(2), knows at least those of fcntl.
func (l Locks) Holders(f *os.File, st *unix.Stat_t, system string) (holders []int, known bool) {
	if l != nil && system != "overlay" && system != "btrfs" && system != "bcachefs" {
		dev := uint64(st.Dev)
		return l[lockedFile{unix.Major(dev), unix.Minor(dev), st.Ino}], true
	}
	holders, known = recordLock(f)
	return holders, known && len(holders) > 0
}
