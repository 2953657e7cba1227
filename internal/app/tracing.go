package app

import (
	"os"

	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
)

// tracing has the kernel record signals, or ends that. If there is nothing to do, that is one
// lstat(2) for each of the trace and the file of what people were told. Only the default configuration ends it:
// another one may be for a part of the daemons. That it does not work is said once, and
// changes nothing else.
func tracing(j *job, k *keeper.Keeper, on bool) {
	ours, isDefault := postmortem.OurTracing(), j.configFile == defaults().config
	var err error
	switch {
	case os.Geteuid() != 0:
		return
	case on:
		err = ours.On()
	case isDefault:
		err = ours.Off()
	default:
		return
	}
	warnOnce(k, "signal-trace", err)
}

// warnOnce writes down what is wrong with the machine, not with a daemon, once until it is mended.
func warnOnce(k *keeper.Keeper, key string, err error) {
	var wrong past.Once
	var now past.Stamp
	if err != nil {
		wrong.Topics, now = []string{err.Error()}, state.Now()
	}
	var known map[string]bool
	if k.Store != nil {
		known, _ = k.Store.Tell(key, wrong, now) // what cannot be remembered is told again
	}
	if err != nil && !known[err.Error()] {
		k.Log.Log(report.Warning, "%v", err)
	}
}
