package osutil

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Program finds a program of the system's where systems have them, whatever PATH says:
// cron's lacks the sbin folders.
func Program(name string) (string, bool) {
	for _, dir := range [...]string{"/usr/bin", "/bin", "/usr/sbin", "/sbin"} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, true
		}
	}
	return "", false
}

// Output runs a program of the system that changes nothing. It returns the first bytes of
// the output, and whether that is all. The program is ended when ctx ends, or when it has
// printed more. A program that this machine does not have is fs.ErrNotExist.
func Output(ctx context.Context, most int, name string, args ...string) (out []byte, whole bool, err error) {
	path, ok := Program(name)
	if !ok {
		return nil, false, fmt.Errorf("cannot run %s: %w", name, fs.ErrNotExist)
	}
	w := &first{most: most}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Stdout, cmd.WaitDelay = "/", w, time.Second // on a busy machine what was printed is read late
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC0", "PATH=/sbin:/bin:/usr/sbin:/usr/bin"}
	err = cmd.Run()
	switch {
	case w.full:
		return w.data, false, nil
	case ctx.Err() != nil:
		return w.data, false, ctx.Err()
	case err != nil:
		return w.data, false, fmt.Errorf("cannot run %s: %w", name, err)
	}
	return w.data, true, nil
}

// first keeps the first bytes that are written to it, and refuses more.
type first struct {
	data []byte
	most int
	full bool
}

func (f *first) Write(p []byte) (int, error) {
	n := min(len(p), f.most-len(f.data))
	f.data = append(f.data, p[:n]...)
	if n < len(p) {
		f.full = true
		return n, errFull
	}
	return n, nil
}

var errFull = errors.New("it has printed too much")
