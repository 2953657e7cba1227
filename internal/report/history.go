package report

import (
	"io"
	"time"

	"daemon-keeper/internal/words"
)

// Past is what is remembered of a daemon. Of the time before Known and after Seen
// nothing is known, unless there was an incident.
type Past struct {
	Name      string
	Known     time.Time  // since when it has been watched; zero: not before its first incident
	Seen      time.Time  // when it was last seen; zero: not after its last incident
	Incidents []Incident // also from before the period that is asked for, and the one under way
}

// Incident is from a daemon's being seen down to its being seen up again.
type Incident struct {
	Number    int           // among all of its daemon that are remembered, the oldest is 1
	LastUp    time.Time     // zero if it was never seen up
	Down      time.Time     // when it was first seen down
	Up        time.Time     // when it was up again; zero if it was not seen up again
	UnderWay  bool          // it is down now
	Took      time.Duration // by a clock that nobody sets, until now if it is under way; 0: only Down and Up tell
	Held      time.Duration // of that, how long it was deliberately left alone
	Reason    string        // how it was found
	Cause     string        // why it was down, if that is known
	Sender    string        // who sent the signal, if that is known
	Certainty string        // of the sender, else of the cause
	Source    string        // who knows that
	Outcome   words.Outcome
	For       string // brought back by a restart for this other daemon, with which it shares a service
	Tries     int
	Steps     []words.Step // of all tries
}

// History is the face of what has happened: for eyes a bar for each daemon along the
// time, what it comes to, and the last incidents; or one JSON object, of which
// docs/daemon-keeper.history.schema.json tells.
type History struct {
	Out    io.Writer
	Width  int // columns of the terminal, at least 40; 0 if there is no limit
	Color  bool
	Blocks bool          // the bars are drawn with block characters, which not every terminal has
	Now    time.Time     // the end of the period; its location is that of the dates for eyes
	Since  time.Duration // the length of the period
	JSON   bool
	Broken int // lines of the ledger that could not be read
}

// Write prints the history, in the order of the daemons that is given.
func (h History) Write(pasts []Past) {
	period := span{h.Now.Add(-h.Since), h.Now}
	list := make([]tally, len(pasts))
	for i, p := range pasts {
		list[i] = p.tally(period)
	}
	if h.JSON {
		h.object(period, list)
		return
	}
	h.text(period, list)
}
