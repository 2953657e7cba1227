package proctable

import (
	"io/fs"
	"os"
	"syscall"
)

// FileIDOf works on every Unix; the width of its fields differs between them.
func FileIDOf(info fs.FileInfo) FileID {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return FileID{}
	}
	return FileID{Dev: uint64(st.Dev), Ino: uint64(st.Ino)}
}

// FileIDAt follows symbolic links; the zero FileID is a file that cannot be seen.
func FileIDAt(path string) FileID {
	info, err := os.Stat(path)
	if err != nil {
		return FileID{}
	}
	return FileIDOf(info)
}

// FileID is a file whatever its name: device and inode, stat(2). The zero
// FileID is not a file.
type FileID struct {
	Dev, Ino uint64
}
