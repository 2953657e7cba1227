// Package past is what is remembered of a daemon, and how that changes: stamps, tallies of
// tries, incidents, deaths and pauses. It reads and writes nothing: package state has the files.
package past

import (
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// Daemon is what is remembered of one.
type Daemon struct {
	Known     Stamp               `json:"known,omitzero"`      // since when it has been watched
	LastUp    Stamp               `json:"last_up,omitzero"`    // when it was last seen up
	UpSince   Stamp               `json:"up_since,omitzero"`   // since when it has been seen up; zero while it is not
	Ran       Span                `json:"ran,omitzero"`        // from UpSince to LastUp, as they were when it was last seen down
	Processes []Process           `json:"processes,omitempty"` // as they were last seen, the main one first
	Left      []Process           `json:"left,omitempty"`      // of it by earlier main processes that have ended, as far as they still ran
	OldImage  string              `json:"old_image,omitempty"` // what people know of the old program that it runs
	Tally     Tally               `json:"tally,omitzero"`      // of tries to bring it back
	Held      words.Hold          `json:"held,omitempty"`      // what keeps it from being restarted, as people know
	HeldWhy   string              `json:"held_why,omitempty"`  // in words
	HeldSince Stamp               `json:"held_since,omitzero"` // since when
	Incident  *Incident           `json:"incident,omitempty"`  // the one under way
	Told      string              `json:"told,omitempty"`      // why nothing was done, as people know
	Stops     map[string]Span     `json:"stops,omitempty"`     // our own last stop of each service
	Reminded  Stamp               `json:"reminded,omitzero"`   // when somebody was last told of the incident
	Totals    Totals              `json:"totals,omitzero"`     // since it has been watched
	Deaths    map[words.Cause]int `json:"deaths,omitempty"`    // by their causes, of incidents in which it was not left alone
	Starts    []time.Time         `json:"starts,omitempty"`    // by a supervisor that starts it again by itself, as they were seen, the last ones
	Died      *Died               `json:"died,omitempty"`      // the last one of these that is over
}

// Process is one of a daemon's.
type Process struct {
	PID      int    `json:"pid"`
	Start    uint64 `json:"start"` // as the kernel counts it
	Threads  []int  `json:"threads,omitempty"`
	Parent   int    `json:"parent,omitempty"`   // that it had at LastUp
	Children []int  `json:"children,omitempty"` // that it had at LastUp: one of these that was started before is the same process still
	Unit     string `json:"unit,omitempty"`     // of systemd, that it is in
	Exe      string `json:"exe,omitempty"`      // what it executes, as the kernel tells it
	File     File   `json:"file,omitzero"`      // that file
	Script   File   `json:"script,omitzero"`    // the script that it runs, if that is what makes it the daemon
}

// File is a file whatever its name is: device and inode.
type File struct {
	Dev uint64 `json:"dev"`
	Ino uint64 `json:"ino"`
}

// Totals are sums over all incidents, those too that the ledger has dropped.
type Totals struct {
	Incidents int     `json:"incidents"`
	Restarts  int     `json:"restarts"`
	Downtime  float64 `json:"downtime"` // seconds
}

// Span is a time.
type Span struct {
	From Stamp `json:"from"`
	To   Stamp `json:"to"`
}

// Died is what is remembered of an incident that is over, for who looks at the daemon soon
// after. The ledger has the rest.
type Died struct {
	Found   Stamp   `json:"found"`
	Up      Stamp   `json:"up"`
	Seconds float64 `json:"seconds"` // downtime
	Cause   string  `json:"cause,omitempty"`
}

// What is remembered at most of a daemon and of an incident.
const (
	mostThreads  = 64      // of a process
	mostChildren = 64      // of a process
	mostLeft     = 64      // processes of earlier main ones
	MostSteps    = 40      // of an incident, the last ones
	LongestText  = 4 << 10 // bytes of a reason, or of a daemon's name, which may be a path
)

// Bounded keeps the first threads and children, the last steps, and the beginnings of texts: a
// service may print whatever it likes.
func (d Daemon) Bounded() Daemon {
	tooMany := func(p Process) bool { return len(p.Threads) > mostThreads || len(p.Children) > mostChildren }
	if slices.ContainsFunc(d.Processes, tooMany) {
		d.Processes = slices.Clone(d.Processes) // the caller's may stay as they are
		for i, p := range d.Processes {
			d.Processes[i].Threads = p.Threads[:min(len(p.Threads), mostThreads)]
			d.Processes[i].Children = p.Children[:min(len(p.Children), mostChildren)]
		}
	}
	if d.Incident != nil {
		i := d.Incident.Within(LongestText)
		d.Incident = &i
	}
	if d.Died != nil {
		died := *d.Died
		died.Seconds, died.Cause = seconds(died.Seconds), words.Cut(words.Printable(died.Cause), longestDeath)
		d.Died = &died
	}
	d.Left = d.Left[:min(len(d.Left), mostLeft)]
	for _, text := range []*string{(*string)(&d.Held), &d.HeldWhy, &d.OldImage} {
		*text = words.Cut(*text, LongestText)
	}
	return d
}
