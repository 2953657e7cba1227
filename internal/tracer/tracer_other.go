//go:build !linux || !(amd64 || arm64)

package tracer

import "errors"

// unsupported says that the wrapper is not there.
type unsupported struct{ error }

// Hint is the way out.
func (unsupported) Hint() string {
	return "start the program without it; see the manual, daemon-keeper(8), for what else tells who has sent a signal"
}

// Start fails.
func Start(Options, []string) error {
	return unsupported{errors.New("cannot trace a program: that needs Linux on amd64 or arm64")}
}

// Main fails; no step is ever executed here.
func Main([]string, func(Options) Log) int { return 3 }
