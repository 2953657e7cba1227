package check

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// Executable is the daemon's program as it stands on disk.
type Executable struct {
	Path        string // as it was asked for
	Resolved    string // symbolic links followed: what the kernel shows
	ID          proctable.FileID
	Interpreter *Interpreter // not nil if the file opens with #!
	Applet      string       // the name to which a multi-call program must answer; "" for others
	Links       uint64       // names that the file has
}

// FindError says why no process can be executing a path.
type FindError struct {
	Path string
	Err  error
	hint string
}

func (e *FindError) Error() string { return fmt.Sprintf("cannot look for %q: %v", e.Path, e.Err) }

func (e *FindError) Unwrap() error { return e.Err }

// Hint is the way out.
func (e *FindError) Hint() string { return e.hint }

// Find reads what must be known of a program to recognise its processes. Its
// errors are FindErrors.
func Find(path string) (Executable, error) {
	return findIf(path, func(string) bool { return true })
}

// findIf touches an interpreter only if that is safe; else the error is errUnsafe.
func findIf(path string, isSafe func(path string) bool) (Executable, error) {
	e, hint, err := find(path, isSafe)
	if err != nil {
		return Executable{}, &FindError{path, osutil.Cause(err), hint}
	}
	return e, nil
}

func find(path string, isSafe func(path string) bool) (e Executable, hint string, err error) {
	const isIt = "give the daemon's program, or its script, with its full path; 'command -v NAME' finds a program"
	if !filepath.IsAbs(path) {
		return e, isIt, errors.New("it is not an absolute path")
	}
	found, err := newest(path)
	if err != nil {
		return e, isIt, err
	}
	resolved, err := filepath.EvalSymlinks(found)
	if err != nil {
		return e, isIt, err
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return e, isIt, err
	}
	switch {
	case info.IsDir():
		return e, "give the program in it: ls " + path, errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return e, isIt, errors.New("it is not a regular file")
	case isMailwrapper(resolved):
		return e, "give the program that mailer.conf(5) names for it", errors.New("it is mailwrapper, which executes another program")
	case info.Mode().Perm()&0o111 == 0:
		return e, "if an interpreter runs it, as in python3 " + path + ", write executable: PATH of the interpreter and args: '" + argOf(path) +
			"' into the configuration; if it is executed itself, mend its mode: ls -l " + path, errors.New("it is not executable")
	}
	e = Executable{Path: path, Resolved: resolved, ID: proctable.FileIDOf(info), Applet: appletOf(path, resolved), Links: linksOf(info)}
	head, err := readHead(resolved)
	if errors.Is(err, fs.ErrPermission) {
		return e, "", nil // executable but not readable, so no script
	}
	if err != nil {
		return e, "", err
	}
	line, isScript := shebang(head)
	switch {
	case isScript:
		if e.Interpreter, err = findInterpreter(line, isSafe); err != nil {
			return e, "look at its first line: head -n1 " + path, err
		}
	case !bytes.HasPrefix(head, []byte("\x7fELF")): // elf(5)
		return e, "its processes execute another program; name that, or give the script a #! line", errors.New("it is not a program, and has no #! line")
	}
	return e, "", nil
}

// isMailwrapper: mailwrapper(8), mailer.conf(5).
func isMailwrapper(resolved string) bool { return filepath.Base(resolved) == "mailwrapper" }

// argOf is a regular expression for the argument that names a file, and for no other.
func argOf(path string) string { return "^" + regexp.QuoteMeta(path) + "$" }

// appletOf: every applet of busybox is the same file, so that /sbin/crond, a
// link to it, would be up as long as any shell is.
func appletOf(path, resolved string) string {
	multiCall := map[string]bool{"busybox": true, "toybox": true}
	applet := filepath.Base(path)
	if !multiCall[filepath.Base(resolved)] || multiCall[applet] {
		return ""
	}
	return applet
}

// named reports whether a path, or the first argument of a process, ends in the
// name of this program.
func (e Executable) named(path string) bool {
	base := filepath.Base(path)
	return base == filepath.Base(e.Resolved) || base == filepath.Base(e.Path)
}

// couldBe reports whether a process that cannot be looked at more closely has a
// name that this program's processes have.
func (e Executable) couldBe(p proctable.Process) bool {
	if proctable.IsComm(p.Name, e.Resolved) || proctable.IsComm(p.Name, e.Path) || p.Exe != "" && e.named(p.Exe) {
		return true
	}
	if len(p.Args) > 0 && e.named(p.Args[0]) {
		return true
	}
	return e.Interpreter != nil && e.Interpreter.couldBe(p) && (len(p.Args) == 0 || slices.ContainsFunc(p.Args, e.named))
}

// titled reports whether a process whose arguments name no file calls itself by
// the program's name, as setproctitle(3) does: "gunicorn: master [app]".
func (e Executable) titled(p proctable.Process) bool {
	texts := []string{p.Name}
	if len(p.Args) > 0 {
		texts = append(texts, filepath.Base(p.Args[0]), p.Args[0])
	}
	return slices.ContainsFunc(texts, func(text string) bool { return isTitle(text, filepath.Base(e.Path)) })
}

func isTitle(text, name string) bool {
	rest, ok := strings.CutPrefix(text, name)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], ": (["))
}

// readHead reads as much as the kernel looks at to find an interpreter:
// BINPRM_BUF_SIZE on Linux, a page on FreeBSD.
func readHead(path string) ([]byte, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer syscall.Close(fd)
	head := make([]byte, 256)
	n, err := syscall.Read(fd, head)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return head[:n], nil
}

// shebang returns the line behind #!, without it.
func shebang(head []byte) (line string, ok bool) {
	rest, ok := bytes.CutPrefix(head, []byte("#!"))
	if !ok {
		return "", false
	}
	first, _, _ := bytes.Cut(rest, []byte("\n"))
	return strings.TrimSpace(string(first)), true
}

func linksOf(info fs.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(st.Nlink)
}
