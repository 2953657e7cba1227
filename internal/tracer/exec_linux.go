//go:build amd64 || arm64

package tracer

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The exit statuses of env(1), timeout(1) and the shells for a program that cannot be
// started.
const (
	notExecutable = 126
	notFound      = 127
)

// execute is the last step: it gives back what was inherited, and becomes the program. It
// tells the wrapper by a pipe why it could not.
func execute(p plan, program []string) int {
	runtime.LockOSThread()
	syscall.CloseOnExec(p.Status)
	// If the wrapper is killed, the kernel kills the program, too, unless the program has changed
	// its user. The setting belongs to a thread, so it is made by the one that executes.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil || os.Getppid() != p.Parent {
		return failed // the wrapper may have ended meanwhile
	}
	environ := ownEnvironment(environment(), p.Parent, os.Getpid())
	for number := 1; number <= mostSignal; number++ {
		if canCatch(number) && p.Ignored&bit(number) != 0 {
			_, _ = setAction(number, &sigaction{handler: ignoreAction})
		}
	}
	err := setMask(p.Blocked)
	if err == nil {
		err = executeFirst(candidates(program[0], os.Getenv("PATH")), program, environ)
	}
	_, _ = unix.Write(p.Status, []byte(err.Error()))
	if errors.Is(err, syscall.ENOENT) {
		return notFound
	}
	return notExecutable
}

// candidates are the files that a name may stand for, as in execvp(3).
func candidates(name, path string) []string {
	if strings.Contains(name, "/") || name == "" {
		return []string{name}
	}
	if path == "" {
		path = "/bin:/usr/bin"
	}
	var list []string
	for folder := range strings.SplitSeq(path, ":") {
		if folder == "" {
			folder = "."
		}
		list = append(list, filepath.Clean(folder)+"/"+name)
	}
	return list
}

// executeFirst tries the files in turn. If one exists but may not be executed, that is the error.
func executeFirst(files, argv, environ []string) error {
	var last error = syscall.ENOENT
	for _, file := range files {
		err := syscall.Exec(file, argv, environ)
		switch {
		case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENOTDIR):
		case errors.Is(err, syscall.EACCES):
			last = err
		default:
			return err
		}
	}
	return last
}
