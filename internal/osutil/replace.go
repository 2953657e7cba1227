package osutil

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// NewFile is a file that takes the place of another.
type NewFile struct {
	Name      string
	Temporary string // its name until it is complete; no other file may have it
	Data      []byte
	Mode      fs.FileMode // 0600, or more whatever the umask is
	Sync      bool        // it is on the disk before it takes the other's place, and its name when Replace returns
}

// Replace atomically puts a new file in the place of an old one, or of a link of that name:
// whenever the program ends, one of the two is there, and complete. On an error the old one
// stays. Only a program that is killed leaves the temporary file behind.
func Replace(root *os.Root, file NewFile) error {
	if err := file.create(root); err != nil {
		return err
	}
	if err := root.Rename(file.Temporary, file.Name); err != nil {
		_ = root.Remove(file.Temporary) // the first error is returned
		return err
	}
	if !file.Sync {
		return nil
	}
	folder, err := root.Open(".")
	if err != nil {
		return err
	}
	return syncAndClose(folder)
}

func (n NewFile) create(root *os.Root) error {
	const private = 0o600
	f, err := root.OpenFile(n.Temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, private)
	if err != nil {
		return err
	}
	_, err = f.Write(n.Data)
	if err == nil && n.Mode != private {
		err = f.Chmod(n.Mode)
	}
	if err == nil && n.Sync {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = root.Remove(n.Temporary) // the first error is returned
	}
	return err
}

// SyncFolder puts the names of a folder's files on the disk, fsync(2).
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return syncAndClose(folder)
}

// syncAndClose: not every file system can sync a folder, fsync(2) has EINVAL for that.
func syncAndClose(folder *os.File) error {
	defer folder.Close()
	if err := folder.Sync(); !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
