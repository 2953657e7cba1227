package osutil

import "fmt"

// ReadTask reads what the kernel says of a process or a thread, if there is one of this
// number.
func ReadTask(id int) (Task, bool) {
	line, err := ReadSome(fmt.Sprintf("/proc/%d/stat", id), 4<<10)
	if err != nil {
		return Task{}, false
	}
	return ParseTask(line)
}
