// Package executable makes programs and scripts that tests execute. Only tests import it.
package executable

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
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

// Build compiles a command of this module, such as daemon-keeper, as make build does, but without
// the version of the repository, which git may be about to change.
func Build(path, command string) error {
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, command)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", command, err, out)
	}
	return nil
}
