//go:build !linux

package state

import "errors"

func mknod(string) error { return errors.ErrUnsupported }
