package postmortem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// Tracing is the kernel's ring buffer of signals, an instance of our own in tracefs, and a
// second one of the programs that are started, so that a sender that has ended can be
// named. The tracing of others is not touched. No process runs for it.
type Tracing struct {
	Folder   string // where tracefs is mounted
	Instance string // the second one has "-programs" behind it
}

// OurTracing is the one that runs use. Beside a real installation a test has an instance
// of another name: the kernel has only one tracefs.
func OurTracing() Tracing {
	t := Tracing{"/sys/kernel/tracing", "daemon-keeper"}
	if name := os.Getenv("DAEMON_KEEPER_TRACE"); name != "" && filepath.Base(name) == name && name[0] != '.' {
		t.Instance = name
	}
	return t
}

// traceFilter leaves out signals that end nothing; faults, because a Java machine makes
// thousands of them; and timers. The kernel's log has the faults that end a process.
const traceFilter = "sig==9||((code==0||code==-1||code==-6||(code==128&&sig!=14&&sig!=26&&sig!=27))&&sig!=17&&sig!=18&&sig!=23&&sig!=28&&sig!=29&&sig!=10&&sig!=12)"

// A path with the end of a line in it could look like a record of another process. Threads, which
// have CLONE_THREAD of linux/sched.h, are not recorded: some programs start many.
const (
	programFilter = "!(filename ~ \"*\n*\")"
	processFilter = "!(clone_flags & 65536)"
)

// setting is what is written into a file of a new instance.
type setting struct{ file, text string }

// signalSettings are written in this order. 64 KiB for each processor hold some 900
// records; the oldest make room.
var signalSettings = []setting{
	{"trace_clock", "boot"},
	{"buffer_size_kb", "64"},
	{"events/signal/signal_generate/filter", traceFilter},
	{"events/signal/signal_generate/enable", "1"},
	{"events/oom/mark_victim/enable", "1"},
}

// programSettings are of the second instance: some 1,400 starts of a process and its
// program for each processor.
var programSettings = []setting{
	{"trace_clock", "boot"},
	{"buffer_size_kb", "128"},
	{"events/sched/sched_process_exec/filter", programFilter},
	{"events/task/task_newtask/filter", processFilter},
	{"events/sched/sched_process_exec/enable", "1"},
	{"events/task/task_newtask/enable", "1"},
}

// ready is the mode of the first instance's folder once both are set up. tracefs makes it
// 0750.
const ready = 0o700

func (t Tracing) path() string { return filepath.Join(t.Folder, "instances", t.Instance) }

// second is the instance of programs. It is there only while the first one is.
func (t Tracing) second() Tracing { return Tracing{t.Folder, t.Instance + "-programs"} }

// On switches the recording of signals on. If it is on already, that takes one lstat(2).
func (t Tracing) On() error {
	switch is, err := t.look(); {
	case err != nil:
		return err
	case is == set:
		return nil
	}
	if err := t.supported(); err != nil {
		return err
	}
	if err := t.create(); err != nil {
		return fmt.Errorf(cannotTrace+"%w", err)
	}
	without := t.second().create() // a sender is known by its name and number then
	if without == nil {
		without = t.second().configure(programSettings)
	}
	err := t.configure(signalSettings)
	if err == nil {
		err = os.Chmod(t.path(), ready)
	}
	if err != nil {
		_ = t.Off()
		return fmt.Errorf(cannotTrace+"%w", err)
	}
	if without != nil {
		return fmt.Errorf("cannot have the kernel record which programs are started: %w; who sends signals is recorded, without the paths of programs that have ended", without)
	}
	return nil
}

// create makes the folder, or takes the one that is ours.
func (t Tracing) create() error {
	if err := os.Mkdir(t.path(), ready|0o050); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	_, err := t.look()
	return err
}

func (t Tracing) configure(settings []setting) error {
	for _, s := range settings {
		if err := t.write(s.file, s.text); err != nil {
			return err
		}
	}
	return nil
}

// Off ends the recording, if there is one; else it takes one lstat(2). An instance that is
// not ours is left alone.
func (t Tracing) Off() error {
	if is, err := t.look(); err != nil || is == absent {
		return nil
	}
	if is, err := t.second().look(); err == nil && is != absent {
		if err := t.second().remove(); err != nil {
			return err
		}
	}
	return t.remove()
}

func (t Tracing) remove() error {
	if err := os.Remove(t.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove the signal trace: %w", err)
	}
	return nil
}

// presence is what there is of an instance.
type presence int

const (
	absent presence = iota
	begun           // a run was killed while it set it up
	set
)

func (t Tracing) look() (presence, error) {
	info, err := os.Lstat(t.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case err != nil:
		return absent, fmt.Errorf("cannot see the signal trace: %w", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return absent, fmt.Errorf("cannot use %s for the signal trace: it is not a folder; remove it", t.path())
	case !ok || int(st.Uid) != os.Geteuid():
		return absent, fmt.Errorf("cannot use %s for the signal trace: it belongs to another user; remove it with rmdir", t.path())
	case info.Mode().Perm() == ready:
		return set, nil
	}
	return begun, nil
}

const cannotTrace = "cannot set up the signal trace: "

// supported says why there can be no trace.
func (t Tracing) supported() error {
	var fs unix.Statfs_t
	switch err := unix.Statfs(t.Folder, &fs); {
	case !inFirstPIDs():
		return errors.New(cannotTrace + "in a container the kernel's process numbers are not ours; set trace_signals on its host")
	case err == nil && fs.Type == unix.TRACEFS_MAGIC:
		return nil
	case err != nil && !errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("cannot set up the signal trace in %s: %w", t.Folder, err)
	}
	return fmt.Errorf(cannotTrace+"tracefs is not mounted on %s; mount it (mount -t tracefs tracefs %s), if this kernel has it and is not locked down", t.Folder, t.Folder)
}

func (t Tracing) write(name, text string) error {
	f, err := osutil.OpenFile(filepath.Join(t.path(), name), os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// mostTrace bounds what is read of the buffer: a record is a line of some 130 bytes.
const mostTrace = 32 << 20

// Witness tells what the buffer says.
func (t Tracing) Witness() Witness {
	return Witness{signalTrace, func(_ context.Context, d Dead) ([]Finding, error) {
		text, whole, err := t.read()
		if err != nil {
			return nil, err
		}
		return traceFindings(text, whole, d, t.describer()), nil
	}}
}

// read reads the buffer, which keeps what is read.
func (t Tracing) read() (text []byte, whole bool, err error) {
	switch is, err := t.look(); {
	case err != nil:
		return nil, false, err
	case is != set || !inFirstPIDs():
		return nil, false, t.absent()
	}
	text, err = t.text()
	return text, err == nil && len(text) < mostTrace, err
}

// absent says how to switch the trace on.
func (t Tracing) absent() error {
	const key = "set trace_signals: true in the configuration"
	err := t.supported()
	switch {
	case err == nil:
		return Absent(key)
	case !inFirstPIDs():
		return Absent(strings.TrimPrefix(err.Error(), cannotTrace))
	}
	return Absent(strings.TrimPrefix(err.Error(), cannotTrace) + "; and " + key)
}

// readPrograms reads the second buffer.
func (t Tracing) readPrograms() ([]byte, error) {
	if is, err := t.second().look(); err != nil || is == absent {
		return nil, err
	}
	return t.second().text()
}

func (t Tracing) text() ([]byte, error) {
	f, err := osutil.Open(filepath.Join(t.path(), "trace"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mostTrace))
}
