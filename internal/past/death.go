package past

import (
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// Death is the record of how a daemon has ended: its processes, so that witnesses can be
// asked again, and what the witnesses have said.
type Death struct {
	Boot      string          `json:"boot,omitempty"`         // in which it was last seen up; "" if that is not known
	From      time.Duration   `json:"from,omitempty"`         // since that boot: when it was last seen up
	To        time.Duration   `json:"to,omitempty"`           // since that boot: when it was found down
	Lived     float64         `json:"lived_seconds,omitzero"` // how long it had been seen up; 0: not known
	Processes []words.Process `json:"processes,omitempty"`    // that it had, the main one first
	Service   string          `json:"service,omitempty"`      // its own
	Manager   string          `json:"manager,omitempty"`      // that was asked
	Findings  []words.Finding `json:"findings,omitempty"`     // those that tell something
	Absent    []string        `json:"absent,omitempty"`       // witnesses that were not there, and how to switch them on
	Silent    []string        `json:"silent,omitempty"`       // witnesses that did not answer, and why
}

// What is kept of a death at most.
const (
	mostFindings    = 12
	longestDeath    = 400 // bytes of a text
	leastDeath      = 32  // bytes of a text; anything shorter is of no use
	mostDead        = 4   // processes
	mostDeadThreads = 256 // of all of them
)

// Bounded cuts what exceeds the limits, and makes texts safe for a terminal: they contain
// names of processes and texts of other programs.
func (d *Death) Bounded() *Death { return d.within(longestDeath) }

// within is Bounded with texts of at most this many bytes. If the limit leaves no useful
// text, it returns nil: a daemon can be kept without the record.
func (d *Death) within(most int) *Death {
	if d == nil || most < leastDeath {
		return nil
	}
	most = min(most, longestDeath)
	clean := func(text string) string { return words.Cut(words.Printable(text), most) }
	out := d.clone()
	out.Boot, out.Service, out.Manager = clean(out.Boot), clean(out.Service), clean(out.Manager)
	out.Lived = seconds(out.Lived)
	out.Findings = out.Findings[:min(len(out.Findings), mostFindings)]
	for i := range out.Findings {
		f := &out.Findings[i]
		for _, text := range []*string{(*string)(&f.Cause), &f.Text, &f.Sender, (*string)(&f.Sure), &f.Source} {
			*text = clean(*text)
		}
		if clean(f.Next) != f.Next {
			f.Next = "" // half of a command does something else
		}
	}
	for _, list := range []*[]string{&out.Absent, &out.Silent} {
		*list = (*list)[:min(len(*list), mostFindings)]
		for i, text := range *list {
			(*list)[i] = clean(text)
		}
	}
	room := mostDeadThreads
	out.Processes = out.Processes[:min(len(out.Processes), mostDead)]
	for i, p := range out.Processes {
		out.Processes[i].Threads = p.Threads[:min(len(p.Threads), room)]
		room -= len(out.Processes[i].Threads)
	}
	return out
}

func (d *Death) clone() *Death {
	if d == nil {
		return nil
	}
	out := *d
	out.Processes = slices.Clone(d.Processes)
	for i, p := range out.Processes {
		out.Processes[i].Threads = slices.Clone(p.Threads)
	}
	out.Findings, out.Absent, out.Silent = slices.Clone(d.Findings), slices.Clone(d.Absent), slices.Clone(d.Silent)
	return &out
}
