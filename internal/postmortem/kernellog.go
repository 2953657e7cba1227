package postmortem

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"
)

// KernelLog has what the kernel says of processes that it kills: for want of memory, or
// for a fault.
type KernelLog struct {
	Read func(ctx context.Context, d Dead) (KernelRecords, error)
}

// KernelRecords are what the kernel has said lately, each kind in the order of time.
type KernelRecords struct {
	Records [][]byte      // as /dev/kmsg has them
	Slept   time.Duration // how long the machine has been suspended since boot: the kernel's log does not count that
	Page    int           // the size of a page of memory
	Lines   []byte        // of a file that syslogd writes
	Buffer  []byte        // FreeBSD's message buffer, whose lines have no time
}

const kernelLog = "kernel log"

// Name is its name for people.
func (KernelLog) Name() string { return kernelLog }

// Ask reads the kernel's log.
func (k KernelLog) Ask(ctx context.Context, d Dead) ([]Finding, error) {
	r, err := k.Read(ctx, d)
	return kernelFindings(r, d), err
}

// slack is what the kernel's clocks differ from each other.
const slack = time.Second

// hungEarlier is how long before the daemon was last seen it may have hung already.
const hungEarlier = 10 * time.Minute

// kernelEntry is something that the kernel has said.
type kernelEntry struct {
	text string
	when time.Time
	sure Certainty // that it is of the time in question; "" if it is not
	late bool      // it is not of this time, but a little older
	file bool      // it stands in a file of syslogd's, into which others may write in the kernel's name
}

// kernelFindings is what records say of a dead daemon.
func kernelFindings(r KernelRecords, d Dead) []Finding {
	var kernel, file []kernelEntry
	for _, record := range r.Records {
		if at, text, ok := kernelRecord(record); ok {
			kernel = append(kernel, d.entry(at, r.Slept, text))
		}
	}
	for line := range bytes.Lines(r.Lines) {
		if e, ok := syslogEntry(line, d); ok {
			file = append(file, e)
		}
	}
	list := append(kernelStory(kernel, d, r.Page), kernelStory(file, d, r.Page)...)
	return append(list, freebsdFindings(file, r.Buffer, len(r.Lines) > 0, d)...)
}

// entry is a record of a time since boot. When the machine was suspended is not known, so
// it happened somewhere in between.
func (d Dead) entry(at, slept time.Duration, text string) kernelEntry {
	first, last := at, at+slept
	e := kernelEntry{text: text, when: d.day(last)}
	if last > d.To && slept > 0 {
		e.when = d.day(first)
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
// for each property. Who writes to it from user space is not of the kernel's facility,
// which is 0.
func kernelRecord(record []byte) (at time.Duration, text string, ok bool) {
	line, _, _ := bytes.Cut(record, []byte("\n"))
	head, body, ok := bytes.Cut(line, []byte(";"))
	if !ok {
		return 0, "", false
	}
	fields := strings.Split(string(head), ",")
	if len(fields) < 4 {
		return 0, "", false
	}
	priority, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil || priority>>3 != 0 {
		return 0, "", false
	}
	us, err := strconv.ParseUint(fields[2], 10, 50)
	if err != nil {
		return 0, "", false
	}
	return time.Duration(us) * time.Microsecond, string(body), true
}
