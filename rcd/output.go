package rcd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// Outputs keeps what the commands print: one file for each service, in a folder
// that only we can write to.
//
// A daemon may keep its standard output for years. A pipe would make us wait
// for it, and later kill it with SIGPIPE; an unlinked file would grow where
// nobody can find it. So it is a file with a name, opened for appending. Each
// restart empties it, and so does Trim when it has grown too large.
type Outputs struct {
	Dir string // "" throws all output away

	cutting sync.Mutex // held while a file is emptied, until its last bytes are written again
}

const (
	tailLines = 5       // of a command that has failed
	tailBytes = 4 << 10 // that are read for these lines, and that stay when a file is cut
	trimAbove = 1 << 20 // bytes of a file that is too large

	outputSuffix = ".output"
)

// output is the file of one service while a command writes to it.
type output struct {
	*os.File
	kept    bool
	cutting *sync.Mutex
}

// Path is the file of a service. Somebody else may have put it there: see ours.
func (o *Outputs) Path(service string) string {
	return filepath.Join(o.Dir, words.ServiceFile(service)+outputSuffix)
}

// open opens the file of a service and empties it. If that fails, the output is thrown
// away: a daemon must be restarted all the same.
func (o *Outputs) open(service string) (output, error) {
	if o.Dir != "" {
		f, err := o.ours(service, os.O_CREATE)
		if err == nil && o.hasRoom(f) {
			return output{f, true, &o.cutting}, nil
		}
		if err == nil {
			f.Close()
		}
	}
	f, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	return output{File: f}, err
}

// hasRoom empties the file, and reports whether a line can be written to it. On a full file
// system a script could not print its first line, and might end because of that.
func (o *Outputs) hasRoom(f *os.File) bool {
	o.cutting.Lock()
	defer o.cutting.Unlock()
	if err := f.Truncate(0); err != nil {
		return false
	}
	_, err := f.WriteString("\n")
	return err == nil && f.Truncate(0) == nil
}

// isOurs fails for a file that somebody else has put there: root must not write to it.
func isOurs(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() || int(st.Uid) != os.Geteuid() || st.Nlink != 1 {
		return errors.New("it is not a regular file of ours")
	}
	return nil
}

// tail returns the last lines that were written.
func (o output) tail() []string {
	if !o.kept {
		return nil
	}
	o.cutting.Lock()
	defer o.cutting.Unlock()
	size, err := o.Seek(0, io.SeekEnd)
	if err != nil {
		return nil
	}
	begin := max(0, size-tailBytes-1) // one byte more, which may be the end of the line before
	buf := make([]byte, size-begin)
	n, _ := o.ReadAt(buf, begin) // fewer if its daemon empties the file meanwhile
	return lastLines(string(buf[:n]), begin > 0)
}

// lastLines are the last lines of a text. cut: the text before it is missing, and its first
// byte was read to see whether its first line is whole.
func lastLines(text string, cut bool) []string {
	if cut && text != "" {
		if _, whole, ok := strings.Cut(text, "\n"); ok && whole != "" {
			text = whole // the first line may have been cut
		} else {
			text = text[1:]
		}
	}
	text = strings.TrimRight(text, "\n\x00 \t\r")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-tailLines):]
}

// TooLarge names the services whose files should be trimmed, because their daemons go on writing
// to the output of their own start.
func (o *Outputs) TooLarge() (services []string) { return o.above(fs.FileInfo.Size) }

// above names the services whose files are larger than trimAbove, by their size or their room.
func (o *Outputs) above(measure func(fs.FileInfo) int64) (services []string) {
	entries, err := os.ReadDir(o.Dir)
	if err != nil {
		return nil // mostly because nothing was ever restarted
	}
	for _, e := range entries {
		service, isOutput := strings.CutSuffix(e.Name(), outputSuffix)
		if !isOutput {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && measure(info) > trimAbove {
			services = append(services, service)
		}
	}
	return services
}

// Trim empties the file of a service; its daemon, which appends, goes on at the
// beginning.
func (o *Outputs) Trim(service string) error {
	if err := o.cut(service, 0); err != nil {
		return fmt.Errorf("cannot trim %s: %w", o.Path(service), err)
	}
	return nil
}

// boundEvery is how often the sizes of the files are checked. In that time a file can grow
// above the limit by as much as the disk takes.
const boundEvery = 50 * time.Millisecond

// Bound keeps the files small while commands, and the daemons that they have started,
// write to them, until stop is called. The last lines stay: they may say why a command
// has failed. (RLIMIT_FSIZE would kill a daemon that prints much, setrlimit(2).)
func (o *Outputs) Bound() (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticks := time.NewTicker(boundEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				for _, service := range o.above(room) {
					_ = o.shrink(service) // Trim reports what is wrong with a file
				}
			case <-ended:
				for _, service := range o.TooLarge() {
					_ = o.cut(service, tailBytes)
				}
				return
			}
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}

// room is how much disk space a file takes, in bytes. A hole takes none.
func room(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512 // stat(2)
	}
	return info.Size()
}

// shrink makes a hole of all but the last bytes of a service's file. The file keeps its
// size, so that nothing is lost that is written meanwhile. It is cut where the file system has
// no holes.
func (o *Outputs) shrink(service string) error {
	f, err := o.ours(service, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && punch(f, max(0, size-2*tailBytes)) == nil {
		return nil
	}
	return o.cut(service, tailBytes)
}

// ours opens the file of a service, if it is one of ours. create is os.O_CREATE or 0.
func (o *Outputs) ours(service string, create int) (*os.File, error) {
	f, err := osutil.OpenFile(o.Path(service), os.O_RDWR|os.O_APPEND|create, 0o600)
	if err != nil {
		return nil, err
	}
	if err := isOurs(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// cut removes all but the last bytes of a service's file.
func (o *Outputs) cut(service string, keep int64) error {
	f, err := o.ours(service, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	o.cutting.Lock()
	defer o.cutting.Unlock()
	last, err := lastBytes(f, keep)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil || len(last) == 0 {
		return err
	}
	_, err = f.Write(last)
	return err
}

// lastBytes are the last bytes of a file. They are read again while the file grows, at most 100
// times: what is written between the last reading and the cut is lost.
func lastBytes(f *os.File, most int64) (last []byte, err error) {
	size, err := f.Seek(0, io.SeekEnd)
	for try, before := 0, int64(-1); err == nil && size != before && try < 100; try++ {
		last = make([]byte, min(most, size))
		n, _ := f.ReadAt(last, size-int64(len(last)))
		last, before = last[:n], size
		size, err = f.Seek(0, io.SeekEnd)
	}
	return last, err
}
