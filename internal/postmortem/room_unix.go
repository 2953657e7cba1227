//go:build linux || freebsd

package postmortem

import (
	"context"
	"os"
	"syscall"
	"time"
)

const longAgo = 10 * time.Minute

// ReadRoom reads how much room there is in the file systems to which daemons write, each
// once, and in the kernel's tables.
//
// What there is now says nothing of a death of long ago.
func ReadRoom(ctx context.Context, d Dead) (Used, error) {
	var u Used
	if time.Since(d.Wall) > longAgo {
		return u, nil
	}
	seen := make(map[uint64]bool)
	for _, path := range roomFolders {
		info, err := os.Stat(path)
		if err != nil {
			continue // there is no such folder here
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok || seen[uint64(st.Dev)] || ctx.Err() != nil {
			continue
		}
		seen[uint64(st.Dev)] = true
		var fs syscall.Statfs_t
		if syscall.Statfs(path, &fs) != nil || fs.Flags&readOnly != 0 { // an image has no room, and needs none
			continue
		}
		block := uint64(fs.Bsize)
		u.Disks = append(u.Disks, Disk{path, fs.Blocks * block, uint64(max(fs.Bavail, 0)) * block, fs.Files, uint64(max(fs.Ffree, 0))})
	}
	u.Tables = kernelTables()
	return u, ctx.Err()
}
