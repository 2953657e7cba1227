package osutil

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

func TestCause(t *testing.T) {
	plain := errors.New("plain")
	for _, tc := range []struct{ err, want error }{
		{&fs.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}, syscall.ENOENT},
		{fmt.Errorf("cannot: %w", &fs.PathError{Op: "open", Path: "/x", Err: syscall.EPERM}), syscall.EPERM},
		{&os.LinkError{Op: "rename", Old: "/x", New: "/y", Err: syscall.EXDEV}, syscall.EXDEV},
		{plain, plain},
		{nil, nil},
	} {
		if got := Cause(tc.err); got != tc.want { //nolint:errorlint // the very same
			t.Errorf("%v: %v, want %v", tc.err, got, tc.want)
		}
	}
}
