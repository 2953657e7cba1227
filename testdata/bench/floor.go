// Floor is the least that a Go program can do to find an executable in
// Linux's process table: the list of PIDs, then one readlink for each. The
// benchmark holds daemon-keeper against it.
package main

import "os"

func main() {
	proc, err := os.Open("/proc")
	if err != nil {
		os.Exit(3)
	}
	names, err := proc.Readdirnames(-1)
	if err != nil {
		os.Exit(3)
	}
	status := 2
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		if exe, err := os.Readlink("/proc/" + name + "/exe"); err == nil && exe == os.Args[1] {
			status = 0 // no early end: every row is looked at
		}
	}
	os.Exit(status)
}
