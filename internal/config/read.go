package config

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"
)

// readFile reads a regular file, of which at most one byte more than allowed.
func readFile(path string, checkOwner bool) ([]byte, error) {
	if checkOwner {
		if err := trust.Way(path); err != nil {
			return nil, err
		}
	}
	f, err := osutil.OpenRegular(path, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if checkOwner {
		if err := trust.File(f); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}

// problemOf finds words for what the system has said.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var distrust *trust.Error
	switch {
	case errors.As(err, &distrust):
		return &problem{distrust.Error(), distrust.Hint()}
	case errors.Is(err, fs.ErrPermission):
		return wrong("run as root, or see ls -l", "cannot read it: permission denied")
	}
	return wrong("", "cannot read it: %v", osutil.Cause(err))
}

// isThere tells a link to nothing from nothing.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
