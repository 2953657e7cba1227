package keeper

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
)

// What the daemon itself has written last is told by the run that brings it back, to who
// is told of the incident, and to who looks while it is down.
func TestLastWords(t *testing.T) {
	const words = `its last words: "cannot bind to port 25"`
	synctest.Test(t, func(t *testing.T) {
		w, e := listening(t)
		d := w.isUp("a", "s")
		d.Policy = policy()
		w.keeper.EvidenceTime = 2 * time.Second
		w.keeper.Evidence = func(context.Context, postmortem.Dead) postmortem.Evidence {
			return postmortem.Evidence{Findings: []postmortem.Finding{
				{Text: words, Main: true, Aside: true, Sure: postmortem.Hint, Source: "last words"},
				{Text: "its pidfile is stale", Main: true, Aside: true, Sure: postmortem.Hint, Source: "pidfiles"},
			}}
		}
		want := func(who string, r report.Daemon) {
			t.Helper()
			if !slices.Equal(r.LastWords, []string{words}) {
				t.Errorf("%s: %q", who, r.LastWords)
			}
		}
		w.again(t, d)
		w.dies("a")
		w.barren("s")
		want("the run", w.again(t, d)["a"])
		w.keeper.Watching = true
		want("who looks", w.again(t, d)["a"])
		w.keeper.Watching = false
		time.Sleep(time.Minute)
		want("the next run", w.again(t, d)["a"])
		for _, x := range slices.Concat(e.heard...) {
			want(string(x.Kind), x.Daemon)
		}
		if len(e.heard) == 0 {
			t.Error("nobody was told")
		}
	})
}
