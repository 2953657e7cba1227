package osutil

import (
	"errors"
	"io/fs"
	"os"
)

// Cause leaves out of an error of package os the operation and the paths, which a message
// names already.
func Cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
