package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// Svstat writes a line for each daemon, of any manager, in the order and the words of
// svstat(8) of daemontools:
//
//	tinydns: up (pid 723) 28390 seconds
//	dnscache: down 12 seconds, normally up, want up
//
// A rule is not a daemon, and has no line.
type Svstat struct {
	Out io.Writer
	Err io.Writer
	Now time.Time
}

// Supervised is what the supervisor, or else the manager, wants of a service.
type Supervised struct {
	NormallyDown bool   // a boot does not start it
	WantUp       bool   // it would be started again
	WantDown     bool   // it should stay down
	Paused       bool   // its process is stopped
	Word         string // the supervisor's own word: starting, failed
}

// Write prints the report.
func (s Svstat) Write(r Report) {
	for _, m := range r.Mistakes {
		terminal.Fail(s.Err, false, m.Text, m.Hint)
	}
	for _, d := range r.Daemons {
		if !d.Rule {
			fmt.Fprintf(s.Out, "%s: %s\n", words.Printable(d.Name), words.Printable(s.line(d)))
		}
	}
}

func (s Svstat) line(d Daemon) string {
	w := wantedOf(d)
	isUp := d.Result == Up || d.Result == Wrong || d.Result == BroughtBack
	var parts []string
	add := func(is bool, text string) {
		if is {
			parts = append(parts, text)
		}
	}
	switch {
	case d.Result == CannotTell:
		return "unable to tell: " + d.Reason
	case isUp && len(d.Processes) == 0: // none needs to run
		parts = append(parts, "up")
	case isUp:
		parts = append(parts, s.lasting(fmt.Sprintf("up (pid %d)", d.Processes[0].PID), d.Processes[0].Started))
	default:
		parts = append(parts, s.lasting("down", d.DownSince))
	}
	add(isUp && w.NormallyDown, "normally down")
	add(!isUp && !w.NormallyDown, "normally up")
	add(isUp && w.Paused, "paused")
	add(!isUp && w.WantUp, "want up")
	add(isUp && w.WantDown, "want down")
	add(w.Word != "", w.Word)
	return strings.Join(parts, ", ")
}

// lasting adds how long the state has lasted, in seconds, if that is known.
func (s Svstat) lasting(state string, since time.Time) string {
	if since.IsZero() {
		return state
	}
	return fmt.Sprintf("%s %d seconds", state, int64(max(0, s.Now.Sub(since))/time.Second))
}

// wantedOf returns what is wanted of the daemon's own service, which is the first. Without a
// supervisor it is derived from the reason why the daemon is not restarted.
func wantedOf(d Daemon) Supervised {
	w := Supervised{NormallyDown: d.Hold == words.Disabled, WantUp: d.Result == StillDown}
	if len(d.Services) > 0 && d.Services[0].Supervised != nil {
		w = *d.Services[0].Supervised
	}
	for _, p := range d.Processes {
		w.Paused = w.Paused || p.Stopped
	}
	return w
}
