package rcd

import (
	"context"
	"slices"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
)

// s6-supervise remembers each death of its service: a TAI64N stamp of 12 bytes, an exit status
// and a signal.
const (
	tallyRecord = 14   // bytes
	mostDeaths  = 4096 // it keeps at most so many, max-death-tally
)

func tallyOf(dir string) ([]byte, error) {
	return readRegular(dir+"/supervise/death_tally", osutil.NoFollow, tallyRecord*mostDeaths)
}

// readTally reads when a service of s6 has died. Ends that it was told to are left out.
func readTally(dir string) []time.Time {
	data, err := tallyOf(dir)
	if err != nil {
		return nil // it only makes the count of deaths better
	}
	return parseTally(data)
}

// toldSignals are what people and stops send: such an end is not a failure of the service's own.
var toldSignals = []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT}

func parseTally(data []byte) []time.Time {
	var list []time.Time
	for ; len(data) >= tallyRecord; data = data[tallyRecord:] {
		at, ok := parseTAI(data)
		if !ok {
			return nil
		}
		if !slices.Contains(toldSignals, syscall.Signal(data[tallyRecord-1])) {
			list = append(list, at.Add(-leapTime))
		}
	}
	return list
}

// Death: s6 remembers how its service has ended, each time; see s6-svdt(8). The others tell
// only their own finish scripts.
func (d supervisors) Death(_ context.Context, service string) (Death, error) {
	unknown := Death{Cause: CauseUnknown}
	if d.family != s6 {
		return unknown, nil
	}
	dir, _ := d.folder(service)
	data, err := tallyOf(dir)
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
	d := exited("its process", int(record[12]))
	if signal := int(record[13]); signal != 0 {
		d = killed("its process", signal, false)
	}
	d.Ago = max(now.Sub(at.Add(-leapTime)), 1)
	return d
}
