// Package past is what is remembered of a daemon, and how that changes: stamps, tallies of
// tries, incidents, deaths and pauses. It reads and writes nothing: package state has the files.
package past

import (
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// Daemon is what is remembered of one daemon. Durations are nanoseconds unless a name says
// seconds.
type Daemon struct {
	Known     Stamp               `json:"known,omitzero"`      // since when it has been watched
	LastUp    Stamp               `json:"last_up,omitzero"`    // when it was last seen up
	UpSince   Stamp               `json:"up_since,omitzero"`   // since when it has been seen up; zero while it is not
	Ran       Span                `json:"ran,omitzero"`        // from UpSince to LastUp, at the time when it was last seen down
	Processes []Process           `json:"processes,omitempty"` // as last seen, the main process first
	Left      []Process           `json:"left,omitempty"`      // leftovers of earlier main processes that have ended, as long as they run
	OldImage  string              `json:"old_image,omitempty"` // the old program that it runs, as people were told
	Tally     Tally               `json:"tally,omitzero"`      // the tries to bring it back
	Held      words.Hold          `json:"held,omitempty"`      // why it is not restarted, as people were told
	HeldWhy   string              `json:"held_why,omitempty"`  // the same as a text
	HeldSince Stamp               `json:"held_since,omitzero"` // since when that has been so
	Incident  *Incident           `json:"incident,omitempty"`  // the current incident
	Told      string              `json:"told,omitempty"`      // why nothing was done, as people were told
	Stops     map[string]Span     `json:"stops,omitempty"`     // our last stop of each service
	Reminded  Stamp               `json:"reminded,omitzero"`   // when somebody was last told of the incident
	Totals    Totals              `json:"totals,omitzero"`     // since it has been watched
	Deaths    map[words.Cause]int `json:"deaths,omitempty"`    // numbers of deaths by cause; incidents in which it was left alone are not counted
	Starts    []time.Time         `json:"starts,omitempty"`    // recent starts by a supervisor that restarts it by itself
	Died      *Died               `json:"died,omitempty"`      // the last incident that is over and in which it was not left alone
}

// Process is a process of a daemon.
type Process struct {
	PID      int    `json:"pid"`
	Start    uint64 `json:"start"` // start time, as the kernel counts it: ticks since boot on Linux, microseconds of wall clock on FreeBSD
	Threads  []int  `json:"threads,omitempty"`
	Parent   int    `json:"parent,omitempty"`   // process ID of its parent at LastUp
	Children []int  `json:"children,omitempty"` // process IDs of its children at LastUp; a process with such a PID that was started before LastUp is still the same process
	Unit     string `json:"unit,omitempty"`     // its systemd unit
	Exe      string `json:"exe,omitempty"`      // the path that it executes, by the kernel
	File     File   `json:"file,omitzero"`      // the file at that path
	Script   File   `json:"script,omitzero"`    // the script that it runs, if the daemon is identified by it
}

// File identifies a file independently of its name, by device and inode number.
type File struct {
	Dev uint64 `json:"dev"`
	Ino uint64 `json:"ino"`
}

// Totals are sums over all incidents, including those that the ledger has dropped.
type Totals struct {
	Incidents int     `json:"incidents"`
	Restarts  int     `json:"restarts"`
	Downtime  float64 `json:"downtime"` // seconds
}

// Span is the time between two stamps.
type Span struct {
	From Stamp `json:"from"`
	To   Stamp `json:"to"`
}

// Died is what is remembered of an incident that is over, for those who look at the daemon
// soon afterwards. The ledger has the rest.
type Died struct {
	Found   Stamp   `json:"found"`
	Up      Stamp   `json:"up"`
	Seconds float64 `json:"seconds"` // downtime
	Cause   string  `json:"cause,omitempty"`
}

// Limits of what is remembered of a daemon and an incident.
const (
	mostThreads  = 64      // of a process
	mostChildren = 64      // of a process
	mostLeft     = 64      // processes of earlier main ones
	MostSteps    = 40      // of an incident, the last ones
	LongestText  = 4 << 10 // bytes of a reason, or of a daemon's name, which may be a path
)

// Bounded keeps the first threads and children, the last steps, and the beginnings of texts:
// a service may print anything.
func (d Daemon) Bounded() Daemon {
	tooMany := func(p Process) bool { return len(p.Threads) > mostThreads || len(p.Children) > mostChildren }
	if slices.ContainsFunc(d.Processes, tooMany) {
		d.Processes = slices.Clone(d.Processes) // the caller's slice must not change
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
