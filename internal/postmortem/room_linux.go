package postmortem

import "daemon-keeper/internal/osutil"

const readOnly = 1 // ST_RDONLY

// kernelTables are the ones of open files, of processes and of threads.
func kernelTables() []Table {
	read := func(path string) string {
		text, _ := osutil.ReadSome(path, 256) // what is not there has no limit
		return string(text)
	}
	tasks := taskCount(read("/proc/loadavg"))
	return []Table{
		fileTable(read("/proc/sys/fs/file-nr")),
		{"processes and threads (kernel.pid_max)", tasks, count(read("/proc/sys/kernel/pid_max"))},
		{"processes and threads (kernel.threads-max)", tasks, count(read("/proc/sys/kernel/threads-max"))},
	}
}
