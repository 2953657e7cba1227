package tracer

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// The wrapper has three steps, each of which executes our own file. The first reads the flags and
// keeps what was inherited (Start). The second starts with a fresh memory and waits for signals
// (stageWait). A child of it restores what was inherited and becomes the program (stageExec). The
// last two have these names as their first argument, which no file has as its name.
const (
	stageWait = "daemon-keeper: trace"
	stageExec = "daemon-keeper: exec"
)

// Options are the flags of the command.
type Options struct {
	Follow   bool // go on when the program goes into the background
	Facility string
	Tag      string
	NoSyslog bool
	Verbose  bool
}

// plan is what one step passes to the next, in its second argument.
type plan struct {
	Options Options

	// What was inherited. If nothing is found in the memory, Ignored and Blocked are used alone.
	Memory  int    // the descriptor of a copy of the first step's memory; -1: there is none
	Offset  int64  // bytes from a variable of ours to the beginning of the copy
	Ignored uint64 // signals: bit 0 is signal 1
	Blocked uint64

	Status int // stageExec: the descriptor to which it writes its error
	Parent int // stageExec: our number
}

// args are for execve(2).
func (p plan) args(stage string, program []string) []string {
	text, _ := json.Marshal(p) // cannot fail
	return append([]string{stage, string(text)}, program...)
}

// IsStage reports whether the program was started as a later step of the wrapper. The main
// program must ask before it does anything else, and then call Main.
func IsStage(args []string) bool {
	return len(args) >= 3 && (args[0] == stageWait || args[0] == stageExec) && strings.HasPrefix(args[1], "{")
}

func parsePlan(args []string) (p plan, program []string, ok bool) {
	if !IsStage(args) || json.Unmarshal([]byte(args[1]), &p) != nil {
		return plan{}, nil, false
	}
	return p, args[2:], true
}

// ownEnvironment is the environment of the program: ours, but with its own id in the variables
// that systemd sets for one process only, sd_listen_fds(3), sd_watchdog_enabled(3).
func ownEnvironment(environ []string, wrapper, program int) []string {
	list := slices.Clone(environ)
	meant := false
	for i, variable := range list {
		name, value, _ := strings.Cut(variable, "=")
		switch name {
		case "LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID":
			if value == strconv.Itoa(wrapper) {
				list[i] = name + "=" + strconv.Itoa(program)
				meant = true
			}
		}
	}
	if !meant {
		return list
	}
	return slices.DeleteFunc(list, func(variable string) bool { // the same id in another form
		return strings.HasPrefix(variable, "LISTEN_PIDFDID=")
	})
}

// bit is the bit of a signal in a mask, as the kernel has it.
func bit(number int) uint64 { return 1 << (number - 1) }
