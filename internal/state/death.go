package state

import (
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// Death is what is kept of how a daemon has ended: who it was, by which witnesses can be
// asked once more, and what they have said.
type Death struct {
	Boot      string        `json:"boot,omitempty"`         // in which it was last seen up; "" if that is not known
	From      time.Duration `json:"from,omitempty"`         // since that boot: when it was last seen up
	To        time.Duration `json:"to,omitempty"`           // since that boot: when it was found down
	Lived     float64       `json:"lived_seconds,omitzero"` // how long it had been seen up; 0: not known
	Processes []Numbers     `json:"processes,omitempty"`    // that it had, the main one first
	Service   string        `json:"service,omitempty"`      // its own
	Manager   string        `json:"manager,omitempty"`      // that was asked
	Signal    int           `json:"signal,omitempty"`       // that has ended it; 0: none, or not known
	Lines     []DeathLine   `json:"lines,omitempty"`
	Next      []string      `json:"next,omitempty"`   // commands that show more
	Absent    []string      `json:"absent,omitempty"` // witnesses that were not there, and how to switch them on
	Silent    []string      `json:"silent,omitempty"` // witnesses that did not answer, and why
}

// Numbers are those of a process and of its threads; of one that has a single thread there
// are none.
type Numbers struct {
	PID     int   `json:"pid"`
	Threads []int `json:"threads,omitempty"`
}

// DeathLine is a piece of what is known.
type DeathLine struct {
	Kind      string `json:"kind"` // cause, by or note
	Text      string `json:"text"`
	Certainty string `json:"certainty"`
	Source    string `json:"source"`
	At        int64  `json:"at,omitempty"` // Unix time in milliseconds; 0: not known
}

// What is kept of a death at most.
const (
	mostDeathLines  = 10
	longestDeath    = 400 // bytes of a text
	leastDeath      = 32  // bytes of a text, of which less tells nothing
	mostDead        = 4   // processes
	mostDeadThreads = 256 // of all of them
)

// Bounded cuts what is too much, and makes texts fit for a terminal: names of processes
// and the words of others stand in them.
func (d *Death) Bounded() *Death { return d.within(longestDeath) }

// within does so with texts of so many bytes. Where there is room for nothing, all of it
// goes: nothing of it is needed to keep a daemon.
func (d *Death) within(most int) *Death {
	if d == nil || most < leastDeath {
		return nil
	}
	most = min(most, longestDeath)
	clean := func(text string) string { return words.Cut(words.Printable(text), most) }
	out := d.clone()
	out.Boot, out.Service, out.Manager = clean(out.Boot), clean(out.Service), clean(out.Manager)
	out.Lived = seconds(out.Lived)
	out.Lines = out.Lines[:min(len(out.Lines), mostDeathLines)]
	for i, l := range out.Lines {
		out.Lines[i] = DeathLine{clean(l.Kind), clean(l.Text), clean(l.Certainty), clean(l.Source), l.At}
	}
	out.Next = slices.DeleteFunc(out.Next, func(command string) bool { return clean(command) != command }) // half of one does something else
	for _, list := range []*[]string{&out.Next, &out.Absent, &out.Silent} {
		*list = (*list)[:min(len(*list), mostDeathLines)]
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
	out.Lines, out.Next = slices.Clone(d.Lines), slices.Clone(d.Next)
	out.Absent, out.Silent = slices.Clone(d.Absent), slices.Clone(d.Silent)
	return &out
}
