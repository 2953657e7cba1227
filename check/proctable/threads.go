//go:build linux || freebsd

package proctable

// maxThreads is how many threads of a process are worth remembering.
const maxThreads = 64
