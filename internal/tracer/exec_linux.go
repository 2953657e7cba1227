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
	// To kill the wrapper is to kill the program, as far as the kernel allows: a program that
	// changes its user loses this. It belongs to a thread, and this may be another one than
	// that which was forked.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil || os.Getppid() != p.Parent {
		return failed // without a wrapper, if it has ended meanwhile
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

// candidates are the files that a name may mean, as for execvp(3).
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

// executeFirst tries them in turn. A file that is there and may not be executed counts
// more than one that is not there.
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
