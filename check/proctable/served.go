package proctable

// Served are the places that others serve: another machine, or another process. Whoever touches
// a file there waits until they answer.
type Served struct{ points mountPoints }

// WhatIsServed reads where they are.
func WhatIsServed() Served { return Served{ourMounts()} }

// Lead reports whether a path leads to one of them, by symbolic links, too. It touches
// nothing there.
func (s Served) Lead(path string) bool { return s.points.lead(path) }
