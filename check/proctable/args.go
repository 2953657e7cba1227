package proctable

import (
	"bytes"
	"fmt"
	"strings"
)

// The most that is read of the arguments of one process.
const (
	argsLimit = 64 << 10 // bytes
	argsMost  = 4096     // arguments; each costs 16 bytes beside its text
)

var tooManyArgs = fmt.Sprintf("it has more arguments than are read (%d bytes, or %d of them)", argsLimit, argsMost)

// parseArgs makes no more of them than the limit, and reports whether some are missing.
func parseArgs(text []byte, cut bool) ([]string, bool) {
	if len(bytes.Trim(text, "\x00 ")) == 0 { // none, or wiped out: memset(3) leaves as many zero bytes
		return nil, cut
	}
	args := strings.SplitN(string(bytes.TrimSuffix(text, []byte{0})), "\x00", argsMost+1)
	if len(args) > argsMost {
		return args[:argsMost:argsMost], true
	}
	return args, cut
}

// clipArgs does the same where the system has split them.
func clipArgs(args []string) ([]string, bool) {
	size := 0
	for i, arg := range args {
		if size += len(arg) + 1; size > argsLimit || i == argsMost {
			return args[:i:i], true
		}
	}
	return args, false
}
