package app

import (
	"os"

	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
)

// tracing has the kernel record signals, or ends that. If there is nothing to do, that is one
// lstat(2), and one open(2) of what was said last. Only the default configuration ends it:
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
	why := "" // once the key is gone, nothing is said any more: should it come back, the same is news
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
