// Package proctable reads the kernel's process table: which processes there are, what they
// execute, whose they are, what they use, and what they hold: sockets, file locks.
//
// A Table is that of one system. A reading of one process has one of three answers: it was
// read, the process has ended (ErrGone), or it could not be read, which is in the row. What
// may keep a reader waiting for ever, because another process or another machine has to
// answer, is read through Files, which gives up in time.
//
// It knows nothing of daemons: package check judges by these rows.
package proctable
