//go:build linux || freebsd

package postmortem

import (
	"context"
	"os"
	"syscall"
	"time"
)

// room knows which shared resources are used up now: the space of file systems, the tables of
// processes and of open files. It is read after the end, so it is at most likely that it is
// related to that.
const room = "room"

// roomFolders are where daemons mostly write.
var roomFolders = [...]string{"/", "/var", "/var/log", "/var/lib", "/var/db", "/var/tmp", "/tmp", "/run", "/var/run"}

// readRoom reads how much room there is in the file systems to which daemons write, each
// once, and in the kernel's tables. What there is now says nothing of a death of long ago.
func readRoom(ctx context.Context, d Dead) (resources, error) {
	const longAgo = 10 * time.Minute
	const readOnly = 1 // ST_RDONLY, MNT_RDONLY
	var r resources
	if time.Since(d.Wall) > longAgo {
		return r, nil
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
		if syscall.Statfs(path, &fs) != nil || fs.Flags&readOnly != 0 { // read-only ones are always full
			continue
		}
		block := uint64(fs.Bsize)
		r.disks = append(r.disks, disk{path, fs.Blocks * block, uint64(max(fs.Bavail, 0)) * block, fs.Files, uint64(max(fs.Ffree, 0))})
	}
	r.tables = kernelTables()
	return r, ctx.Err()
}
