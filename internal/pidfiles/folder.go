package pidfiles

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// folder is an open folder. Its files are reached through its descriptor, so it does not matter if
// another folder gets its path meanwhile.
type folder struct {
	file *os.File
	path string // without links
}

// openFolder opens a path without links. If its last element is a link, that was put there since.
func openFolder(name string) (folder, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return folder{}, err
	}
	return folder{f, name}, nil
}

func openAt(dir *os.File, name, full string, flags int) (*os.File, error) {
	flags |= unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC
	for {
		fd, err := unix.Openat(int(dir.Fd()), name, flags, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, err
		}
		return os.NewFile(uintptr(fd), full), nil
	}
}

func (f folder) close() { f.file.Close() }

// entry is a name in a folder, and what it leads to.
type entry struct {
	name string
	stat unix.Stat_t
}

// look looks at a name without opening it.
func (f folder) look(name string) (entry, error) {
	e := entry{name: name}
	err := unix.Fstatat(int(f.file.Fd()), name, &e.stat, unix.AT_SYMLINK_NOFOLLOW)
	return e, err
}

func (e entry) mode() fs.FileMode {
	mode := fs.FileMode(e.stat.Mode & 0o777)
	if e.stat.Mode&unix.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	switch e.stat.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return mode
	case unix.S_IFDIR:
		return mode | fs.ModeDir
	case unix.S_IFLNK:
		return mode | fs.ModeSymlink
	case unix.S_IFIFO:
		return mode | fs.ModeNamedPipe
	case unix.S_IFSOCK:
		return mode | fs.ModeSocket
	}
	return mode | fs.ModeDevice
}

func (e entry) kind() Kind {
	switch t := e.mode().Type(); t {
	case 0:
		return Regular
	case fs.ModeDir:
		return Folder
	case fs.ModeSymlink:
		return Link
	}
	return Other
}

// read reads a pidfile. Only a regular file is opened: to open a device may have effects.
func (f folder) read(e entry, l proctable.Locks) File {
	sec, nsec := e.stat.Mtim.Unix()
	file := File{
		Path: path.Join(f.path, e.name), Kind: e.kind(), Mode: e.mode(), Owner: e.stat.Uid, Written: time.Unix(sec, nsec),
	}
	if file.Kind != Regular {
		file.System, file.Stays = systemOf(f.file, file.Path)
		return file
	}
	open, err := openAt(f.file, e.name, file.Path, 0)
	var now unix.Stat_t
	if err == nil {
		defer open.Close()
		err = unix.Fstat(int(open.Fd()), &now)
	}
	switch {
	case errors.Is(err, unix.ENOENT):
		file.Kind = Missing
		return file
	case err == nil && (now.Ino != e.stat.Ino || now.Dev != e.stat.Dev):
		err = errors.New("it was replaced while it was looked at")
	}
	if err != nil {
		file.Denied = osutil.Cause(err).Error()
		return file
	}
	text, err := io.ReadAll(io.LimitReader(open, longest+1))
	if err != nil {
		file.Denied = osutil.Cause(err).Error()
		return file
	}
	file.Content = parse(text[:min(len(text), longest)], len(text) > longest)
	file.System, file.Stays = systemOf(open, file.Path)
	file.Holders, file.Locks = l.Holders(open, &now, file.System)
	return file
}

// names calls visit for each name in the folder, until visit returns false.
func (f folder) names(visit func(name string) bool) error {
	const batch = 512
	for {
		names, err := f.file.Readdirnames(batch)
		for _, name := range names {
			if !visit(name) {
				return nil
			}
		}
		switch {
		case errors.Is(err, io.EOF), err == nil && len(names) == 0:
			return nil
		case err != nil:
			return err
		}
	}
}
