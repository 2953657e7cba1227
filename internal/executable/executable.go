// Package executable writes programs and scripts that tests execute. Only tests import it.
package executable

import (
	"io/fs"
	"os"
	"syscall"
)

// WriteFile is os.WriteFile for a file that can be executed at once. A child that another test
// forks meanwhile would have the file open for writing until its own exec, and execve(2) of the
// file would fail with ETXTBSY.
func WriteFile(path string, content []byte, mode fs.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, content, mode)
}
