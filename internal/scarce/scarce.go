// Package scarce ends the program with status 3, and says why, where the Go runtime would
// end it with a status and a trace of its own: there are too few descriptors, or too
// little address space. That is done as the program is initialised, because other
// packages open files by then: packages are initialised in the order of their paths, once
// what they import is (go.dev/ref/spec, Program initialization), and this one imports
// nothing but the standard library.
package scarce

import (
	"fmt"
	"os"
	"syscall"
)

// unlimited stands for no limit.
const unlimited = ^uint64(0)

// What a run needs at the least.
const (
	leastDescriptors = 16
	leastMemory      = 96 << 20 // of address space, beyond what the runtime has reserved: an arena is 64 MiB
)

func init() {
	var l syscall.Rlimit
	descriptors := unlimited
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
		descriptors = uint64(l.Cur)
	}
	if what, hint := tooLittle(descriptors, spaceLeft()); what != "" {
		fmt.Fprintf(os.Stderr, "daemon-keeper: error: cannot work: %s\ndaemon-keeper: hint: %s\n", what, hint)
		os.Exit(3) // report.Unclear
	}
}

// tooLittle returns what there is too little of, and what to do; "" if there is enough.
func tooLittle(descriptors, left uint64) (what, hint string) {
	switch {
	case descriptors < leastDescriptors:
		return fmt.Sprintf("it may open %d files at once, and needs %d", descriptors, leastDescriptors),
			"raise the limit where it is started: ulimit -n, LimitNOFILE= of a unit, limits.conf(5)"
	case left < leastMemory:
		return fmt.Sprintf("its address space may grow by %d MiB, and it needs %d", left>>20, leastMemory>>20),
			"limit its memory in another way: 'ulimit -v' and LimitAS= also count what a Go program only reserves, more than 1 GiB"
	}
	return "", ""
}
