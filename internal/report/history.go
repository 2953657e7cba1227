package report

import (
	"io"
	"time"

	"daemon-keeper/internal/history"
)

// History writes what has happened: for people a bar for each daemon along the time, the sums,
// and the last incidents; or one JSON object, which docs/daemon-keeper.history.schema.json
// describes.
type History struct {
	Out    io.Writer
	Width  int // columns of the terminal, at least 40; 0 if there is no limit
	Color  bool
	Blocks bool          // the bars are drawn with block characters, which not every terminal has
	Now    time.Time     // the end of the period; its location is that of the dates for people
	Since  time.Duration // the length of the period
	JSON   bool
	Broken int // lines of the ledger that could not be read
}

// Write prints the history, in the order of the daemons that is given.
func (h History) Write(pasts []history.Past) {
	period := history.Span{From: h.Now.Add(-h.Since), To: h.Now}
	list := make([]history.Tally, len(pasts))
	for i, p := range pasts {
		list[i] = p.Tally(period)
	}
	if h.JSON {
		h.object(period, list)
		return
	}
	h.text(period, list)
}
