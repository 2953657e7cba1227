package postmortem

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"daemon-keeper/internal/osutil"
)

// Accounting has how each process has ended, acct(5), where an administrator has switched
// process accounting on.
type Accounting struct {
	// Read returns the last records of each file, whole ones.
	Read func(ctx context.Context) ([][]byte, error)
}

const accounting = "process accounting"

// Name is its name for people.
func (Accounting) Name() string { return accounting }

// Ask reads the files' ends.
func (a Accounting) Ask(ctx context.Context, d Dead) ([]Finding, error) {
	files, err := a.Read(ctx)
	var list []Finding
	for _, data := range files {
		list = append(list, accountFindings(data, d)...)
	}
	return list, err
}

// accountSize is that of a record of version 3, linux/acct.h.
const accountSize = 64

// accountSlack is what times may differ: a record counts seconds.
const accountSlack = 2 * time.Second

// accountRecord says how a process has ended.
type accountRecord struct {
	pid    int
	status uint32 // as wait(2) has it
	ended  time.Time
}

// accountFindings is what a file's end says of a dead daemon. Of two processes that had
// the same number in this time neither is surely the daemon's.
func accountFindings(data []byte, d Dead) []Finding {
	var list []Finding
	count := make(map[int]int)
	var pids []int
	for ; len(data) >= accountSize; data = data[accountSize:] {
		r, ok := accountOf(data[:accountSize])
		p, ours := d.process(r.pid)
		if !ok || !ours || r.pid != p.PID {
			continue
		}
		if r.ended.Before(d.Wall.Add(d.From-d.To-accountSlack)) || r.ended.After(d.Wall.Add(accountSlack)) {
			continue
		}
		f := ending(int(r.status))
		f.Main, f.Sure, f.Source = d.isMain(p), Certain, accounting
		count[r.pid]++
		list, pids = append(list, f), append(pids, r.pid)
	}
	for i := range list {
		if count[pids[i]] > 1 {
			list[i].Sure = Likely
		}
	}
	return list
}

// accountOf reads a record. One of another version is none. The highest bit of the version
// says that its numbers are big-endian.
func accountOf(b []byte) (accountRecord, bool) {
	var order binary.ByteOrder = binary.LittleEndian
	switch b[1] {
	case 3:
	case 3 | 0x80:
		order = binary.BigEndian
	default:
		return accountRecord{}, false
	}
	took := float64(math.Float32frombits(order.Uint32(b[28:]))) / ticksOfAccounts
	began := order.Uint32(b[24:])
	if math.IsNaN(took) || took < 0 || took > 100*365*86400 {
		return accountRecord{}, false
	}
	return accountRecord{
		pid: int(order.Uint32(b[16:]) & math.MaxInt32), status: order.Uint32(b[4:]),
		ended: time.Unix(int64(began), 0).Add(time.Duration(took * float64(time.Second))),
	}, true
}

// ticksOfAccounts is AHZ of linux/acct.h for version 3.
const ticksOfAccounts = 100

// ending is how a process has ended that has this status, wait(2).
func ending(status int) Finding {
	signal, exit := status&0x7f, status>>8&0xff
	if signal != 0 {
		f := Finding{Cause: Signalled, Signal: signal, Text: "its main process was killed by " + osutil.SignalName(signal)}
		if status&0x80 != 0 {
			f.Cause, f.Text = DumpedCore, f.Text+" and dumped core"
		}
		return f
	}
	f := Finding{Cause: Exited, Text: fmt.Sprintf("its main process has exited with status %d", exit)}
	if exit > 128 { // what a shell says of a signal, and what daemons return that have caught one
		f.Signal = exit - 128
	}
	return f
}
