package rcd

import (
	"context"
	"fmt"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// death: s6 remembers how its service has ended, each time; see s6-svdt(8). The others tell
// only their own finish scripts.
func (d supervisors) death(_ context.Context, _ runner, service string) (Death, error) {
	unknown := Death{Cause: CauseUnknown}
	if d.family != s6 {
		return unknown, nil
	}
	dir, _ := d.folder(service)
	data, err := readBounded(dir+"/supervise/death_tally", tallyRecord*mostDeaths)
	if err != nil || len(data) < tallyRecord {
		return unknown, err
	}
	death := tallied(data[len(data)-len(data)%tallyRecord-tallyRecord:], time.Now())
	if death.Text != "" {
		death.See = "s6-svdt " + dir
	}
	return death, nil
}

// tallied reads one record: a stamp, an exit status, a signal.
func tallied(record []byte, now time.Time) Death {
	at, ok := parseTAI(record)
	if !ok || len(record) < tallyRecord {
		return Death{Cause: CauseUnknown}
	}
	exit, signal := int(record[12]), int(record[13])
	d := Death{Cause: words.Exited, Text: fmt.Sprintf("its process has exited with status %d", exit), Ago: max(now.Sub(at.Add(-leapTime)), 1)}
	if signal != 0 {
		d.Cause, d.Text, d.Signal = words.Signalled, "its process was killed by "+osutil.SignalName(signal), signal
	} else if exit > 128 && exit < 192 {
		d.Signal = exit - 128
	}
	return d
}
