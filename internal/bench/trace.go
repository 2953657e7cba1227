package main

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// calls is what a trace of system calls says about a program.
type calls struct {
	total int
	execs int // besides the one that started the program
	forks int // processes that it made; a thread is none
	names map[string]int
}

// most names the three calls made most often. Many a nanosleep is the Go
// runtime's own, waiting while strace holds the rest up.
func (c calls) most() string {
	names := slices.SortedFunc(maps.Keys(c.names), func(a, b string) int {
		return cmp.Or(c.names[b]-c.names[a], strings.Compare(a, b))
	})
	var out []string
	for _, name := range names[:min(3, len(names))] {
		out = append(out, thousands(c.names[name])+" "+name)
	}
	return strings.Join(out, ", ")
}

// sum is how often any of these was called.
func (c calls) sum(names ...string) int {
	n := 0
	for _, name := range names {
		n += c.names[name]
	}
	return n
}

// A line of "strace -f -o FILE" that opens a call: a PID, then the call. The
// second half of an interrupted one ("<... read resumed>"), signals ("---") and
// ends ("+++") do not look like this.
var callLine = regexp.MustCompile(`^\d+ +(\w+)\(`)

// parseTrace counts the calls in what "strace -f -o FILE" wrote.
func parseTrace(trace string) calls {
	c := calls{execs: -1, names: map[string]int{}}
	for line := range strings.Lines(trace) {
		m := callLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		c.total++
		c.names[m[1]]++
		switch m[1] {
		case "execve", "execveat":
			c.execs++
		case "fork", "vfork":
			c.forks++
		case "clone", "clone3":
			if !strings.Contains(line, "CLONE_THREAD") {
				c.forks++
			}
		}
	}
	return c
}
