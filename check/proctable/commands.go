package proctable

import (
	"context"
	"os"
	"strings"
	"time"
)

// Command is a process that carries out a command.
type Command struct {
	PID   int
	Args  []string // its arguments, cut after 4 KiB
	Start uint64   // by which Runs knows it again
	Age   time.Duration
}

// Commands finds the processes whose arguments is wants to see, in no order: root's,
// or our own user's where we are not root, by the real user ID, so that no
// set-user-ID program that somebody else has started is among them; in our own PID
// namespace or jail, not ended, and never ourselves. ErrNotSupported where the
// system does not show them.
//
// It asks for the owner first and for the rest only of what is wanted. A process
// whose arguments cannot be read is named in the error; the list is of all others.
func Commands(ctx context.Context, is func(args []string) bool) ([]Command, error) {
	return commands(ctx, uint32(os.Getuid()), is)
}

// mostArgs is how much is read of the arguments of one process, in bytes.
const mostArgs = 4 << 10

// splitArgs reads the arguments as the kernel keeps them: each ends with a zero
// byte, the last one perhaps not if there are more than were read.
func splitArgs(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}

// Args are the arguments of a process, cut after 4 KiB.
func Args(pid int) ([]string, error) { return args(pid) }

// IsStopped reports whether a process was stopped by a signal.
func IsStopped(pid int) bool { return isStopped(pid) }
