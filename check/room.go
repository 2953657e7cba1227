package check

import (
	"path/filepath"
	"strings"

	"daemon-keeper/check/proctable"
)

// room bounds what a snapshot holds of the processes of each user: whoever has
// thousands that look like a daemon, each with long arguments, does not fill our
// memory, and leaves enough for the others.
type room struct {
	taken  map[uint32]int // bytes, by user
	others int            // by all but root
	poor   int            // rows that were kept without what is long in them
}

const (
	userRoom  = 2 << 20
	otherRoom = 6 << 20
	rootRoom  = 8 << 20
	mostPoor  = 1000
	usualSize = 1 << 10 // of the texts of a row, which nobody pays for
	mostRows  = 20_000  // beyond which none is kept that does not matter
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

// hasRoom makes a row that is too much one that cannot be told from the daemon, if it
// counts or cannot be told anyway; what does not count for sure is not kept.
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
