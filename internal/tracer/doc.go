// Package tracer is a wrapper around a program: it tells of each signal that the program
// is sent through it, and by whom, passes it on, and ends as the program ends. It is for
// where nothing else can know: a container without tracefs, an old kernel.
package tracer

// Log writes a line of the diary. It may take its time.
type Log func(warning bool, text string)
