package check

import (
	"path/filepath"
	"strings"

	"daemon-keeper/check/proctable"
)

// room bounds the memory that a snapshot needs for the processes of each user. A user
// with thousands of processes that look like a daemon, each with long arguments, does
// not fill our memory, and leaves enough for the others.
type room struct {
	taken  map[uint32]int // bytes, by user
	others int            // by all but root
	poor   int            // rows that were kept without their long texts
}

const (
	userRoom  = 2 << 20 // bytes, for one user
	otherRoom = 6 << 20 // bytes, for all users but root
	rootRoom  = 8 << 20 // bytes
	mostPoor  = 1000    // rows
	usualSize = 1 << 10 // bytes of texts of a row that are not charged to its user
	mostRows  = 20_000  // beyond these only rows that may count are kept
)

// take reports whether there is room for a row, and takes it.
func (r *room) take(p *proctable.Process) bool {
	if r.taken == nil {
		r.taken = make(map[uint32]int)
	}
	size := len(p.Exe) + 16*len(p.Args) - usualSize
	for _, arg := range p.Args {
		size += len(arg)
	}
	if size <= 0 {
		return true
	}
	payer := p.Payer()
	switch {
	case payer == 0 && r.taken[0]+size > rootRoom:
		return false
	case payer != 0 && (r.taken[payer]+size > userRoom || r.others+size > otherRoom):
		return false
	}
	r.taken[payer] += size
	if payer != 0 {
		r.others += size
	}
	return true
}

// hasRoom reports whether to keep a row. If there is no room for it although it counts or may
// count, it is kept without its long texts, as a process that may not be looked at. A row that
// certainly does not count is not kept then.
func (l *looker) hasRoom(p *proctable.Process, targets []*target) bool {
	crowded := len(l.snapshot.Processes) >= mostRows
	hasRoom := l.room.take(p)
	if hasRoom && !crowded {
		return true
	}
	matters := false
	for _, t := range targets {
		switch match(l.snapshot, &t.Spec, &Match{Process: *p}) {
		case counts, Unreadable, Obscured, Unlabelled:
			matters = true
		}
	}
	if !matters || hasRoom {
		return matters
	}
	if l.room.poor++; l.room.poor > mostPoor {
		return false
	}
	p.Denied, p.Exe = true, strings.Clone(filepath.Base(p.Exe))
	p.Args, p.Script, p.Usage.Threads = nil, "", nil
	p.Trouble = "there are too many processes like it to look at each"
	return true
}
