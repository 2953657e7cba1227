package postmortem

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

const kernelLog = "kernel log"

// KernelLog knows the processes that the kernel has killed, because of too little memory or of a
// fault.
func KernelLog() Witness { return reading(kernelLog, readKernelLog, kernelFindings) }

// kernelRecords are what the kernel has said lately, each kind in the order of time.
type kernelRecords struct {
	Records [][]byte      // as /dev/kmsg has them
	Slept   time.Duration // how long the machine has been suspended since boot: the kernel's log does not count that
	Lead    time.Duration // by how much the clock of the kernel's log is ahead of the clock since boot
	Exact   bool          // Lead was measured
	Page    int           // the size of a page of memory
	Lines   []byte        // of a file that syslogd writes
	Buffer  []byte        // FreeBSD's message buffer, whose lines have no time
}

// slack is how much the kernel's clocks may differ from each other.
const slack = time.Second

// hungEarlier is how long before the daemon was last seen it may have hung already.
const hungEarlier = 10 * time.Minute

// kernelEntry is something that the kernel has said.
type kernelEntry struct {
	text string
	when time.Time
	sure Certainty // that it is of the time in question; "" if it is not
	late bool      // it is a little older than that time
	file bool      // it is from syslogd's file, to which any user may write in the kernel's name
}

// kernelEntries are the entries with a time, of the kernel's own records and of syslogd's file.
func kernelEntries(r kernelRecords, d Dead) (kernel, file []kernelEntry) {
	for _, record := range r.Records {
		if at, text, ok := kernelRecord(record); ok {
			kernel = append(kernel, d.entry(at-r.Lead, r, text))
		}
	}
	for line := range bytes.Lines(r.Lines) {
		if e, ok := syslogEntry(line, d); ok {
			file = append(file, e)
		}
	}
	return kernel, file
}

// kernelFindings is what records say of a dead daemon.
func kernelFindings(r kernelRecords, d Dead) []Finding {
	kernel, file := kernelEntries(r, d)
	list := append(kernelStory(kernel, d, r.Page), kernelStory(file, d, r.Page)...)
	return append(list, freebsdFindings(file, r.Buffer, len(r.Lines) > 0, d)...)
}

// drift is how fast the clock of the kernel's log, which is never corrected, may leave the
// clock since boot: 100 parts in a million, 9 s in a day.
const drift = 10_000

// entry is a record of a time since boot that does not count suspensions. It is not known when
// the machine was suspended, so only an interval is known.
func (d Dead) entry(at time.Duration, r kernelRecords, text string) kernelEntry {
	first, last := at, at+r.Slept
	e := kernelEntry{text: text, when: d.day(last)}
	if last > d.To && r.Slept > 0 {
		e.when = d.day(first)
	}
	slack := slack
	if !r.Exact {
		slack += d.To / drift
	}
	switch {
	case last < d.From-slack || first > d.To+slack:
		e.late = first <= d.To && last > d.From-hungEarlier
	case first < d.From || last > d.To:
		e.sure = Likely
	default:
		e.sure = Certain
	}
	return e
}

// kernelRecord is one of /dev/kmsg: "priority,number,microseconds,flags;text", then a line
// for each property. Records with another facility than 0, the kernel's, are from user space.
func kernelRecord(record []byte) (at time.Duration, text string, ok bool) {
	line, _, _ := bytes.Cut(record, []byte("\n"))
	head, body, ok := bytes.Cut(line, []byte(";"))
	fields := strings.Split(string(head), ",")
	if !ok || len(fields) < 4 {
		return 0, "", false
	}
	priority, err := strconv.ParseUint(fields[0], 10, 32)
	us, err2 := strconv.ParseUint(fields[2], 10, 50)
	return time.Duration(us) * time.Microsecond, string(body), err == nil && err2 == nil && priority>>3 == 0
}

// clocks is by how much the clock of the kernel's log is ahead of the clock since boot, without
// suspensions. Both are in sched/debug of debugfs, in milliseconds.
func clocks(text []byte) (lead time.Duration, ok bool) {
	at := make(map[string]float64)
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(string(line), ":")
		ms, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if _, twice := at[strings.TrimSpace(name)]; err == nil && !twice {
			at[strings.TrimSpace(name)] = ms
		}
	}
	log, isLog := at["sched_clk"]
	boot, isBoot := at["ktime"]
	ms := log - boot
	return time.Duration(ms * float64(time.Millisecond)), isLog && isBoot && ms > -1e9 && ms < 1e9
}
