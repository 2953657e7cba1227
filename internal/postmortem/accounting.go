package postmortem

import (
	"fmt"
	"path/filepath"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// accounting knows how each process has ended, acct(5), if an administrator has switched
// process accounting on.
const accounting = "process accounting"

// accountRecords are the last bytes of the accounting files.
type accountRecords struct {
	Files []osutil.End // the oldest first
	Whole bool         // they hold all records of the time in question
}

// accountRecord says how a process has ended.
type accountRecord struct {
	pid     int // 0 if the record does not tell it, as on FreeBSD
	status  int // as wait(2) has it; only with a pid
	flags   byte
	name    string
	began   time.Time
	ended   time.Time     // the earliest possible time
	unsure  time.Duration // how much later it may have been
	elapsed time.Duration
}

// Flags of a record, the same ones on Linux and FreeBSD.
const (
	accountCore   = 0x08
	accountSignal = 0x10
)

// accountFindings is what the records say of a dead daemon. There is one record for each
// process that ends. So a record is certain if no other one of this time has the same number.
func accountFindings(r accountRecords, d Dead) []Finding {
	var list, named []Finding
	count := make(map[int]int)
	var pids []int
	for _, file := range r.Files {
		for _, a := range accountsOf(file) {
			_, ok := d.placed(a.ended, a.ended.Add(a.unsure))
			if !ok {
				continue
			}
			if a.pid == 0 {
				if f, ok := a.called(d); ok {
					named = append(named, f)
				}
				continue
			}
			if p, ours := d.process(a.pid); ours && a.pid == p.PID {
				count[a.pid]++
				list, pids = append(list, a.finding(d.isMain(p))), append(pids, a.pid)
			}
		}
	}
	_, _, stepped := d.span()
	for i := range list {
		if count[pids[i]] > 1 || !r.Whole || stepped {
			list[i].Sure = Likely
		}
	}
	if len(named) > 1 { // the daemon, and what it has forked, have one name
		for i := range named {
			named[i].Main, named[i].Sure = false, Hint
		}
	}
	return append(list, named...)
}

// finding is what a record with a process id says.
func (a accountRecord) finding(isMain bool) Finding {
	f := ending(a.status)
	who := "its main process"
	if !isMain {
		who = fmt.Sprintf("its process %d", a.pid)
	}
	f.Text = who + " " + f.Text + a.lived()
	f.Main, f.Sure, f.Source, f.When = isMain, Certain, accounting, a.ended
	f.Next = fmt.Sprintf("lastcomm --pid | grep -w %d", a.pid)
	return f
}

// called is what a record without a process id says, if it has the daemon's name. A process that
// began after the daemon was last seen up is not the daemon's.
func (a accountRecord) called(d Dead) (Finding, bool) {
	name := filepath.Base(d.Executable)
	if name = name[:min(len(name), accountName)]; a.name != name || d.Executable == "" || d.Rebooted {
		return Finding{}, false
	}
	if begin, _, stepped := d.span(); !stepped && a.began.After(begin.Add(slack)) {
		return Finding{}, false
	}
	f := Finding{Cause: words.Exited, Text: "has exited by itself", Main: true, Sure: Likely, Source: accounting, When: a.ended}
	switch {
	case a.flags&accountCore != 0:
		f.Cause, f.Text = words.DumpedCore, "was killed by a signal and dumped core"
	case a.flags&accountSignal != 0:
		f.Cause, f.Text = words.Signalled, "was killed by a signal"
	}
	f.Text = "a process of its name " + f.Text + a.lived()
	if words.Shell(name) == name {
		f.Next = "lastcomm " + name
	}
	return f, true
}

// lived says how long a process ran.
func (a accountRecord) lived() string {
	return "; it had lived " + age(a.elapsed)
}

// age is a duration for people, in its two largest units.
func age(d time.Duration) string {
	s := int64(d / time.Second)
	switch {
	case s >= 86400:
		return fmt.Sprintf("%d d %d h", s/86400, s%86400/3600)
	case s >= 3600:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	case s >= 60:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d s", s)
}

// ending is how a process with this status has ended, wait(2).
func ending(status int) Finding {
	signal, exit := status&0x7f, status>>8&0xff
	if signal != 0 {
		f := Finding{Cause: words.Signalled, Signal: signal, Text: "was killed by " + osutil.SignalName(signal)}
		if status&0x80 != 0 {
			f.Cause, f.Text = words.DumpedCore, f.Text+" and dumped core"
		}
		return f
	}
	return Finding{Cause: words.Exited, Signal: osutil.SignalOfExit(exit), Text: fmt.Sprintf("has exited with status %d", exit)}
}
