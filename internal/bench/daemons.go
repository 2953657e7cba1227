package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// counts is how many daemons a configuration has, ascending; the first is what the
// others are compared with.
var counts = []int{1, 10, mostDaemons}

const (
	mostDaemons = 100
	// leastForMany is the smallest table in which so many daemons are not most
	// of the processes.
	leastForMany = 1000
)

// daemonsAt is how many daemons stand at the end of a table of that size.
func daemonsAt(size int) int {
	if size < leastForMany {
		return 1
	}
	return mostDaemons
}

// last is the end of a list.
func last(list []string, n int) []string { return list[len(list)-n:] }

// configuration is one of these programs, each with a service of its own name.
func configuration(programs []string) string {
	var b strings.Builder
	b.WriteString("daemons:\n")
	for _, path := range programs {
		name := filepath.Base(path)
		fmt.Fprintf(&b, "  %s:\n    executable: %q\n    services: [%s]\n", name, path, name)
	}
	return b.String()
}
