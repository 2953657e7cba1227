package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"daemon-keeper/internal/trust"
)

// readFile reads a regular file, of which at most one byte more than allowed. It
// waits for nobody: a FIFO is opened without one who writes, and is refused.
func readFile(path string, checkOwner bool) ([]byte, error) {
	if checkOwner {
		if err := trust.Way(path); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, wrong("", "cannot read it: it is not a regular file")
	}
	if checkOwner {
		if err := trust.File(f); err != nil {
			return nil, err
		}
	}
	var buf bytes.Buffer
	buf.Grow(int(min(info.Size(), maxBytes)) + bytes.MinRead + 1)
	_, err = buf.ReadFrom(io.LimitReader(f, maxBytes+1))
	return buf.Bytes(), err
}

// problemOf finds words for what the system has said.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	hint := ""
	if h, ok := err.(interface{ Hint() string }); ok {
		hint = h.Hint()
	}
	var distrust *trust.Error
	var path *fs.PathError
	switch {
	case errors.As(err, &distrust):
		return &problem{distrust.Error(), hint}
	case errors.Is(err, fs.ErrPermission):
		return wrong("run as root, or see ls -l", "cannot read it: permission denied")
	case errors.As(err, &path):
		err = path.Err
	}
	return wrong(hint, "cannot read it: %v", err)
}

// isThere tells a link to nothing from nothing.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
