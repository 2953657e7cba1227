//go:build linux

// Attack is a neighbour who means no good, for the tests: each of its steps is one
// thing that an ordinary user, or a file system that has died, can do to a program
// that looks at all processes. It says "up PID" once it has done it, and lives until
// its standard input ends, which is when the test ends, however it ends.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
)

func init() { runtime.LockOSThread() } // prctl(2) and what is mounted are the main thread's

// notAllowed is the exit status that says that this machine forbids a step.
const notAllowed = 77

var steps = map[string]func(args []string) error{
	"arguments": arguments, // LENGTH: claim so many bytes of arguments
	"mounts":    mounts,    // N FOLDER: two to the power of N mounts, in namespaces that exist already
	"fuse":      fuse,      // FOLDER answering|silent|mute FILE...: a file system of these files, which may never answer
	"locked":    locked,    // FILE: have our own memory's lock held for good, by a mapping of this file of "fuse"
	"user":      user,      // UID PROGRAM ARG...: execute this as that user, alone or with our effective one
	"none":      func([]string) error { return nil },
}

func main() {
	if len(os.Args) < 2 || steps[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "attack: no such step")
		os.Exit(2)
	}
	if err := steps[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "attack: cannot take step %s: %v\n", os.Args[1], err)
		if os.IsPermission(err) {
			os.Exit(notAllowed)
		}
		os.Exit(1)
	}
	fmt.Println("up", os.Getpid())
	io.Copy(io.Discard, os.Stdin)
}
