//go:build amd64 || arm64

package tracer

import (
	"fmt"
	"os"
	"time"

	"daemon-keeper/check/proctable"
)

// follow decides what is the program once its process has ended, and reports whether there
// is still one. A program that goes into the background has its first process exit with
// status 0 while another lives on.
func (w *wrapper) follow(last end) bool {
	before := w.main
	w.main = 0
	if last != (end{}) {
		return false
	}
	if !w.options.Follow {
		if pid := w.runaway(before); pid > 0 {
			w.log.say(true, fmt.Sprintf("%s has gone into the background as process %d, and is not traced any more; start it in the foreground (its manual has a flag or a key for that), or add --follow before the --", w.name(), pid))
		}
		return false
	}
	oldest, start := 0, time.Duration(0)
	for pid, task := range tasks() {
		if task.Parent == w.self && task.State != 'Z' && (oldest == 0 || task.Start < start) {
			oldest, start = pid, task.Start
		}
	}
	if oldest == 0 {
		return false
	}
	w.main = oldest
	w.log.say(false, fmt.Sprintf("%s goes on as process %d, after process %d has exited", w.name(), oldest, before))
	return true
}

// runaway is a process of the program that has gone into the background, or 0. Its parent has
// ended, so it is recognized by its program, its session, its group and its start.
func (w *wrapper) runaway(first int) int {
	own, err := os.Stat(fmt.Sprintf("/proc/%d/exe", first))
	if err != nil { // it is gone
		own = w.file()
	}
	for pid, task := range tasks() {
		if pid == w.self || pid == os.Getppid() || task.Start < w.start || task.Parent == w.self {
			continue
		}
		file, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid))
		if task.Session == first || task.Group == first || err == nil && own != nil && os.SameFile(own, file) {
			return pid
		}
	}
	return 0
}

// file is the file that would be executed as the program now.
func (w *wrapper) file() os.FileInfo {
	for _, path := range candidates(w.program[0], os.Getenv("PATH")) {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return info
		}
	}
	return nil
}

// tasks are all processes that can be seen.
func tasks() map[int]proctable.Stat {
	all := make(map[int]proctable.Stat)
	pids, _ := proctable.Numbers("/proc", -1)
	for _, pid := range pids {
		if task, err := proctable.ReadStat(pid); err == nil {
			all[pid] = task
		}
	}
	return all
}
