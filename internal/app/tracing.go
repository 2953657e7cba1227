package app

import (
	"os"

	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
)

// tracing switches the kernel's recording of signals on or off. If nothing is to be done, it
// costs one lstat(2) and one open(2) of the last message. Only the default configuration
// switches it off: another one may describe only some of the daemons. A failure is logged
// once and has no other effect.
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
	why := "" // "" is never logged; after it the same failure is news again
	if err != nil {
		why = err.Error()
	}
	if k.Store != nil && !k.Store.IsNews("signal-trace", why) {
		return
	}
	if err != nil {
		k.Log.Log(report.Warning, "%v", err)
	}
}
