package report

import (
	"strings"
	"testing"
	"time"
)

func TestPausesAsJSON(t *testing.T) {
	var out strings.Builder
	WritePauses(&out, dusk, []Pause{
		{Name: "clamd", By: "alice", Reason: "new \x1bdisk", From: before(time.Hour), Until: dusk},
		{All: true, From: before(time.Hour)},
	})
	const want = `{
  "version": 1,
  "command": "pause",
  "time": "2026-11-21T20:49:00.000Z",
  "pauses": [
    {
      "name": "clamd",
      "all": false,
      "by": "alice",
      "since": "2026-11-21T19:49:00.000Z",
      "until": "2026-11-21T20:49:00.000Z",
      "reason": "new \\x1bdisk"
    },
    {
      "all": true,
      "by": "",
      "since": "2026-11-21T19:49:00.000Z",
      "reason": ""
    }
  ]
}
`
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
	out.Reset()
	if WritePauses(&out, dusk, nil); !strings.Contains(out.String(), `"pauses": []`) {
		t.Errorf("no pause: %s", out.String())
	}
}
