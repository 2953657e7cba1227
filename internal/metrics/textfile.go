package metrics

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/trust"
)

// Write writes the report's metrics for node_exporter's textfile collector,
// which reads what ends in .prom. The new file takes the place of the old one, or of
// a link of that name, at once and as a whole; on an error the old one stays. How
// often each daemon was restarted is read from the old file, and goes on from there.
//
// The error names the file and the cause; it may have a Hint.
func Write(path string, r report.Report) error {
	return textfile{path, 2 * time.Second, time.Now}.write(r)
}

// WritePage writes a page for a browser, in the same way.
func WritePage(path string, html []byte) error {
	return textfile{path, 2 * time.Second, time.Now}.put("the page", func(*os.Root, string) []byte { return html })
}

// textfile is a file of metrics, or another one that others read.
type textfile struct {
	path     string
	patience time.Duration // for another run that writes into the same folder
	now      func() time.Time
}

// textfileError says why metrics, or a page, were not written.
type textfileError struct {
	what  string
	path  string
	cause error
}

func (e *textfileError) Error() string {
	return fmt.Sprintf("cannot write %s to %s: %v", e.what, e.path, e.cause)
}

func (e *textfileError) Unwrap() error { return e.cause }

var errNoTextfile = errors.New("its name does not end in .prom")

// Hint is a way out, or "".
func (e *textfileError) Hint() string {
	folder := filepath.Dir(e.path)
	var distrust *trust.Error
	switch {
	case errors.As(e.cause, &distrust) && distrust.Hint() != "":
		return distrust.Hint()
	case errors.Is(e.cause, errNoTextfile):
		return "node_exporter reads no other files; call it " + filepath.Join(folder, "daemon-keeper.prom")
	case errors.Is(e.cause, syscall.ENOENT):
		return "make the folder: mkdir -p " + folder
	case errors.Is(e.cause, syscall.ENOTDIR) && e.what == metrics:
		return "name a file in a folder, the one of --collector.textfile.directory"
	case errors.Is(e.cause, syscall.ENOTDIR):
		return "name a file in a folder, one that the web server serves"
	case errors.Is(e.cause, syscall.EEXIST), errors.Is(e.cause, syscall.EISDIR):
		return "it is a folder; name a file"
	case errors.Is(e.cause, syscall.ENOSPC), errors.Is(e.cause, syscall.EDQUOT):
		return "make room; the old file stands as it was"
	case errors.Is(e.cause, syscall.EROFS):
		return "its file system is mounted read-only; name a file on another"
	case errors.Is(e.cause, fs.ErrPermission):
		return "run it as a user who may write into " + folder
	}
	return ""
}

// metrics are what is written unless it is something else.
const metrics = "metrics"

func (t textfile) write(r report.Report) error {
	if !strings.HasSuffix(t.path, ".prom") {
		return &textfileError{metrics, t.path, errNoTextfile}
	}
	return t.put(metrics, func(root *os.Root, name string) []byte {
		return exposition(r, countedRestarts(oldFile(root, name)), name)
	})
}

// put writes what is made while no other run writes into the folder.
func (t textfile) put(what string, data func(root *os.Root, name string) []byte) error {
	folder, name := filepath.Split(t.path)
	// Held open, it is the same folder to the end, whoever renames what leads to it.
	root, err := trust.OpenFolder(filepath.Clean(folder))
	if err != nil {
		return &textfileError{what, t.path, relative(err, folder)}
	}
	defer root.Close()
	if err := t.renew(root, name, data); err != nil {
		return &textfileError{what, t.path, osutil.Cause(err)}
	}
	return nil
}

// renew writes a new file and puts it in place of the old one.
func (t textfile) renew(root *os.Root, name string, data func(root *os.Root, name string) []byte) error {
	folder, err := root.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	defer t.lock(root)()
	t.sweep(folder, root)
	// node_exporter is another user, and so is a web server.
	return osutil.Replace(root, osutil.NewFile{
		Name: name, Temporary: temporaryPrefix + rand.Text() + temporarySuffix,
		Data: data(root, name), Mode: 0o644, Sync: true,
	})
}

// largestOld is far more than thousands of daemons need.
const largestOld = 8 << 20

// oldFile is what an earlier run has written, or nothing. The folder may be another
// user's: a link is not followed, and a pipe not waited for.
func oldFile(root *os.Root, name string) []byte {
	named, err := root.Lstat(name)
	if err != nil || !named.Mode().IsRegular() {
		return nil
	}
	f, err := root.OpenFile(name, os.O_RDONLY|osutil.NoFollow, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	// A Root follows links within its folder, whatever it is told.
	opened, err := f.Stat()
	if err != nil || !os.SameFile(named, opened) {
		return nil
	}
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(f, largestOld+1)); err != nil || n > largestOld {
		return nil
	}
	return b.Bytes()
}

// The name of a temporary file. node_exporter does not read it, and no two writers
// have the same.
const (
	temporaryPrefix = ".daemon-keeper."
	temporarySuffix = ".tmp"
)

// abandoned is the age from which a temporary file was left by a killed run: writing one takes
// milliseconds.
const abandoned = time.Hour

// sweep removes what killed runs have left behind. A failure is ignored: the next run tries again.
func (t textfile) sweep(folder *os.File, root *os.Root) {
	names, _ := folder.Readdirnames(-1)
	for _, name := range names {
		if !strings.HasPrefix(name, temporaryPrefix) || !strings.HasSuffix(name, temporarySuffix) {
			continue
		}
		info, err := root.Lstat(name)
		if err == nil && info.Mode().IsRegular() && t.now().Sub(info.ModTime()) > abandoned {
			_ = root.Remove(name)
		}
	}
}

// relative leaves out the path of the folder that the message names already; of what
// leads to it, it says which step is at fault.
func relative(err error, folder string) error {
	var distrust *trust.Error
	if cause := errors.Unwrap(err); errors.As(err, &distrust) && cause != nil && distrust.Path == filepath.Clean(folder) {
		return osutil.Cause(cause)
	}
	return err
}
