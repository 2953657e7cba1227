// Package tracer is a wrapper around a program. It reports each signal that it gets, and who has
// sent it, passes the signal on to the program, and ends as the program ends. It is for places
// where no other witness can know the sender: a container without tracefs, an old kernel.
package tracer

// Log writes a line of the log. It may block.
type Log func(warning bool, text string)
