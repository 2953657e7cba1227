package postmortem

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// mostAncestors bounds the line of parents that is told.
const mostAncestors = 6

// Describe tells of a sender that still runs its program, its user and its ancestors.
// Most do not: kill(1) has ended long ago. One that was started after the signal, or
// that has another name, is another process.
func Describe(s Sender) string {
	task, ok := readTask(s.ID)
	if !ok || task.name != s.Name || task.start > s.At {
		return ""
	}
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", s.ID))
	if err != nil {
		return ""
	}
	text := words.ASCII(words.Cut(exe, 200)) + " of user " + userOf(s.ID)
	var line []string
	for range mostAncestors {
		parent, ok := readTask(task.parent)
		if !ok || task.parent <= 1 {
			break
		}
		line = append([]string{fmt.Sprintf("%s(%d)", words.ASCII(parent.name), task.parent)}, line...)
		task = parent
	}
	if len(line) > 0 {
		text += ", started by " + strings.Join(line, " -> ")
	}
	return text
}

type task struct {
	name   string
	parent int
	start  time.Duration // since boot
}

// readTask reads /proc/ID/stat, proc(5).
func readTask(id int) (task, bool) {
	data, err := osutil.ReadSome(fmt.Sprintf("/proc/%d/stat", id), 4<<10)
	if err != nil {
		return task{}, false
	}
	return parseTask(data)
}

// ticks is how many there are in a second of the times in /proc, on every architecture
// that Go runs on.
const ticks = 100

// parseTask reads a line of stat: what stands behind the last bracket is the kernel's.
func parseTask(data []byte) (task, bool) {
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || end < open {
		return task{}, false
	}
	fields := strings.Fields(string(data[end+1:]))
	if len(fields) < 20 {
		return task{}, false
	}
	start, err := strconv.ParseUint(fields[19], 10, 40)
	if err != nil {
		return task{}, false
	}
	return task{string(data[open+1 : end]), number(fields[1]), time.Duration(start) * (time.Second / ticks)}, true
}

// userOf is the number of the user who owns a task's folder.
func userOf(id int) string {
	info, err := os.Stat(fmt.Sprintf("/proc/%d", id))
	if err != nil {
		return "unknown"
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "unknown"
	}
	return strconv.FormatUint(uint64(st.Uid), 10)
}
