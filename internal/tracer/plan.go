package tracer

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// The program becomes the wrapper in three steps, each of which is an execve(2) of its
// own file: what was asked for is read and what was inherited is noted (Start); then, with
// nothing of that in its memory, it waits for signals (stageWait); a child of that gives
// the program back what was inherited and becomes the program (stageExec). These names
// open the arguments of the last two, where no user has a program's name.
const (
	stageWait = "daemon-keeper: trace"
	stageExec = "daemon-keeper: exec"
)

// Options are what was asked for.
type Options struct {
	Follow   bool // a program that goes into the background
	Facility string
	Tag      string
	NoSyslog bool
	Verbose  bool
}

// plan is what one step tells the next, in its second argument.
type plan struct {
	Options Options

	// Of what was inherited. Where the memory cannot be understood, the rest counts.
	Memory  int    // the descriptor of a copy of the first step's memory; -1: there is none
	Offset  int64  // of where it begins, from a variable of ours
	Ignored uint64 // signals: bit 0 is signal 1
	Blocked uint64

	Status int // stageExec: the descriptor for its failure
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

// ownEnvironment is the environment for the program: that of ours, but for the variables
// by which systemd tells a process that others are meant for it, sd_listen_fds(3),
// sd_watchdog_enabled(3). A copy of ours would be for somebody else.
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
	return slices.DeleteFunc(list, func(variable string) bool { // the same by another number
		return strings.HasPrefix(variable, "LISTEN_PIDFDID=")
	})
}

// bit is the bit of a signal in a mask, as the kernel has it.
func bit(number int) uint64 { return 1 << (number - 1) }
